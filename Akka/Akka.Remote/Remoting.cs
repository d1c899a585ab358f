using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Dispatch;
using Akka.Event;
using Akka.Remote.Transport;

namespace Akka.Remote;

/// <summary>
/// Remoting of one actor system: its transports, and an association for each remote address. Started by the provider before anything else
/// of the system runs, shut down by <see cref="RemotingTerminator"/> after the user's actors have stopped.
/// </summary>
internal sealed class Remoting
{
    private readonly ConcurrentDictionary<Address, Association> _associations = new();
    private readonly List<(WireTransport Transport, Address Address)> _transports = [];
    private ICancelable? _clock;
    private int _shutdown;
    private int _greeting;

    public Remoting(ActorSystemImpl system, RemoteActorRefProvider provider)
    {
        System = system;
        Provider = provider;
        Settings = provider.RemoteSettings;
        Log = Logging.GetLogger(system, "remoting");
        Events = new EventPublisher(system, Log, Settings.RemoteLifecycleEventsLogLevel);
        Dispatcher = string.IsNullOrEmpty(Settings.Dispatcher) ? system.Dispatchers.DefaultGlobalDispatcher : system.Dispatchers.Lookup(Settings.Dispatcher);
        Uid = AddressUidExtension.Uid(system);
        Inbound = new InboundDispatch(system, provider, Log);
    }

    public ActorSystemImpl System { get; }

    public RemoteActorRefProvider Provider { get; }

    public RemoteSettings Settings { get; }

    public ILoggingAdapter Log { get; }

    public EventPublisher Events { get; }

    public MessageDispatcher Dispatcher { get; }

    public InboundDispatch Inbound { get; }

    /// <summary>The incarnation of this system.</summary>
    public int Uid { get; }

    public Address DefaultAddress { get; private set; } = null!;

    /// <summary>All addresses by which this system is known.</summary>
    public ISet<Address> Addresses { get; } = new HashSet<Address>();

    public TimeSpan Now => System.Scheduler.MonotonicClock;

    public bool HasShutDown => Volatile.Read(ref _shutdown) != 0;

    /// <summary>Listens on all transports; throws when one of them cannot.</summary>
    public void Start()
    {
        if (Settings.Transports.Length == 0)
            throw new Akka.Configuration.ConfigurationException("No transports are enabled: akka.remote.enabled-transports is empty");
        Log.Info("Starting remoting");
        try
        {
            foreach (var settings in Settings.Transports)
                Listen(WireTransport.Create(System, settings));
        }
        catch (Exception cause)
        {
            foreach (var (transport, _) in _transports)
                _ = transport.Shutdown();
            Events.Publish(new RemotingErrorEvent(cause));
            throw;
        }

        DefaultAddress = _transports[0].Address;
        _clock = new Cancelable(System.Scheduler.Advanced);
        System.Scheduler.Advanced.ScheduleRepeatedly(Settings.TransportHeartbeatInterval, Settings.TransportHeartbeatInterval, () => Dispatcher.Schedule(Tick), _clock);
        Events.Publish(new RemotingListenEvent([.. Addresses]));
    }

    /// <summary>The association with a remote address, new or known.</summary>
    public Association AssociationWith(Address remote)
    {
        if (_associations.TryGetValue(remote, out var known))
            return known;
        var (transport, local) = TransportFor(remote);
        return _associations.GetOrAdd(remote, new Association(this, remote, transport, local));
    }

    public IReadOnlyCollection<Association> Associations => (IReadOnlyCollection<Association>)_associations.Values;

    /// <summary>Our address as seen by the other one; null when no transport reaches it.</summary>
    public Address? LocalAddressForRemote(Address remote)
    {
        foreach (var (transport, address) in _transports)
        {
            if (transport.IsResponsibleFor(remote))
                return address;
        }

        return null;
    }

    public void Quarantine(Address remote, int? uid, string reason)
    {
        if (LocalAddressForRemote(remote) is not null)
            AssociationWith(remote).Quarantine(uid, reason);
    }

    /// <summary>Sends what was told before, within the limits, and ends.</summary>
    public async Task Shutdown()
    {
        if (Interlocked.Exchange(ref _shutdown, 1) != 0)
            return;
        _clock?.Cancel();
        foreach (var (transport, _) in _transports)
            transport.StopListening();
        var associations = _associations.Values.ToList();
        await Task.WhenAny(Task.WhenAll(associations.Select(association => association.Flush())), Delay(Settings.FlushWait)).ConfigureAwait(false);
        await Task.WhenAny(Task.WhenAll(associations.Select(association => association.Shutdown())), Delay(Settings.ShutdownTimeout)).ConfigureAwait(false);
        foreach (var (transport, _) in _transports)
            await transport.Shutdown().ConfigureAwait(false);
        Events.Publish(new RemotingShutdownEvent());
    }

    /// <summary>Ends all connections and listens no longer, without a word: what the peers of a killed process see.</summary>
    public void Kill()
    {
        if (Interlocked.Exchange(ref _shutdown, 1) != 0)
            return;
        _clock?.Cancel();
        foreach (var (transport, _) in _transports)
            _ = transport.Shutdown();
        foreach (var association in _associations.Values)
            association.Kill();
    }

    /// <summary>Runs the action later, on the dispatcher of remoting.</summary>
    public ICancelable After(TimeSpan delay, Action action)
    {
        var cancelable = new Cancelable(System.Scheduler.Advanced);
        System.Scheduler.Advanced.ScheduleOnce(delay, () => Dispatcher.Schedule(action), cancelable);
        return cancelable;
    }

    /// <summary>A pause in the time of the scheduler.</summary>
    public Task Delay(TimeSpan delay)
    {
        var over = new TaskCompletionSource();
        After(delay, () => over.TrySetResult());
        return over.Task;
    }

    private void Listen(WireTransport transport)
    {
        var listening = transport.Listen(connection => _ = Accept(transport, connection));
        if (!((IAsyncResult)listening).AsyncWaitHandle.WaitOne(Settings.StartupTimeout))
            throw new RemoteTransportException($"Transport [{transport.GetType()}] does not listen after {Settings.StartupTimeout} (akka.remote.startup-timeout)");
        var address = listening.GetAwaiter().GetResult();
        _transports.Add((transport, address));
        Addresses.Add(address);
    }

    private (WireTransport Transport, Address Local) TransportFor(Address remote)
    {
        foreach (var (transport, address) in _transports)
        {
            if (transport.IsResponsibleFor(remote))
                return (transport, address);
        }

        throw new RemoteTransportException(
            $"No transport is loaded for protocol: [{remote.Protocol}], available protocols: [{string.Join(", ", _transports.Select(t => t.Address.Protocol))}]");
    }

    private void Tick()
    {
        foreach (var (address, association) in _associations)
        {
            if (association.Tick())
                _associations.TryRemove(new KeyValuePair<Address, Association>(address, association));
        }
    }

    /// <summary>A connection from outside: nothing is believed before it has said who it is.</summary>
    private async Task Accept(WireTransport transport, WireConnection connection)
    {
        if (Interlocked.Increment(ref _greeting) > Settings.InboundHandshakesMax)
        {
            Interlocked.Decrement(ref _greeting);
            connection.Close();
            return;
        }

        var link = new Link(this, connection, inbound: true, transport.MaximumPayloadBytes);
        var limit = After(Settings.HandshakeTimeout, connection.Close);
        var handedOver = false;
        try
        {
            handedOver = await Greet(transport, link).ConfigureAwait(false);
        }
        catch (Exception cause)
        {
            // Strangers, scanners, broken connections: of no consequence to anybody else.
            Log.Debug("Connection from [{0}] ends before it was established: {1}", connection.Peer, cause.Message);
        }
        finally
        {
            limit.Cancel();
            Interlocked.Decrement(ref _greeting);
            if (!handedOver)
                link.Dispose();
        }
    }

    private async Task<bool> Greet(WireTransport transport, Link link)
    {
        if (await link.Reader.Next().ConfigureAwait(false) is not { Kind: FrameKind.Hello } first)
            throw new WireProtocolException("It does not begin with a greeting");
        var hello = Hello.Read(first.Body.Span);
        if (HasShutDown || !transport.IsResponsibleFor(hello.From) || Addresses.Contains(hello.From))
            throw new WireProtocolException($"[{hello.From}] cannot be a peer of this system now");

        var association = AssociationWith(hello.From);
        var verdict = association.Judge(hello);
        if (verdict != CloseReason.None)
        {
            await link.WriteFrame(FrameKind.Reject, new Reject(verdict, Uid, "").Write).ConfigureAwait(false);
            link.Connection.FinishWriting();
            return false;
        }

        link.Misaddressed = !Addresses.Contains(hello.To);
        link.Decoder = new MessageDecoder(Provider, hello.From, Settings.PathTableSize);
        link.Reader.AllowFullFrames();
        await link.WriteFrame(FrameKind.Welcome, association.WelcomeFor(hello).Write).ConfigureAwait(false);
        association.Establish(link, hello.FromUid, hello.PeerUid == Uid ? hello.DeliveredFromPeer : 0);
        return true;
    }
}
