using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Mooring.Actors.Vip;
using Mooring.Messages;
using Mooring.StorageNode.Http;

namespace Mooring.StorageNode.Vip.Linux;

/// <summary>
/// A virtual IP on a network interface of this host. The kernel takes it off by itself when the lease behind it is not renewed
/// (<see cref="AddressLifetime"/>), whatever has become of this process. Needs CAP_NET_ADMIN and CAP_NET_RAW.
/// </summary>
internal sealed class LinuxVirtualAddress : IVirtualAddress, IDisposable
{
    private const int Backlog = 512;

    private static readonly TimeSpan RenewalLook = TimeSpan.FromMilliseconds(100);

    private readonly LinuxAddressOptions _options;
    private readonly VirtualListener _listener;
    private readonly Action<string> _tell;
    private readonly object _gate = new();

    // Open from the start: what takes the address off needs nothing that could be missing by then.
    private readonly NetlinkSocket _kernel = new();
    private IReadOnlyList<InterfaceAddress> _held = [];
    private TimeSpan _until;
    private TimeSpan _lifeUntil;
    private string? _problem;
    private long _round;
    private Task<TimeSpan?> _lookedAhead = Task.FromResult<TimeSpan?>(null);

    private LinuxVirtualAddress(LinuxAddressOptions options, VirtualListener listener, Action<string> tell) => (_options, _listener, _tell) = (options, listener, tell);

    /// <inheritdoc/>
    public string Endpoint => _options.Endpoints[0].ToString();

    /// <inheritdoc/>
    public string? Problem
    {
        get
        {
            IReadOnlyList<InterfaceAddress> held;
            lock (_gate)
                held = _held;
            try
            {
                foreach (var endpoint in _options.Endpoints)
                {
                    // The route to one that is on leads nowhere.
                    var on = held.FirstOrDefault(address => address.Address.Equals(endpoint.Address));
                    var link = on.Index == 0 ? FindLink(endpoint.Address) : _kernel.Link(on.Index);
                    if (link is not { HasCarrier: true })
                        return $"{link?.Name ?? "the interface"}, where {endpoint.Address} belongs, is not connected";
                }
                return null;
            }
            catch (Exception e) when (e is Win32Exception or VirtualAddressException or ObjectDisposedException)
            {
                return e.Message;
            }
        }
    }

    // The clock of the keeper: CLOCK_MONOTONIC, which goes on while the process is stopped.
    private static TimeSpan Now => Stopwatch.GetElapsedTime(0);

    /// <summary>Looks whether this host can have the address, and takes off what an earlier process has left.</summary>
    /// <param name="options">What is to be put on, and where.</param>
    /// <param name="listener">Serves it.</param>
    /// <param name="tell">Is told what an operator should know, one line each.</param>
    /// <returns>The address, which is not on.</returns>
    /// <exception cref="NodeStartException">A capability is missing, or no interface has a network with the address.</exception>
    public static LinuxVirtualAddress Open(LinuxAddressOptions options, VirtualListener listener, Action<string> tell)
    {
        var address = new LinuxVirtualAddress(options, listener, tell);
        try
        {
            PacketSocket.Try();
            address.RemoveLeftOvers();
            foreach (var link in options.Endpoints.Select(endpoint => (endpoint.Address, Link: address.FindLink(endpoint.Address))))
                address._kernel.Remove(address.On(link.Link, link.Address));
            return address;
        }
        catch (VirtualAddressException e)
        {
            address.Dispose();
            throw new NodeStartException(e.Message, e);
        }
        catch (Win32Exception e)
        {
            address.Dispose();
            throw new NodeStartException($"mooring.vip.mode = linux needs CAP_NET_ADMIN and CAP_NET_RAW: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public Task AcquireAsync(Epoch epoch, bool isFirst, Func<Task> isFree, CancellationToken cancellationToken)
    {
        var round = EndRound();
        return Task.Factory.StartNew(() => Acquire(isFirst, round, isFree, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <inheritdoc/>
    public void LookAhead()
    {
        var looking = Task.Factory.StartNew(FindFree, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        lock (_gate)
            _lookedAhead = looking;
    }

    /// <summary>The lease was taken or renewed: the address may stay on until then, and the kernel is told.</summary>
    /// <param name="until">Until when the lease holds, on the clock of <see cref="ILeaseKeeper.Now"/>.</param>
    public void HoldUntil(TimeSpan until)
    {
        lock (_gate)
        {
            _until = until;
            Monitor.PulseAll(_gate);
            Extend();
        }
    }

    /// <inheritdoc/>
    public void Release() => EndRound();

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        _kernel.Dispose();
    }

    // The number of the next: whoever has another one puts nothing on any more.
    private long EndRound()
    {
        var next = Interlocked.Increment(ref _round);
        // Before the lock, which may be held while the kernel is busy: nobody is served any more.
        _listener.Cut();
        lock (_gate)
        {
            _listener.Cut();
            TakeOff(_held);
            _held = [];
            Monitor.PulseAll(_gate);
        }
        return next;
    }

    private void Acquire(bool isFirst, long round, Func<Task> isFree, CancellationToken cancellationToken)
    {
        var places = Places();
        var watch = new AddressWatch(places, _tell);
        try
        {
            var plan = isFirst ? AddressPlan.First(Random.Shared.NextDouble) : AddressPlan.Takeover(_options.TakeoverProbe);
            if ((isFirst || !WasFree()) && Stranger(watch, plan, cancellationToken) is (var taken, var by))
                throw new VirtualAddressTakenException($"another machine has {taken}: {by} answers for it");
            isFree().Wait(cancellationToken);
            PutOn(places, round, cancellationToken);
        }
        catch (Win32Exception e)
        {
            watch.Dispose();
            throw new VirtualAddressException($"{Endpoint} cannot be put on {string.Join(", ", places.Select(p => p.Link.Name).Distinct())}: {e.Message}", e);
        }
        catch
        {
            watch.Dispose();
            throw;
        }
        watch.Announce(say =>
        {
            lock (_gate)
            {
                if (Interlocked.Read(ref _round) != round)
                    return null;
                // One that was stopped and goes on must not say that the address is here.
                if (Now < _until)
                    say();
                Extend();
                return AddressLifetime.NextFit(Now, _until);
            }
        });
    }

    // Among the nodes the lease decides: the kernel of one that was killed answers until the address's lifetime is over.
    private (IPAddress Address, MacAddress By)? Stranger(AddressWatch watch, ProbePlan plan, CancellationToken cancellationToken) =>
        watch.Probe(plan, mac => watch.IsOneOf(mac, _options.Nodes), cancellationToken);

    private TimeSpan? FindFree()
    {
        try
        {
            using var watch = new AddressWatch(Places(), _tell);
            var looked = Now;
            return Stranger(watch, AddressPlan.Takeover(_options.TakeoverProbe), CancellationToken.None) is null ? looked : null;
        }
        catch (Exception e) when (e is Win32Exception or VirtualAddressException)
        {
            // It is looked for again when the address is taken, and told then.
            return null;
        }
    }

    private bool WasFree()
    {
        Task<TimeSpan?> looking;
        lock (_gate)
            (looking, _lookedAhead) = (_lookedAhead, Task.FromResult<TimeSpan?>(null));
        return looking.IsCompletedSuccessfully && looking.GetAwaiter().GetResult() is { } at && Now - at < AddressPlan.LookAheadMax;
    }

    private List<Place> Places() => [.. _options.Endpoints.Select(endpoint => new Place(endpoint, FindLink(endpoint.Address)))];

    private void PutOn(List<Place> places, long round, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            RequireRound(round);
            // The lease was taken long ago: its next renewal is under way.
            while (AddressLifetime.Seconds(Now, _until) == 0)
            {
                Monitor.Wait(_gate, RenewalLook);
                RequireRound(round);
                cancellationToken.ThrowIfCancellationRequested();
            }
            var addresses = places.Select(p => On(p.Link, p.Endpoint.Address)).ToList();
            var sockets = new List<Socket>();
            try
            {
                Put(addresses);
                sockets.AddRange(places.Select(p => Listen(p.Endpoint)));
                _listener.Serve([.. sockets]);
                _held = addresses;
                // It may have been released meanwhile, and waits for the lock.
                RequireRound(round);
            }
            catch
            {
                foreach (var socket in sockets)
                    socket.Dispose();
                _listener.Cut();
                TakeOff(addresses);
                _held = [];
                throw;
            }
        }
    }

    private void RequireRound(long round)
    {
        if (Interlocked.Read(ref _round) != round)
            throw new VirtualAddressException($"{Endpoint} was given up while it was put on");
    }

    private static Socket Listen(IPEndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endpoint);
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new VirtualAddressTakenException($"another program of this host listens on port {endpoint.Port} of {endpoint.Address} ({e.Message})", e);
        }
    }

    // Sets the longest lifetime that the lease allows, when it is longer than the one that runs.
    private void Extend()
    {
        if (_held.Count == 0 || Now + TimeSpan.FromSeconds(AddressLifetime.Seconds(Now, _until)) <= _lifeUntil)
            return;
        try
        {
            Put(_held);
            _problem = null;
        }
        catch (Win32Exception e)
        {
            // The lifetime that runs takes it off unless a later one is set.
            if (_problem != e.Message)
                _tell($"the lifetime of {Endpoint} cannot be renewed: {_problem = e.Message}");
        }
    }

    private void Put(IReadOnlyList<InterfaceAddress> addresses)
    {
        var first = TimeSpan.MaxValue;
        foreach (var address in addresses)
        {
            var now = Now;
            if (AddressLifetime.Seconds(now, _until) is not (> 0 and var seconds))
                return;
            _kernel.Put(address, seconds);
            var end = now + TimeSpan.FromSeconds(seconds);
            first = end < first ? end : first;
        }
        _lifeUntil = first;
    }

    // The connections first: an RST cannot be sent from an address that is gone.
    private void TakeOff(IReadOnlyList<InterfaceAddress> addresses)
    {
        if (addresses.Count == 0)
            return;
        _lifeUntil = default;
        foreach (var endpoint in _options.Endpoints)
        {
            try
            {
                _kernel.EndConnections(endpoint);
            }
            catch (Exception e) when (e is Win32Exception or ObjectDisposedException)
            {
                // The kernel cannot; what this process has accepted is closed all the same.
            }
        }
        foreach (var address in addresses)
        {
            try
            {
                _kernel.Remove(address);
            }
            catch (Exception e) when (e is Win32Exception or ObjectDisposedException)
            {
                _tell($"{address.Address} cannot be taken off and goes when its lifetime is over: {e.Message}");
            }
        }
    }

    private void RemoveLeftOvers()
    {
        var own = _options.Endpoints.Select(endpoint => endpoint.Address).ToHashSet();
        foreach (var left in _kernel.Addresses().Where(there => own.Contains(there.Address)))
        {
            foreach (var endpoint in _options.Endpoints.Where(e => e.Address.Equals(left.Address)))
            {
                try
                {
                    _kernel.EndConnections(endpoint);
                }
                catch (Win32Exception)
                {
                    // The kernel cannot; they end when they are used.
                }
            }
            if (_kernel.Remove(left))
                _tell($"{left.Address} was on this host before the start, and was taken off");
        }
    }

    private InterfaceAddress On(NetworkLink link, IPAddress address) =>
        new(link.Index, address, _options.PrefixLength > 0 ? _options.PrefixLength : 8 * address.GetAddressBytes().Length);

    private NetworkLink FindLink(IPAddress address)
    {
        if (_options.Interface.Length > 0)
            return _kernel.Link(_options.Interface) ?? throw new VirtualAddressException($"mooring.vip.interface = {_options.Interface}: this host has no such interface");
        return _kernel.Route(address) is { IsLocal: false, IsDirect: true, Index: > 0 } route && _kernel.Link(route.Index) is { } link
            ? link
            : throw new VirtualAddressException($"no interface of this host is in a network with {address}: name one with mooring.vip.interface");
    }
}
