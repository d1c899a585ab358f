using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Mooring.Harness;

/// <summary>
/// Looks over and over, every 5 ms, whether connections are accepted on the address that hosts share: by whoever has it, as any client does, or by one
/// certain host, whoever else does.
/// </summary>
public sealed class AddressEye
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(5);

    // A busy host takes its time; a client wants to know at once when it is answered again.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan PatienceOfClient = TimeSpan.FromMilliseconds(10);

    // Who looked no oftener than this cannot say that nothing changed in between.
    private static readonly TimeSpan Blink = TimeSpan.FromMilliseconds(200);

    private readonly List<Look> _accepted = [];
    private readonly Task<int> _run;
    private volatile bool _stop;

    private AddressEye(HostNetwork hosts, string from, Func<bool> accepts) => _run = hosts.InAsync(from, () => Watch(accepts));

    /// <summary>When it was accepted: each from before the connection was asked for to after it was there.</summary>
    public IReadOnlyList<Look> Accepted
    {
        get
        {
            lock (_accepted)
                return [.. _accepted];
        }
    }

    /// <summary>Begins to look at one host by its hardware address.</summary>
    /// <param name="hosts">The hosts.</param>
    /// <param name="from">The host to look from, on which there is nothing else.</param>
    /// <param name="at">The host to look at.</param>
    /// <param name="port">The port.</param>
    /// <returns>The eye.</returns>
    public static async Task<AddressEye> OpenAsync(HostNetwork hosts, string from, string at, int port)
    {
        await hosts.RunAsync(from, $"ip neigh replace {hosts.Vip} lladdr {hosts.MacOf(at)} dev eth0 nud permanent");
        return new AddressEye(hosts, from, () => Accepts(Endpoint(hosts, port), null, Patience));
    }

    /// <summary>Begins to look as a client: at whoever has the address.</summary>
    /// <param name="hosts">The hosts.</param>
    /// <param name="from">The host to look from.</param>
    /// <param name="port">The port.</param>
    /// <param name="address">The address; null for the one of <paramref name="hosts"/>.</param>
    /// <returns>The eye.</returns>
    public static AddressEye OpenAsClient(HostNetwork hosts, string from, int port, string? address = null) =>
        new(hosts, from, () => Accepts(Endpoint(hosts, port, address), null, PatienceOfClient));

    /// <summary>Begins to look on the host itself, whatever becomes of its link.</summary>
    /// <param name="hosts">The hosts.</param>
    /// <param name="at">The host.</param>
    /// <param name="port">The port.</param>
    /// <param name="address">The address; null for the one of <paramref name="hosts"/>.</param>
    /// <returns>The eye.</returns>
    public static AddressEye OpenInside(HostNetwork hosts, string at, int port, string? address = null) =>
        new(hosts, at, () => Accepts(Endpoint(hosts, port, address), Endpoint(hosts, 0, address), Patience));

    /// <summary>Begins to look on the host itself whether it has an address, accepted there or not.</summary>
    /// <param name="hosts">The hosts.</param>
    /// <param name="at">The host.</param>
    /// <param name="address">The address.</param>
    /// <returns>The eye.</returns>
    public static AddressEye OpenForAddress(HostNetwork hosts, string at, string address) => new(hosts, at, () => Has(Endpoint(hosts, 0, address)));

    /// <summary>Ends looking.</summary>
    /// <returns>How often it looked.</returns>
    public Task<int> CloseAsync()
    {
        _stop = true;
        return _run;
    }

    /// <summary>The looks of this eye that were accepted while another one, of another host, was accepted before and after without a break.</summary>
    /// <param name="other">The other one.</param>
    /// <returns>The looks: of an address that only one host has at a time there are none.</returns>
    public IReadOnlyList<Look> During(AddressEye other)
    {
        var (looks, at) = (other.Accepted, 0);
        var during = new List<Look>();
        foreach (var look in Accepted)
        {
            while (at < looks.Count && looks[at].End <= look.Begin)
                at++;
            // The one before it, and the first that began after it: the other accepted all the time between these.
            var after = at;
            while (after < looks.Count && looks[after].Begin < look.End)
                after++;
            if (at > 0 && after < looks.Count && Enumerable.Range(at, after - at + 1).All(i => Follows(looks[i - 1], looks[i])))
                during.Add(look);
        }
        return during;
    }

    /// <summary>The longest time without an accepted connection, between two that were.</summary>
    public TimeSpan LongestGap() => Accepted is var looks && looks.Count < 2
        ? TimeSpan.MaxValue
        : looks.Zip(looks.Skip(1), (one, next) => Stopwatch.GetElapsedTime(one.End, next.End)).Max();

    private static bool Follows(Look one, Look next) => next.Number == one.Number + 1 && Stopwatch.GetElapsedTime(one.End, next.Begin) < Blink;

    private static IPEndPoint Endpoint(HostNetwork hosts, int port, string? address = null) => new(IPAddress.Parse(address ?? hosts.Vip), port);

    private int Watch(Func<bool> accepts)
    {
        var looks = 0;
        for (; !_stop; looks++)
        {
            var begin = Stopwatch.GetTimestamp();
            if (accepts())
            {
                lock (_accepted)
                    _accepted.Add(new Look(looks, begin, Stopwatch.GetTimestamp()));
            }
            if (Period - Stopwatch.GetElapsedTime(begin) is var left && left > TimeSpan.Zero)
                Thread.Sleep(left);
        }
        return looks;
    }

    private static bool Has(IPEndPoint address)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Bind(address);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    // From an address that this host does not have nothing is asked.
    private static bool Accepts(IPEndPoint address, IPEndPoint? from, TimeSpan patience)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false, LingerState = new LingerOption(true, 0) };
        try
        {
            if (from is not null)
                socket.Bind(from);
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
        return socket.Poll(patience, SelectMode.SelectWrite) && (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! == 0 && socket.Connected;
    }

    /// <summary>One connection that was accepted.</summary>
    /// <param name="Number">Of the looks of its eye, those that were not accepted counted as well.</param>
    /// <param name="Begin">Before it was asked for, as <see cref="Stopwatch.GetTimestamp"/> counts.</param>
    /// <param name="End">When it was there.</param>
    public sealed record Look(int Number, long Begin, long End);
}
