using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Actors.Nodes;

/// <summary>
/// Watches its own node: sends a heartbeat to the dispatcher at a preset period (V4), probes the link to the block store on a
/// connection of its own (V7), looks whether clients would reach the virtual IP here, and tells the dispatchers of all nodes what it sees (V5). Reads
/// there, too, which nodes are to carry nothing.
/// </summary>
public sealed class NodeHealthActor : ReceiveActor, IWithTimers
{
    /// <summary>Its name under the dispatcher.</summary>
    public const string Name = "health";

    private static readonly TimeSpan DrainLookInterval = TimeSpan.FromSeconds(1);

    // Shorter is a plug that sits badly; another owner costs clients as long.
    private static readonly TimeSpan VipProblemMax = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan MoveAgainInterval = TimeSpan.FromSeconds(5);

    private readonly MooringServices _services;
    private readonly MooringSettings _settings;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly CancellationTokenSource _stopped = new();
    private NodeHealthState _state;
    private IBlockStore? _store;
    private Task<ProbeEnded>? _probe;
    private bool _gaveUp;
    private Epoch? _vipEpoch;
    private bool _vipTaking;
    private DateTimeOffset _since;
    private NodeHealthReport? _reported;
    private TimeSpan _reportedAt;
    private TimeSpan? _lookedAt;
    private bool _looking;
    private string? _lookProblem;
    private TimeSpan? _moveAskedAt;

    /// <summary>Makes the actor.</summary>
    /// <param name="services">The node's services.</param>
    public NodeHealthActor(MooringServices services)
    {
        _services = services;
        _settings = services.Settings;
        _state = NodeHealthState.Started(Now);
        _since = services.Clock.GetUtcNow();
        Receive<Tick>(_ => OnTick());
        Receive<Pong>(_ => Change(_state.Answered(Now)));
        Receive<ProbeEnded>(OnProbeEnded);
        Receive<LookEnded>(OnLookEnded);
        Receive<VipMoving>(moving => _log.Warning("the virtual IP is to go to {0}: {1}", moving.To, _state.VipProblem));
        Receive<QueryFailed>(failed => _log.Warning("the virtual IP stays here: {0}", failed.Error.Detail));
        // Who joins hears of this node at once.
        Receive<ClusterEvent.MemberUp>(_ => Report(always: true));
        Receive<VipHeld>(held =>
        {
            (_vipEpoch, _vipTaking) = (held.Epoch, held.Taking);
            Report(always: true);
        });
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    /// <summary>How to make one.</summary>
    /// <param name="services">The node's services.</param>
    /// <returns>The recipe.</returns>
    public static Props Props(MooringServices services) => Akka.Actor.Props.Create(() => new NodeHealthActor(services));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.MemberUp));
        Timers.StartPeriodicTimer("tick", Tick.Instance, TimeSpan.Zero, _settings.HealthPeriod);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        _stopped.Cancel();
        _stopped.Dispose();
        _ = Ending.CloseAsync(_store, _probe, ended => ended.Store);
    }

    private void OnTick()
    {
        if (_state.PingSentAt is null)
            Context.Parent.Tell(Ping.Instance);
        Change(_state.Beat(Now, _settings.DispatcherTimeout).Looked(Now, _services.VirtualAddress.Problem));
        MoveVip();
        if (_probe is null)
            (_probe = ProbeAsync(_store)).PipeTo(Self);
        Look();
        if (!_gaveUp && _state.MustGiveUp(Now, _settings.LinkDownMax))
        {
            _gaveUp = true;
            Context.Parent.Tell(new LinkFailed(Now - _state.LinkOkAt, _state.LinkDetail ?? "no answer"));
        }
        Report(always: false);
    }

    // Where clients do not reach it the address is of no use, whatever else is well.
    private void MoveVip()
    {
        if (_vipEpoch is null || _state.VipProblem is null || Now - _state.ChangedAt < VipProblemMax || (_moveAskedAt is { } at && Now - at < MoveAgainInterval))
            return;
        _moveAskedAt = Now;
        Context.Parent.Tell(new MoveVip(_settings.Node, null));
    }

    // Beside the probes, and no matter of the link: the record may lie where the store does not answer while it does elsewhere.
    private void Look()
    {
        if (_store is not { } store || _looking || (_lookedAt is { } at && Now - at < DrainLookInterval))
            return;
        (_looking, _lookedAt) = (true, Now);
        DrainRecord.ReadAsync(store, _stopped.Token).PipeTo(Self, success: drains => new LookEnded(drains, null), failure: e => new LookEnded(null, e.GetBaseException().Message));
    }

    private void OnLookEnded(LookEnded ended)
    {
        _looking = false;
        if (ended.Problem is not null && _lookProblem != ended.Problem)
            _log.Warning("the block store does not tell which nodes are drained, which is to be known before this node joins a cluster: {0}", ended.Problem);
        _lookProblem = ended.Problem;
        if (ended.Drains is { } drains)
            Context.Parent.Tell(new DrainsKnown(drains));
    }

    private void OnProbeEnded(ProbeEnded ended)
    {
        _probe = null;
        _store = ended.Store;
        if (ended.Problem is { } problem && _state.LinkOk)
            _log.Warning("the block store does not answer: {0}", problem);
        Change(_state.Probed(Now, ended.Problem));
        Look();
    }

    private void Change(NodeHealthState state)
    {
        var changed = state.ChangedAt != _state.ChangedAt;
        _state = state;
        if (!changed)
            return;
        _since = _services.Clock.GetUtcNow();
        Report(always: true);
    }

    // Changes go out at once, the rest every fifth period: a node that joins hears of all others within a second.
    private void Report(bool always)
    {
        var report = new NodeHealthReport(_settings.Node, _settings.HttpAddress, _state.DispatcherOk, _state.LinkOk, _since, _vipEpoch, _services.Incarnation)
        {
            Problem = _state.Problem,
            VipLinkOk = _state.VipProblem is null,
            VipTaking = _vipTaking,
            Uid = _cluster.SelfUniqueAddress.Uid,
        };
        if (!always && report == _reported && Now - _reportedAt < 5 * _settings.HealthPeriod)
            return;
        (_reported, _reportedAt) = (report, Now);
        Context.Parent.Tell(report);
        foreach (var member in _cluster.State.Members)
        {
            if (member.Address != _cluster.SelfAddress)
                Context.ActorSelection(new RootActorPath(member.Address) / "user" / DispatcherActor.Name).Tell(report);
        }
    }

    private async Task<ProbeEnded> ProbeAsync(IBlockStore? store)
    {
        var stopped = _stopped.Token;
        try
        {
            store ??= await _services.Store.ConnectAsync("health", 1, stopped);
            await store.ProbeAsync(_settings.ProbeTimeout, stopped);
            return new ProbeEnded(store, null);
        }
        catch (Exception e) when (e is BlockStoreException or OperationCanceledException)
        {
            if (store is not null && e is BlockStoreException { Kind: ErrorKind.Fenced })
            {
                await store.DisposeAsync();
                store = null;
            }
            return new ProbeEnded(store, e.Message);
        }
    }

    private sealed record Tick : INoSerializationVerificationNeeded
    {
        public static Tick Instance { get; } = new();
    }

    private sealed record LookEnded(IReadOnlyList<Drain>? Drains, string? Problem) : INoSerializationVerificationNeeded;

    private sealed record ProbeEnded(IBlockStore? Store, string? Problem) : INoSerializationVerificationNeeded;
}

/// <summary>Tells the node's health check whether this node owns the virtual IP.</summary>
/// <param name="Epoch">The ownership; null when it has none.</param>
/// <param name="Taking">Whether it is about to own it.</param>
internal sealed record VipHeld(Epoch? Epoch, bool Taking = false) : INoSerializationVerificationNeeded;

/// <summary>What the block store says of nodes that are to carry nothing.</summary>
/// <param name="Items">All of them.</param>
internal sealed record DrainsKnown(IReadOnlyList<Drain> Items) : INoSerializationVerificationNeeded;
