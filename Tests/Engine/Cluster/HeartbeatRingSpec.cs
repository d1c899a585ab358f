using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Akka.Remote;

namespace Mooring.Tests.Engine.ClusterSpecs;

public sealed class HeartbeatRingSpec
{
    private static readonly ImmutableHashSet<UniqueAddress> Ten = Enumerable.Range(0, 10).Select(i => Nodes.Node((char)('a' + i))).ToImmutableHashSet();

    [Fact]
    public void Small_clusters_monitor_all_others()
    {
        var ring = new HeartbeatNodeRing(Nodes.A, [Nodes.A, Nodes.B, Nodes.C], [], 9);
        Assert.Equal([Nodes.B, Nodes.C], ring.MyReceivers.Order());
    }

    [Fact]
    public void Each_node_of_a_large_cluster_is_monitored_by_so_many()
    {
        var monitored = Ten.SelectMany(n => new HeartbeatNodeRing(n, Ten, [], 3).MyReceivers).CountBy(n => n).ToList();
        Assert.Equal(10, monitored.Count);
        Assert.All(monitored, m => Assert.Equal(3, m.Value));
    }

    [Fact]
    public void Unreachable_nodes_do_not_count()
    {
        var ring = new HeartbeatNodeRing(Nodes.A, Ten, [], 3);
        var unreachable = ring.MyReceivers.Take(1).ToImmutableHashSet();
        var more = ring.With(Ten, unreachable).MyReceivers;
        Assert.Equal(3, more.Except(unreachable).Count);
        Assert.Subset(more, unreachable);
    }

    [Fact]
    public void A_receiver_that_was_unreachable_when_the_ring_changed_is_asked_until_it_answers()
    {
        var detector = new Detector();
        var state = new ClusterHeartbeatSenderState(new HeartbeatNodeRing(Nodes.A, Ten, [], 3), [], detector);
        var lost = state.Ring.MyReceivers.First();
        detector.Unavailable.Add(lost.Address);
        // Newcomers between this node and the lost one push it out of the ring.
        for (var i = 0; i < 40 && state.Ring.MyReceivers.Contains(lost); i++) state = state.AddMember(Nodes.Node((char)('A' + i)));
        Assert.DoesNotContain(lost, state.Ring.MyReceivers);
        Assert.Contains(lost, state.ActiveReceivers);

        state = state.HeartbeatRsp(lost);
        Assert.DoesNotContain(lost, state.ActiveReceivers);
        Assert.Contains(lost.Address, detector.Removed);
    }

    private sealed class Detector : IFailureDetectorRegistry<Address>
    {
        public HashSet<Address> Unavailable { get; } = [];

        public HashSet<Address> Removed { get; } = [];

        public bool IsAvailable(Address resource) => !Unavailable.Contains(resource);

        public bool IsMonitoring(Address resource) => true;

        public void Heartbeat(Address resource) => Unavailable.Remove(resource);

        public void Remove(Address resource) => Removed.Add(resource);

        public void Reset() => Unavailable.Clear();
    }
}
