using System.Net;
using System.Net.Sockets;
using Akka.Actor;

namespace Mooring.Actors.Membership;

/// <summary>What somebody's cluster endpoint does with a new connection.</summary>
public enum PeerAnswer
{
    /// <summary>It takes it: a process listens there.</summary>
    Accepts,

    /// <summary>The host refuses it: no process listens there.</summary>
    Refuses,

    /// <summary>Nothing comes back in time: a cut, or a host that is down.</summary>
    Silent,
}

/// <summary>Tries somebody's cluster endpoint; never fails.</summary>
/// <param name="peer">The endpoint.</param>
/// <returns>What it does.</returns>
public delegate Task<PeerAnswer> ProbePeer(Address peer);

/// <summary>Probes by TCP, and leaves without a word.</summary>
public static class TcpPeerProbe
{
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(200);

    /// <summary>See <see cref="ProbePeer"/>.</summary>
    /// <param name="peer">The endpoint.</param>
    /// <returns>What it does.</returns>
    public static async Task<PeerAnswer> ProbeAsync(Address peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (peer.Host is null || peer.Port is not { } port)
            return PeerAnswer.Silent;
        using var limit = new CancellationTokenSource(Limit);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            EndPoint endpoint = IPAddress.TryParse(peer.Host, out var ip) ? new IPEndPoint(ip, port) : new DnsEndPoint(peer.Host, port);
            await socket.ConnectAsync(endpoint, limit.Token).ConfigureAwait(false);
            return PeerAnswer.Accepts;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return PeerAnswer.Refuses;
        }
        catch (OperationCanceledException)
        {
            // This process may only be too busy to have seen the answer: the kernel knows.
            var answer = AnswerOf(socket);
            socket.Dispose();
            return answer;
        }
        catch (SocketException)
        {
            return PeerAnswer.Silent;
        }
    }

    private static PeerAnswer AnswerOf(Socket socket)
    {
        try
        {
            return !socket.Poll(TimeSpan.Zero, SelectMode.SelectWrite) ? PeerAnswer.Silent
                : (SocketError)(int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! switch
                {
                    SocketError.Success => PeerAnswer.Accepts,
                    SocketError.ConnectionRefused => PeerAnswer.Refuses,
                    _ => PeerAnswer.Silent,
                };
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return PeerAnswer.Silent;
        }
    }
}
