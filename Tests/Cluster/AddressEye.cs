using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Mooring.Harness;

namespace Mooring.Tests.Cluster;

/// <summary>
/// Looks from a host of its own whether one certain node's host accepts connections on the shared address, whoever else does: it sends to that
/// host's hardware address. Every 5 ms.
/// </summary>
public sealed class AddressEye
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    private readonly List<Look> _accepted = [];
    private volatile bool _stop;
    private Task<int> _run = Task.FromResult(0);

    private AddressEye()
    {
    }

    /// <summary>When the host accepted: each from before the connection was asked for to after it was there.</summary>
    public IReadOnlyList<Look> Accepted
    {
        get
        {
            lock (_accepted)
                return [.. _accepted];
        }
    }

    /// <summary>Begins to look.</summary>
    /// <param name="hosts">The hosts.</param>
    /// <param name="from">The host to look from, on which there is nothing else.</param>
    /// <param name="at">The node's host.</param>
    /// <param name="port">The port.</param>
    public static async Task<AddressEye> OpenAsync(HostNetwork hosts, string from, string at, int port)
    {
        await hosts.RunAsync(from, $"ip neigh replace {hosts.Vip} lladdr {hosts.MacOf(at)} dev eth0 nud permanent");
        var eye = new AddressEye();
        eye._run = hosts.InAsync(from, () => eye.Watch(new IPEndPoint(IPAddress.Parse(hosts.Vip), port)));
        return eye;
    }

    /// <summary>Ends looking.</summary>
    /// <returns>How often it looked.</returns>
    public Task<int> CloseAsync()
    {
        _stop = true;
        return _run;
    }

    private int Watch(IPEndPoint address)
    {
        var looks = 0;
        for (; !_stop; looks++)
        {
            var begin = Stopwatch.GetTimestamp();
            if (Accepts(address))
            {
                lock (_accepted)
                    _accepted.Add(new Look(begin, Stopwatch.GetTimestamp()));
            }
            if (Period - Stopwatch.GetElapsedTime(begin) is var left && left > TimeSpan.Zero)
                Thread.Sleep(left);
        }
        return looks;
    }

    private static bool Accepts(IPEndPoint address)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false, LingerState = new LingerOption(true, 0) };
        try
        {
            socket.Connect(address);
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // Under way.
        }
        catch (SocketException)
        {
            return false;
        }
        return socket.Poll(Patience, SelectMode.SelectWrite) && (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! == 0 && socket.Connected;
    }

    /// <summary>One connection that was accepted.</summary>
    /// <param name="Begin">Before it was asked for, as <see cref="Stopwatch.GetTimestamp"/> counts.</param>
    /// <param name="End">When it was there.</param>
    public sealed record Look(long Begin, long End);
}
