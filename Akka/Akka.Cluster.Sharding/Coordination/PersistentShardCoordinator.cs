using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using static Akka.Cluster.Sharding.CoordinatorEvents;
using static Akka.Cluster.Sharding.CoordinatorProtocol;

namespace Akka.Cluster.Sharding;

/// <summary>
/// Knows the home of each shard of one type, gives homes to shards that have none and moves shards. Runs as a cluster singleton on
/// the oldest member. Every change is journaled before anyone hears of it.
/// </summary>
internal sealed partial class PersistentShardCoordinator : PersistentActor
{
    private readonly string _typeName;
    private readonly ClusterShardingSettings _settings;
    private readonly IShardAllocationStrategy _strategy;
    private readonly string[] _regionPaths;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly TimeSpan _removalMargin;

    private CoordinatorState _state = CoordinatorState.Empty;

    // Regions that have registered with this incarnation of the coordinator.
    private readonly HashSet<IActorRef> _aliveRegions = [];

    // Regions known to be gone whose end is not journaled yet; nobody is sent to them.
    private readonly HashSet<IActorRef> _terminatingRegions = [];

    // Of these, regions whose end is journaled when the margin after their node's removal is over.
    private readonly HashSet<IActorRef> _terminationScheduled = [];

    // Regions that hand everything over; they get no shards.
    private readonly HashSet<IActorRef> _leavingRegions = [];

    // Shards on their way from a home, with the regions that asked for them meanwhile.
    private readonly Dictionary<string, HashSet<IActorRef>> _rebalanceInProgress = [];

    // Shards that need a home (or whose home has not registered yet), with the regions that asked for them.
    private readonly Dictionary<string, HashSet<IActorRef>> _waitingForHome = [];

    // Shards whose home an asynchronous strategy is looking for.
    private readonly HashSet<string> _choosingHome = [];

    // Shards whose home has not confirmed the start yet.
    private readonly Dictionary<string, ICancelable> _unconfirmedStarts = [];

    // Members whose report is awaited because the journal had nothing to say.
    private readonly HashSet<Address> _awaitedReports = [];

    private bool _allRegionsRegistered;
    private bool _shuttingDown;
    private ICancelable? _rebalanceTimer;
    private ICancelable? _reportTimer;

    public PersistentShardCoordinator(
        string typeName, ClusterShardingSettings settings, IShardAllocationStrategy strategy, string[] regionPaths)
    {
        _typeName = typeName;
        _settings = settings;
        _strategy = strategy;
        _regionPaths = regionPaths;
        _removalMargin = _cluster.DowningProvider.DownRemovalMargin;
        JournalPluginId = settings.JournalPluginId;
        SnapshotPluginId = settings.SnapshotPluginId;
    }

    public override string PersistenceId => Self.Path.ToStringWithoutAddress();

    private TuningParameters Tuning => _settings.TuningParameters;

    internal static Props Props(
        string typeName, ClusterShardingSettings settings, IShardAllocationStrategy strategy, string[] regionPaths) =>
        Actor.Props.Create(() => new PersistentShardCoordinator(typeName, settings, strategy, regionPaths)).WithDeploy(Deploy.Local);

    protected override void PreStart()
    {
        base.PreStart();
        switch (_strategy)
        {
            case IStartableAllocationStrategy startable:
                startable.Start();
                break;
            case IActorSystemDependentAllocationStrategy dependent:
                dependent.Start(Context.System);
                break;
        }

        _cluster.Subscribe(
            Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents,
            typeof(ClusterEvent.MemberUp), typeof(ClusterEvent.MemberDowned), typeof(ClusterEvent.MemberRemoved),
            typeof(ClusterEvent.ClusterShuttingDown));
        _rebalanceTimer = Context.System.Scheduler.ScheduleTellRepeatedlyCancelable(
            Tuning.RebalanceInterval, Tuning.RebalanceInterval, Self, RebalanceTick.Instance, Self);
    }

    protected override void PostStop()
    {
        _rebalanceTimer?.Cancel();
        _reportTimer?.Cancel();
        foreach (var timer in _unconfirmedStarts.Values)
            timer.Cancel();
        _cluster.Unsubscribe(Self);
        base.PostStop();
    }

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        // What was decided is not in the journal: only a new start from the journal brings both together again.
        base.OnPersistRejected(cause, @event, sequenceNr);
        Context.Stop(Self);
    }

    protected override bool ReceiveRecover(object message)
    {
        switch (message)
        {
            case IDomainEvent evt:
                _state = _state.Updated(evt);
                return true;
            case SnapshotOffer { Snapshot: CoordinatorState state }:
                _state = state;
                return true;
            case RecoveryCompleted:
                StartToCoordinate();
                return true;
            default:
                return false;
        }
    }

    protected override bool ReceiveCommand(object message)
    {
        // The singleton manager stops this actor in a moment; until then it must not move anything.
        if (_shuttingDown) return true;

        switch (message)
        {
            case GetShardHome get:
                AnswerOrAllocate(get.Shard, Sender);
                return true;
            case ShardStarted started:
                if (_unconfirmedStarts.Remove(started.Shard, out var timer)) timer.Cancel();
                return true;
            case Register register:
                RegisterRegion(register);
                return true;
            case RegisterProxy register:
                RegisterRegionProxy(register.Region);
                return true;
            case GracefulShutdownReq request:
                HandOverAllShardsOf(request.Region);
                return true;
            case RebalanceTick:
                LookForUnevenSpread();
                return true;
            case RebalanceWorker.Done done:
                RebalanceDone(done);
                return true;
            case ShardsChosen chosen:
                foreach (var shard in chosen.Shards)
                    StartHandOff(shard);
                return true;
            case HomeChosen chosen:
                HomeWasChosen(chosen);
                return true;
            case ChoiceFailed failed:
                if (failed.Shard is { } undecided) _choosingHome.Remove(undecided);
                _log.Error(failed.Reason, "{0}: the allocation strategy failed", _typeName);
                return true;
            case ResendHostShard resend:
                if (_state.Shards.TryGetValue(resend.Shard, out var home) && home.Equals(resend.Region)) SendHostShard(resend.Shard, home);
                return true;
            default:
                return ReceiveMembership(message) || ReceiveQuery(message) || ReceiveJournalAnswer(message);
        }
    }

    private bool ReceiveMembership(object message)
    {
        switch (message)
        {
            case Terminated terminated:
                RefTerminated(terminated.ActorRef, terminated.AddressTerminated ? _removalMargin : TimeSpan.Zero);
                return true;
            case ActorIdentity identity:
                RegionWasIdentified(identity);
                return true;
            case RegionGone gone:
                RegionTerminated(gone.Region);
                return true;
            case ClusterEvent.MemberUp up:
                LookForRegionsOf(up.Member);
                return true;
            case ClusterEvent.MemberDowned downed:
                // It will not come back: nobody is sent there any more, although its shards wait for its removal.
                _terminatingRegions.UnionWith(RegionsAt(downed.Member.Address));
                return true;
            case ClusterEvent.MemberRemoved removed:
                MemberWasRemoved(removed);
                return true;
            case ReportsOverdue:
                _awaitedReports.Clear();
                AllocateWaiting();
                return true;
            case ClusterEvent.ClusterShuttingDown:
                _shuttingDown = true;
                return true;
            default:
                // Other cluster events of the initial state are of no interest.
                return message is ClusterEvent.IClusterDomainEvent;
        }
    }

    private bool ReceiveQuery(object message)
    {
        switch (message)
        {
            case GetCurrentRegions:
                Sender.Tell(new CurrentRegions(ImmutableHashSet.CreateRange(_state.Regions.Keys.Select(AddressOf))));
                return true;
            case GetClusterShardingStats query:
                Context.ActorOf(QueryCollector.Props([.. _state.Regions.Keys], GetShardRegionStats.Instance, query.Timeout, ClusterStats, Sender));
                return true;
            default:
                return false;
        }
    }

    private ClusterShardingStats ClusterStats(IReadOnlyDictionary<IActorRef, object> answers)
    {
        var self = _cluster.SelfAddress;
        return new ClusterShardingStats(ImmutableDictionary.CreateRange(
            answers.Where(pair => pair.Value is ShardRegionStats).Select(pair => KeyValuePair.Create(
                pair.Key.Path.Address.HasLocalScope ? self : pair.Key.Path.Address,
                (ShardRegionStats)pair.Value))));
    }

    private bool ReceiveJournalAnswer(object message)
    {
        switch (message)
        {
            case SaveSnapshotSuccess saved:
                var keep = (long)Tuning.SnapshotAfter * Tuning.KeepNrOfBatches;
                if (saved.Metadata.SequenceNr > keep) DeleteMessages(saved.Metadata.SequenceNr - keep);
                DeleteSnapshots(new SnapshotSelectionCriteria(saved.Metadata.SequenceNr - 1));
                return true;
            case SaveSnapshotFailure failed:
                _log.Warning("{0}: saving a snapshot of the coordinator failed, the next one will be tried: {1}", _typeName, failed.Cause.Message);
                return true;
            case DeleteMessagesFailure failed:
                _log.Warning("{0}: deleting old events of the coordinator failed: {1}", _typeName, failed.Cause.Message);
                return true;
            case DeleteSnapshotsFailure failed:
                _log.Warning("{0}: deleting old snapshots of the coordinator failed: {1}", _typeName, failed.Cause.Message);
                return true;
            default:
                return message is DeleteMessagesSuccess or DeleteSnapshotsSuccess;
        }
    }

    private Address AddressOf(IActorRef region) => region.Path.Address.HasLocalScope ? _cluster.SelfAddress : region.Path.Address;

    /// <summary>Journals events in one write and applies each of them when it is written.</summary>
    private void Update(IReadOnlyCollection<IDomainEvent> events, Action? afterwards = null)
    {
        if (events.Count == 0)
        {
            afterwards?.Invoke();
            return;
        }

        var left = events.Count;
        PersistAll(events, evt =>
        {
            var updated = _state.Updated(evt);
            // An event that changed nothing must not have effects either: a shard would start a second time.
            if (!ReferenceEquals(updated, _state))
            {
                _state = updated;
                WasUpdated(evt);
            }

            if (LastSequenceNr % Tuning.SnapshotAfter == 0) SaveSnapshot(_state);
            if (--left == 0) afterwards?.Invoke();
        });
    }

    private void WasUpdated(IDomainEvent evt)
    {
        switch (evt)
        {
            case ShardRegionTerminated terminated:
                _aliveRegions.Remove(terminated.Region);
                _leavingRegions.Remove(terminated.Region);
                _terminatingRegions.Remove(terminated.Region);
                _terminationScheduled.Remove(terminated.Region);
                Context.Unwatch(terminated.Region);
                break;
            case ShardRegionProxyTerminated terminated:
                Context.Unwatch(terminated.RegionProxy);
                break;
            case ShardHomeAllocated allocated:
                _log.Debug("{0}: shard [{1}] allocated at [{2}]", _typeName, allocated.Shard, allocated.Region);
                SendHostShard(allocated.Shard, allocated.Region);
                AnswerWaiting(allocated.Shard);
                break;
            case ShardHomeDeallocated deallocated:
                _log.Debug("{0}: shard [{1}] deallocated", _typeName, deallocated.Shard);
                break;
        }
    }

    /// <summary>Time to look for an uneven spread.</summary>
    private sealed class RebalanceTick
    {
        internal static readonly RebalanceTick Instance = new();
    }

    /// <summary>The members whose report is awaited have had their time.</summary>
    private sealed class ReportsOverdue
    {
        internal static readonly ReportsOverdue Instance = new();
    }

    /// <summary>A region is gone for certain.</summary>
    private sealed record RegionGone(IActorRef Region);

    /// <summary>The strategy's shards to move.</summary>
    private sealed record ShardsChosen(IReadOnlyCollection<string> Shards);

    /// <summary>The strategy's home for a shard.</summary>
    private sealed record HomeChosen(string Shard, IActorRef Region);

    /// <summary>The strategy failed, when looking for a home of this shard if there is one.</summary>
    private sealed record ChoiceFailed(string? Shard, Exception Reason);

    /// <summary>A region has not confirmed that it started a shard.</summary>
    private sealed record ResendHostShard(string Shard, IActorRef Region);
}
