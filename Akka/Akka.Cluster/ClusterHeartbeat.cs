using Akka.Actor;
using Akka.Event;
using Akka.Remote;

namespace Akka.Cluster;

/// <summary>A sign of life wanted: answered with <see cref="HeartbeatRsp"/>. The time is the sender's and only echoed.</summary>
internal sealed record Heartbeat(Address From, long SequenceNr, long CreationTimeNanos) : IClusterMessage, IPriorityMessage, IPossiblyHarmful, IDeadLetterSuppression;

internal sealed record HeartbeatRsp(UniqueAddress From, long SequenceNr, long CreationTimeNanos) : IClusterMessage, IPriorityMessage, IPossiblyHarmful, IDeadLetterSuppression;

/// <summary>/system/cluster/heartbeatReceiver: answers heartbeats, apart from the core daemon so that its work does not delay them.</summary>
internal sealed class ClusterHeartbeatReceiver : ActorBase
{
    private readonly Cluster _cluster;

    public ClusterHeartbeatReceiver(Cluster cluster) => _cluster = cluster;

    protected override bool Receive(object message)
    {
        if (message is not Heartbeat heartbeat) return false;
        Sender.Tell(new HeartbeatRsp(_cluster.SelfUniqueAddress, heartbeat.SequenceNr, heartbeat.CreationTimeNanos));
        return true;
    }
}

/// <summary>Sends heartbeats to the members this node monitors and feeds the answers to the failure detector.</summary>
internal sealed class ClusterHeartbeatSender : ActorBase
{
    private readonly Cluster _cluster;
    private readonly ILoggingAdapter _log;
    private readonly Dictionary<Address, ActorSelection> _receivers = [];
    private readonly ICancelable _ticks;
    private ClusterHeartbeatSenderState _state;
    private long _sequenceNr;
    private TimeSpan _lastTick;

    public ClusterHeartbeatSender(Cluster cluster)
    {
        _cluster = cluster;
        _log = Context.GetLogger();
        _state = new ClusterHeartbeatSenderState(
            new HeartbeatNodeRing(cluster.SelfUniqueAddress, [cluster.SelfUniqueAddress], [], cluster.Settings.MonitoredByNrOfMembers),
            [],
            cluster.FailureDetector);
        var interval = cluster.Settings.HeartbeatInterval;
        var initial = cluster.Settings.PeriodicTasksInitialDelay > interval ? cluster.Settings.PeriodicTasksInitialDelay : interval;
        _ticks = Context.System.Scheduler.ScheduleTellRepeatedlyCancelable(initial, interval, Self, HeartbeatTick.Instance, Self);
    }

    private TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    protected override void PreStart() => _cluster.Subscribe(Self, typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));

    protected override void PostStop()
    {
        foreach (var node in _state.ActiveReceivers) _cluster.FailureDetector.Remove(node.Address);
        _ticks.Cancel();
        _cluster.Unsubscribe(Self);
    }

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case HeartbeatTick: Beat(); return true;
            case HeartbeatRsp rsp: Heard(rsp); return true;
            case ExpectedFirstHeartbeat expected: StartMonitoring(expected.From); return true;
            case ClusterEvent.MemberRemoved removed: Remove(removed.Member); return true;
            case ClusterEvent.IMemberEvent e: Add(e.Member); return true;
            case ClusterEvent.UnreachableMember e: _state = _state.UnreachableMember(e.Member.UniqueAddress); return true;
            case ClusterEvent.ReachableMember e: _state = _state.ReachableMember(e.Member.UniqueAddress); return true;
            case ClusterEvent.CurrentClusterState s:
                _state = _state.Init(s.Members.Select(m => m.UniqueAddress), s.Unreachable.Select(m => m.UniqueAddress));
                return true;
            default: return false;
        }
    }

    private void Beat()
    {
        WarnWhenLate();
        var heartbeat = new Heartbeat(_cluster.SelfAddress, ++_sequenceNr, (long)(Now.TotalMilliseconds * 1_000_000));
        foreach (var node in _state.ActiveReceivers) Send(node, heartbeat);
        if (_cluster.RefusedPeers.IsEmpty) return;
        // Peers outside the ring are asked too while they count as refused, or nothing would ever clear them.
        foreach (var node in _cluster.RefusedPeers.All)
            if (!_state.ActiveReceivers.Contains(node))
                Receiver(node.Address).Tell(heartbeat, Self);
    }

    private void Send(UniqueAddress node, Heartbeat heartbeat)
    {
        if (!_cluster.FailureDetector.IsMonitoring(node.Address))
        {
            // A node that never answers must be noticed as well: from then on it is monitored, whether it has answered or not.
            Context.System.Scheduler.ScheduleTellOnce(
                _cluster.Settings.HeartbeatExpectedResponseAfter, Self, new ExpectedFirstHeartbeat(node), Self);
        }
        if (_cluster.Settings.VerboseHeartbeatLogging) _log.Debug("Cluster Node [{0}] - Heartbeat to [{1}]", _cluster.SelfAddress, node.Address);
        Receiver(node.Address).Tell(heartbeat, Self);
    }

    private void Heard(HeartbeatRsp rsp)
    {
        if (_cluster.Settings.VerboseHeartbeatLogging)
            _log.Debug("Cluster Node [{0}] - Heartbeat response from [{1}]", _cluster.SelfAddress, rsp.From.Address);
        _cluster.RefusedPeers.Remove(rsp.From);
        _state = _state.HeartbeatRsp(rsp.From);
    }

    private void StartMonitoring(UniqueAddress from)
    {
        if (!_state.ActiveReceivers.Contains(from) || _cluster.FailureDetector.IsMonitoring(from.Address)) return;
        if (_cluster.Settings.VerboseHeartbeatLogging)
            _log.Debug("Cluster Node [{0}] - Trigger extra expected heartbeat from [{1}]", _cluster.SelfAddress, from.Address);
        _cluster.FailureDetector.Heartbeat(from.Address);
    }

    private void Add(Member member)
    {
        if (member.UniqueAddress != _cluster.SelfUniqueAddress && !_state.Contains(member.UniqueAddress))
            _state = _state.AddMember(member.UniqueAddress);
    }

    private void Remove(Member member)
    {
        _cluster.RefusedPeers.Remove(member.UniqueAddress);
        _receivers.Remove(member.Address);
        // When this node itself is removed all of this stops at once.
        if (member.UniqueAddress != _cluster.SelfUniqueAddress) _state = _state.RemoveMember(member.UniqueAddress);
    }

    private ActorSelection Receiver(Address address)
    {
        if (!_receivers.TryGetValue(address, out var receiver))
            _receivers[address] = receiver = Context.ActorSelection(new RootActorPath(address) / "system" / "cluster" / "heartbeatReceiver");
        return receiver;
    }

    private void WarnWhenLate()
    {
        var now = Now;
        var interval = _cluster.Settings.HeartbeatInterval;
        if (_lastTick > TimeSpan.Zero && now - _lastTick >= interval * 2 && now - _lastTick > TimeSpan.FromSeconds(1))
        {
            _log.Warning("Cluster Node [{0}] - Scheduled sending of heartbeat was delayed. Previous heartbeat was sent [{1}] ms ago, expected interval "
                + "is [{2}] ms. This may cause failure detection to mark members as unreachable. The reason can be thread starvation, e.g. by "
                + "running blocking tasks on the default dispatcher, CPU overload, or GC.",
                _cluster.SelfAddress, (now - _lastTick).TotalMilliseconds, interval.TotalMilliseconds);
        }
        _lastTick = now;
    }

    private sealed class HeartbeatTick : INoSerializationVerificationNeeded
    {
        public static readonly HeartbeatTick Instance = new();
    }

    private sealed record ExpectedFirstHeartbeat(UniqueAddress From);
}
