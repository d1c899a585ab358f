using System.ComponentModel;
using System.Net;

namespace Mooring.StorageNode.Vip.Linux;

/// <summary>Talks with the kernel about its addresses and connections. One request at a time, from any thread.</summary>
internal sealed class NetlinkSocket : IDisposable
{
    // The kernel answers while the request is sent; this is for one that is lost.
    private static readonly Timeval _answerMax = new(1, 0);

    private readonly Lock _one = new();
    private readonly Libc.Descriptor _route = Open(Libc.NetlinkRoute);
    private readonly Libc.Descriptor _connections = Open(Libc.NetlinkSockDiag);
    private readonly byte[] _buffer = new byte[64 << 10];
    private uint _sequence;

    /// <summary>Puts an address on, or sets its lifetime when it is there.</summary>
    /// <param name="address">The address.</param>
    /// <param name="seconds">Its lifetime in seconds.</param>
    /// <exception cref="Win32Exception">The kernel refuses.</exception>
    public void Put(InterfaceAddress address, uint seconds) => Ask(_route, n => RouteMessages.Put(n, address, seconds));

    /// <summary>Takes an address off.</summary>
    /// <param name="address">The address.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="Win32Exception">The kernel refuses.</exception>
    public bool Remove(InterfaceAddress address)
    {
        try
        {
            Ask(_route, n => RouteMessages.Remove(n, address));
            return true;
        }
        catch (Win32Exception e) when (e.NativeErrorCode is Libc.Eaddrnotavail or Libc.Enodev)
        {
            return false;
        }
    }

    /// <summary>All addresses of this host.</summary>
    public IReadOnlyList<InterfaceAddress> Addresses() => [.. Ask(_route, RouteMessages.ListAddresses).Select(RouteMessages.ReadAddress).OfType<InterfaceAddress>()];

    /// <summary>The interface of that name, or null.</summary>
    public NetworkLink? Link(string name) => Link(n => RouteMessages.FindLink(n, name));

    /// <summary>The interface of that number, or null.</summary>
    public NetworkLink? Link(int index) => Link(n => RouteMessages.FindLink(n, index));

    /// <summary>The route to an address, or null.</summary>
    public FoundRoute? Route(IPAddress to)
    {
        try
        {
            return Ask(_route, n => RouteMessages.FindRoute(n, to)).Select(RouteMessages.ReadRoute).FirstOrDefault(r => r is not null);
        }
        catch (Win32Exception)
        {
            // Unreachable: there is none.
            return null;
        }
    }

    /// <summary>Ends the connections of a local address and port at once: the peers get an RST.</summary>
    /// <param name="local">The address and the port.</param>
    /// <exception cref="Win32Exception">The kernel refuses, or cannot (CONFIG_INET_DIAG_DESTROY).</exception>
    public void EndConnections(IPEndPoint local)
    {
        foreach (var part in Ask(_connections, n => SocketMessages.List(n, local)))
        {
            if (SocketMessages.ReadId(part, local.Address) is not { } id)
                continue;
            try
            {
                Ask(_connections, n => SocketMessages.End(n, local.Address, id));
            }
            catch (Win32Exception e) when (e.NativeErrorCode == Libc.Enoent)
            {
                // It has ended by itself.
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _route.Dispose();
        _connections.Dispose();
    }

    private static Libc.Descriptor Open(int protocol)
    {
        var socket = Libc.Open(Libc.AfNetlink, protocol);
        Libc.Set(socket, Libc.SoReceiveTimeout, _answerMax);
        return socket;
    }

    private NetworkLink? Link(Func<uint, byte[]> request)
    {
        try
        {
            return Ask(_route, request).Select(RouteMessages.ReadLink).FirstOrDefault(l => l is not null);
        }
        catch (Win32Exception e) when (e.NativeErrorCode == Libc.Enodev)
        {
            return null;
        }
    }

    // Every part of the answer, which ends with an acknowledgement, an end of a list, or (a question for one thing) with that thing.
    private List<NetlinkPart> Ask(Libc.Descriptor socket, Func<uint, byte[]> request)
    {
        lock (_one)
        {
            var number = ++_sequence;
            var message = request(number);
            var several = (BitConverter.ToUInt16(message.AsSpan(6)) & (Netlink.Dump | Netlink.Acknowledge)) != 0;
            Libc.Send(socket, message);
            var answer = new List<NetlinkPart>();
            while (true)
            {
                var count = Libc.Receive(socket, _buffer);
                if (count < 0)
                    throw new Win32Exception(Libc.Eagain, "the kernel did not answer");
                // A copy: the buffer is used again. What answers an earlier request is passed over.
                foreach (var part in Netlink.Read(_buffer.AsSpan(0, count).ToArray()).Where(p => p.Sequence == number))
                {
                    if (part.Type == Netlink.Error && Netlink.ErrorOf(part) is var error and not 0)
                        throw new Win32Exception(error);
                    if (part.Type is Netlink.Error or Netlink.Done)
                        return answer;
                    answer.Add(part);
                    if (!several)
                        return answer;
                }
            }
        }
    }

    // struct timeval
    private readonly record struct Timeval(long Seconds, long Microseconds);
}
