using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Sharding;

namespace Mooring.Tests.Engine.ClusterSharding;

public class AllocationStrategySpec
{
    private static readonly FakeRegion A = new("a");
    private static readonly FakeRegion B = new("b");
    private static readonly FakeRegion C = new("c");

    [Theory]
    [InlineData(0, 0, 0, "a")]
    [InlineData(1, 0, 1, "b")]
    [InlineData(2, 2, 1, "c")]
    public async Task A_shard_goes_to_the_region_with_the_fewest(int onA, int onB, int onC, string expected)
    {
        var strategy = new LeastShardAllocationStrategy(1, 3);
        var region = await strategy.AllocateShard(A, "new", Spread(onA, onB, onC));
        Assert.Equal(expected, region.Path.Name);
    }

    [Theory]
    // shards on each region, threshold, most at the same time, already moving: how many move
    [InlineData(2, 1, 1, 1, 3, 0, 0)]
    [InlineData(3, 1, 1, 1, 3, 0, 1)]
    [InlineData(9, 0, 0, 3, 5, 0, 3)]
    [InlineData(9, 0, 0, 5, 3, 0, 3)]
    [InlineData(9, 0, 0, 5, 3, 2, 1)]
    [InlineData(9, 0, 0, 5, 3, 3, 0)]
    [InlineData(4, 4, 4, 1, 3, 0, 0)]
    public async Task The_classic_strategy_takes_from_the_fullest(
        int onA, int onB, int onC, int threshold, int most, int moving, int expected)
    {
        var strategy = new LeastShardAllocationStrategy(threshold, most);
        var inProgress = Enumerable.Range(0, moving).Select(i => $"a{i}").ToImmutableHashSet();
        var moved = await strategy.Rebalance(Spread(onA, onB, onC), inProgress);
        Assert.Equal(expected, moved.Count);
        Assert.All(moved, shard => Assert.StartsWith("a", shard));
        Assert.Empty(moved.Intersect(inProgress));
    }

    [Theory]
    // shards on each region, absolute limit, relative limit: how many move
    [InlineData(0, 0, 0, 10, 1.0, 0)]
    [InlineData(9, 0, 0, 100, 1.0, 6)]
    [InlineData(9, 0, 0, 2, 1.0, 2)]
    [InlineData(9, 0, 0, 100, 0.3, 2)]
    [InlineData(9, 0, 0, 100, 0.0, 1)]
    [InlineData(3, 3, 3, 100, 1.0, 0)]
    [InlineData(3, 3, 2, 100, 1.0, 0)]
    [InlineData(4, 4, 1, 100, 1.0, 2)]
    [InlineData(2, 2, 0, 100, 1.0, 1)]
    public async Task The_newer_strategy_moves_towards_the_even_share(
        int onA, int onB, int onC, int absoluteLimit, double relativeLimit, int expected)
    {
        var strategy = ShardAllocationStrategy.LeastShardAllocationStrategy(absoluteLimit, relativeLimit);
        var moved = await strategy.Rebalance(Spread(onA, onB, onC), ImmutableHashSet<string>.Empty);
        Assert.Equal(expected, moved.Count);
    }

    [Fact]
    public async Task The_newer_strategy_waits_for_the_round_before()
    {
        var strategy = ShardAllocationStrategy.LeastShardAllocationStrategy(100, 1.0);
        Assert.Empty(await strategy.Rebalance(Spread(9, 0, 0), ImmutableHashSet.Create("a0")));
    }

    [Fact]
    public async Task Rounds_of_the_newer_strategy_end_in_an_even_spread()
    {
        var strategy = ShardAllocationStrategy.LeastShardAllocationStrategy(3, 1.0);
        IImmutableDictionary<IActorRef, IImmutableList<string>> spread = Spread(20, 1, 0);
        for (var round = 0; round < 20; round++)
        {
            foreach (var shard in await strategy.Rebalance(spread, ImmutableHashSet<string>.Empty))
            {
                var home = spread.Single(pair => pair.Value.Contains(shard)).Key;
                spread = spread.SetItem(home, spread[home].Remove(shard));
                var next = await strategy.AllocateShard(home, shard, spread);
                spread = spread.SetItem(next, spread[next].Add(shard));
            }
        }

        Assert.All(spread.Values, shards => Assert.Equal(7, shards.Count));
    }

    private static ImmutableDictionary<IActorRef, IImmutableList<string>> Spread(int onA, int onB, int onC) =>
        FakeRegion.Allocations((A, Shards("a", onA)), (B, Shards("b", onB)), (C, Shards("c", onC)));

    private static string[] Shards(string prefix, int count) => [.. Enumerable.Range(0, count).Select(i => $"{prefix}{i}")];
}
