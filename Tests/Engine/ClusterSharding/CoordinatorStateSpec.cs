using Akka.Cluster.Sharding;
using static Akka.Cluster.Sharding.CoordinatorEvents;

namespace Mooring.Tests.Engine.ClusterSharding;

public class CoordinatorStateSpec
{
    private static readonly FakeRegion A = new("a");
    private static readonly FakeRegion B = new("b");

    [Fact]
    public void A_shard_has_the_home_it_was_given()
    {
        var state = After(new ShardRegionRegistered(A), new ShardHomeAllocated("1", A));
        Assert.Equal(A, state.Shards["1"]);
        Assert.Equal(["1"], state.Regions[A]);
    }

    [Fact]
    public void A_region_that_ends_leaves_its_shards_without_a_home()
    {
        var state = After(
            new ShardRegionRegistered(A), new ShardRegionRegistered(B), new ShardHomeAllocated("1", A), new ShardHomeAllocated("2", B),
            new ShardRegionTerminated(A));
        Assert.Equal(["2"], state.Shards.Keys);
        Assert.Equal([B], state.Regions.Keys);
    }

    [Fact]
    public void A_deallocated_shard_can_get_another_home()
    {
        var state = After(
            new ShardRegionRegistered(A), new ShardRegionRegistered(B), new ShardHomeAllocated("1", A), new ShardHomeDeallocated("1"),
            new ShardHomeAllocated("1", B));
        Assert.Equal(B, state.Shards["1"]);
        Assert.Empty(state.Regions[A]);
    }

    [Fact]
    public void An_event_that_does_not_fit_changes_nothing()
    {
        var state = After(new ShardRegionRegistered(A), new ShardRegionRegistered(B), new ShardHomeAllocated("1", A));
        Assert.Same(state, state.Updated(new ShardHomeAllocated("1", B)));
        Assert.Same(state, state.Updated(new ShardHomeDeallocated("unknown")));
        Assert.Same(state, state.Updated(new ShardRegionRegistered(A)));
        Assert.Same(state, state.Updated(new ShardRegionTerminated(new FakeRegion("unknown"))));
    }

    private static CoordinatorState After(params IDomainEvent[] events) =>
        events.Aggregate(CoordinatorState.Empty, (state, evt) => state.Updated(evt));
}
