using Akka.Actor;
using Akka.Cluster;
using Mooring.Actors.Nodes;

namespace Mooring.Tests.Actors;

/// <summary>The look at the node's own parts, in a cluster of one that has none of them.</summary>
public sealed class OwnPartsActorSpec : ActorSpec
{
    public OwnPartsActorSpec()
        : base(clustered: true)
    {
    }

    [Fact]
    public void A_part_that_stays_away_is_told_once()
    {
        var cluster = Cluster.Get(Sys);
        cluster.Join(cluster.SelfAddress);
        var dispatcher = CreateTestProbe("dispatcher");
        dispatcher.ChildActorOf(OwnPartsActor.Props(TimeSpan.FromSeconds(2)), OwnPartsActor.Name, SupervisorStrategy.StoppingStrategy);

        Assert.StartsWith("/", dispatcher.ExpectMsg<PartMissing>(Limit).Path, StringComparison.Ordinal);
        // Two looks later.
        dispatcher.ExpectNoMsg(TimeSpan.FromSeconds(2.5));
    }

    [Fact]
    public void A_node_that_is_in_no_cluster_has_no_parts_to_miss()
    {
        var dispatcher = CreateTestProbe("dispatcher");
        var parts = dispatcher.ChildActorOf(OwnPartsActor.Props(TimeSpan.FromMilliseconds(1)), OwnPartsActor.Name, SupervisorStrategy.StoppingStrategy);
        // Its looks are behind it when this is answered, which was begun after two of them.
        Sys.Scheduler.ScheduleTellOnce(TimeSpan.FromSeconds(2.5), parts, new Identify("done"), TestActor);

        ExpectMsg<ActorIdentity>(Limit);
        Assert.False(dispatcher.HasMessages);
    }
}
