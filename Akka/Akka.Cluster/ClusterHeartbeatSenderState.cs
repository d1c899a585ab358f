using System.Collections.Immutable;
using Akka.Actor;
using Akka.Remote;
using Akka.Util;

namespace Akka.Cluster;

/// <summary>
/// Whom to send heartbeats: the receivers that the ring assigns, and former ones that were unreachable when the ring changed, until
/// they answer or are removed. Immutable but for the failure detector that it keeps in step.
/// </summary>
internal sealed class ClusterHeartbeatSenderState
{
    private readonly ImmutableHashSet<UniqueAddress> _oldReceiversNowUnreachable;
    private readonly IFailureDetectorRegistry<Address> _failureDetector;

    public ClusterHeartbeatSenderState(
        HeartbeatNodeRing ring, ImmutableHashSet<UniqueAddress> oldReceiversNowUnreachable, IFailureDetectorRegistry<Address> failureDetector)
    {
        Ring = ring;
        _oldReceiversNowUnreachable = oldReceiversNowUnreachable;
        _failureDetector = failureDetector;
        ActiveReceivers = ring.MyReceivers.Union(oldReceiversNowUnreachable);
    }

    public HeartbeatNodeRing Ring { get; }

    public ImmutableHashSet<UniqueAddress> ActiveReceivers { get; }

    public ImmutableHashSet<UniqueAddress> OldReceiversNowUnreachable => _oldReceiversNowUnreachable;

    public ClusterHeartbeatSenderState Init(IEnumerable<UniqueAddress> nodes, IEnumerable<UniqueAddress> unreachable) =>
        new(Ring.With([.. nodes, Ring.Self], [.. unreachable]), _oldReceiversNowUnreachable, _failureDetector);

    public bool Contains(UniqueAddress node) => Ring.Nodes.Contains(node);

    public ClusterHeartbeatSenderState AddMember(UniqueAddress node) => Change(Ring.With(Ring.Nodes.Add(node), Ring.Unreachable));

    public ClusterHeartbeatSenderState RemoveMember(UniqueAddress node)
    {
        var changed = Change(Ring.With(Ring.Nodes.Remove(node), Ring.Unreachable.Remove(node)));
        _failureDetector.Remove(node.Address);
        return changed._oldReceiversNowUnreachable.Contains(node)
            ? new ClusterHeartbeatSenderState(changed.Ring, changed._oldReceiversNowUnreachable.Remove(node), _failureDetector)
            : changed;
    }

    public ClusterHeartbeatSenderState UnreachableMember(UniqueAddress node) => Change(Ring.With(Ring.Nodes, Ring.Unreachable.Add(node)));

    public ClusterHeartbeatSenderState ReachableMember(UniqueAddress node) => Change(Ring.With(Ring.Nodes, Ring.Unreachable.Remove(node)));

    public ClusterHeartbeatSenderState HeartbeatRsp(UniqueAddress from)
    {
        if (!ActiveReceivers.Contains(from)) return this;
        _failureDetector.Heartbeat(from.Address);
        if (!_oldReceiversNowUnreachable.Contains(from)) return this;
        // Back again: monitored by others now unless the ring says this node does.
        if (!Ring.MyReceivers.Contains(from)) _failureDetector.Remove(from.Address);
        return new ClusterHeartbeatSenderState(Ring, _oldReceiversNowUnreachable.Remove(from), _failureDetector);
    }

    private ClusterHeartbeatSenderState Change(HeartbeatNodeRing ring)
    {
        var keep = _oldReceiversNowUnreachable;
        foreach (var dropped in Ring.MyReceivers.Except(ring.MyReceivers))
        {
            if (_failureDetector.IsAvailable(dropped.Address)) _failureDetector.Remove(dropped.Address);
            else keep = keep.Add(dropped);
        }
        return new ClusterHeartbeatSenderState(ring, keep, _failureDetector);
    }
}

/// <summary>
/// All nodes on a ring, in the order of a hash of their address, so that neighbours in the address space are seldom neighbours on
/// it. Each node monitors the next few; unreachable ones do not count, so that so many reachable ones are monitored. Immutable.
/// </summary>
internal sealed class HeartbeatNodeRing
{
    private readonly int _monitoredByNrOfMembers;
    private readonly ImmutableSortedSet<UniqueAddress> _ring;

    public HeartbeatNodeRing(
        UniqueAddress self, ImmutableHashSet<UniqueAddress> nodes, ImmutableHashSet<UniqueAddress> unreachable, int monitoredByNrOfMembers)
    {
        if (!nodes.Contains(self)) throw new ArgumentException($"Nodes [{string.Join(", ", nodes)}] must contain self [{self}]", nameof(nodes));
        Self = self;
        Nodes = nodes;
        Unreachable = unreachable;
        _monitoredByNrOfMembers = monitoredByNrOfMembers;
        _ring = nodes.ToImmutableSortedSet(RingOrder);
        MyReceivers = Receivers(self);
    }

    public static IComparer<UniqueAddress> RingOrder { get; } = Comparer<UniqueAddress>.Create(static (a, b) =>
    {
        var byHash = RingHash(a).CompareTo(RingHash(b));
        return byHash != 0 ? byHash : a.CompareTo(b);
    });

    public UniqueAddress Self { get; }

    public ImmutableHashSet<UniqueAddress> Nodes { get; }

    public ImmutableHashSet<UniqueAddress> Unreachable { get; }

    public ImmutableHashSet<UniqueAddress> MyReceivers { get; }

    public HeartbeatNodeRing With(ImmutableHashSet<UniqueAddress> nodes, ImmutableHashSet<UniqueAddress> unreachable) =>
        new(Self, nodes, unreachable, _monitoredByNrOfMembers);

    public ImmutableHashSet<UniqueAddress> Receivers(UniqueAddress sender)
    {
        if (_monitoredByNrOfMembers >= _ring.Count - 1) return Nodes.Remove(sender);
        var chosen = ImmutableHashSet.CreateBuilder<UniqueAddress>();
        var wanted = _monitoredByNrOfMembers;
        var start = _ring.IndexOf(sender);
        for (var i = 1; i < _ring.Count && wanted > 0; i++)
        {
            var next = _ring[(start + i) % _ring.Count];
            if (!Unreachable.Contains(next)) wanted--;
            else if (chosen.Count >= _monitoredByNrOfMembers) continue;
            chosen.Add(next);
        }
        return chosen.ToImmutable();
    }

    // string.GetHashCode differs from process to process; the ring must be the same on all nodes.
    private static int RingHash(UniqueAddress node) => MurmurHash.StringHash($"{node.Address}#{node.Uid}");
}
