using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using static Akka.Cluster.InternalClusterAction;

namespace Akka.Cluster;

/// <summary>
/// /system/cluster/core/daemon: holds the gossip of this node, talks to the daemons of the others, and acts as leader when it is.
/// What changes is spread at once, and the leader acts on it at once; the periodic ticks only repair what was lost on the way.
/// </summary>
/// <remarks>Parts: joining (.Joining), gossiping (.Gossiping), leading and reaching (.LeaderActions), leaving (.Leaving).</remarks>
internal sealed partial class ClusterCoreDaemon : ActorBase
{
    /// <summary>So many nodes are told of a change directly; in larger clusters those tell others.</summary>
    private const int SpreadTo = 5;

    /// <summary>Last words of a node that shuts down go to so many.</summary>
    private const int FarewellTo = 5;

    /// <summary>A downed node waits so many leader ticks for others to have seen it, then it shuts down anyway.</summary>
    private const int TicksBeforeShuttingDownMyself = 4;

    private static readonly TimeSpan TombstoneTimeToLive = TimeSpan.FromHours(24);

    private readonly Cluster _cluster;
    private readonly ClusterSettings _settings;
    private readonly IActorRef _publisher;
    private readonly ILoggingAdapter _log;
    private readonly UniqueAddress _self;
    private readonly VectorClock.Node _clockNode;
    private readonly List<ICancelable> _ticks = [];
    private readonly Dictionary<Address, ActorSelection> _daemons = [];

    // Read by the tasks of coordinated shutdown too.
    private volatile MembershipState _state;
    private bool _flushPending;
    private bool _spreadWanted;
    private bool _leaderMustKnow;

    public ClusterCoreDaemon(Cluster cluster, IActorRef publisher)
    {
        _cluster = cluster;
        _settings = cluster.Settings;
        _publisher = publisher;
        _log = Context.GetLogger();
        _self = cluster.SelfUniqueAddress;
        _clockNode = Gossip.ClockNode(_self);
        _state = new MembershipState(Gossip.Empty, _self);
        AddCoordinatedShutdownTasks();
    }

    private Gossip Latest => _state.LatestGossip;

    private TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(QuarantinedEvent));
        Context.System.EventStream.Subscribe(Self, typeof(PeerConnectionRefused));
        Context.ActorOf(Props.Create(() => new ClusterHeartbeatSender(_cluster)).WithDispatcher(Context.Props.Dispatcher), "heartbeatSender");
        if (_cluster.DowningProvider.DowningActorProps is { } downing) Context.ActorOf(downing.WithDispatcher(Context.Props.Dispatcher), "downingProvider");

        TickEvery(_settings.GossipInterval, Tick.Gossip);
        TickEvery(_settings.UnreachableNodesReaperInterval, Tick.Reap);
        TickEvery(_settings.LeaderActionsInterval, Tick.LeaderActions);
        var joinRetry = _settings.SeedNodeTimeout < TimeSpan.FromSeconds(1) ? _settings.SeedNodeTimeout : TimeSpan.FromSeconds(1);
        _ticks.Add(Context.System.Scheduler.ScheduleTellRepeatedlyCancelable(joinRetry, joinRetry, Self, Tick.JoinRetry, Self));

        if (_settings.SeedNodes.IsEmpty) _cluster.LogInfo("Cluster Node [{0}] - No seed-nodes configured, manual cluster join required", _cluster.SelfAddress);
        else Self.Tell(new JoinSeedNodes(_settings.SeedNodes));
    }

    protected override void PostStop()
    {
        Context.System.EventStream.Unsubscribe(Self);
        foreach (var tick in _ticks) tick.Cancel();
        _selfExiting.TrySetResult(Done.Instance);
    }

    /// <summary>Begins outside of any cluster; see <see cref="TryingToJoin"/> and <see cref="Initialized"/> for what follows.</summary>
    protected override bool Receive(object message) => Uninitialized(message);

    /// <summary>A member: of the cluster that welcomed this node, or of the one it has begun.</summary>
    private bool Initialized(object message)
    {
        switch (message)
        {
            case GossipEnvelope envelope: ReceiveGossip(envelope); return true;
            case GossipStatus status: ReceiveGossipStatus(status); return true;
            case Tick.Flush: Flush(); return true;
            case Tick.Gossip: GossipToOne(); return true;
            case Tick.LeaderActions: LeaderActions(isTick: true); return true;
            case Tick.Reap: ReapUnreachableMembers(); return true;
            case Tick.JoinRetry: return true;
            case InitJoin: AnswerInitJoin(); return true;
            case Join join: Joining(join, Sender); return true;
            case InternalClusterAction.Welcome: return true; // The answer to a repeated Join.
            case ClusterUserAction.JoinTo join:
                _cluster.LogInfo("Cluster Node [{0}] - Trying to join [{1}] when already part of a cluster, ignoring", _cluster.SelfAddress, join.Address);
                return true;
            case JoinSeedNodes join:
                _cluster.LogInfo("Cluster Node [{0}] - Trying to join seed nodes [{1}] when already part of a cluster, ignoring",
                    _cluster.SelfAddress, string.Join(", ", join.SeedNodes));
                return true;
            case ClusterUserAction.Down down: Downing(down.Address); return true;
            case ClusterUserAction.Leave leave: Leaving(leave.Address); return true;
            case ExitingCompleted: CompleteExiting(); return true;
            case ExitingConfirmed confirmed: ReceiveExitingConfirmed(confirmed.Address); return true;
            case QuarantinedEvent quarantined: Quarantined(new UniqueAddress(quarantined.Address, quarantined.Uid)); return true;
            case PeerConnectionRefused refused: ConnectionRefused(refused.Address, (int)refused.Uid); return true;
            case ISubscriptionMessage: _publisher.Forward(message); return true;
            default: return false;
        }
    }

    /// <summary>Takes a change of this node into the gossip: a new version that only this node has seen.</summary>
    private void UpdateLatestGossip(Gossip changed)
    {
        _state = _state.With(changed.Increment(_clockNode).OnlySeenBy(_self));
        _spreadWanted = true;
        Publish();
        ScheduleFlush();
    }

    private void Publish() => _publisher.Tell(new PublishChanges(_state));

    /// <summary>All that is in the mailbox already is taken in before acting on it, so that a burst of changes makes one round.</summary>
    private void ScheduleFlush()
    {
        if (_flushPending) return;
        _flushPending = true;
        Self.Tell(Tick.Flush);
    }

    private void Flush()
    {
        _flushPending = false;
        LeaderActions(isTick: false);
        JoinWaitingIncarnations();
        Spread();
    }

    private ActorSelection DaemonAt(Address address)
    {
        if (_daemons.TryGetValue(address, out var daemon)) return daemon;
        if (_daemons.Count > Latest.Members.Count * 2 + 16) _daemons.Clear();
        return _daemons[address] = Context.ActorSelection(new RootActorPath(address) / "system" / "cluster" / "core" / "daemon");
    }

    private void TickEvery(TimeSpan interval, Tick tick)
    {
        var initial = _settings.PeriodicTasksInitialDelay > interval ? _settings.PeriodicTasksInitialDelay : interval;
        _ticks.Add(Context.System.Scheduler.ScheduleTellRepeatedlyCancelable(initial, interval, Self, tick, Self));
    }
}
