using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Configuration;

namespace Mooring.Tests.Engine.ClusterSharding;

/// <summary>Entities that are remembered: what ran runs again, wherever its shard is, without a message.</summary>
[Collection(nameof(ShardingCollection))]
public sealed class RememberEntitiesSpec
{
    private const string Settings = """
        akka.cluster.sharding {
          remember-entities = on
          remember-entities-store = eventsourced
          entity-restart-backoff = 100ms
          shard-failure-backoff = 100ms
          passivate-idle-entity-after = 1ms
        }
        """;

    [Fact]
    public async Task Entities_start_again_when_their_shard_moves_to_another_node()
    {
        await using var cluster = new ShardedCluster(Settings);
        var (_, first) = await cluster.StartAsync();
        for (var i = 0; i < 24; i++) await ShardedCluster.ReceivedAsync(first, $"e{i}");
        var (leaving, _) = await cluster.StartAsync();
        // shards have moved to the second node, and their entities with them, each started anew and never twice at a time
        await ShardedCluster.EventuallyAsync(
            () => first.Ask<CurrentShardRegionState>(GetShardRegionState.Instance, TimeSpan.FromSeconds(30)).Result.Shards.Count is > 0 and < 12,
            () => "shards have moved");
        await cluster.LeaveAsync(leaving);
        await ShardedCluster.EventuallyAsync(() => EntitiesOf(first).Count == 24, () => $"all entities are back: {string.Join(' ', EntitiesOf(first))}");
        Assert.Empty(cluster.Book.Twice);
    }

    [Fact]
    public async Task Entities_start_again_on_the_survivor_when_their_node_crashes()
    {
        await using var cluster = new ShardedCluster(Settings);
        var (_, stays) = await cluster.StartAsync();
        var (victim, region) = await cluster.StartAsync();
        for (var i = 0; i < 24; i++) await ShardedCluster.ReceivedAsync(region, $"e{i}");
        await cluster.CrashAsync(victim);
        Akka.Cluster.Cluster.Get(cluster.Systems[0]).Down(Akka.Cluster.Cluster.Get(victim).SelfAddress);
        await ShardedCluster.EventuallyAsync(() => EntitiesOf(stays).Count == 24, () => $"all entities are back: {string.Join(' ', EntitiesOf(stays))}");
    }

    [Fact]
    public async Task Entities_start_again_after_a_restart_of_the_whole_cluster_and_passivated_ones_do_not()
    {
        await using var cluster = new ShardedCluster(Settings);
        var (system, region) = await cluster.StartAsync();
        for (var i = 0; i < 5; i++) await ShardedCluster.ReceivedAsync(region, $"e{i}");
        region.Tell(ShardedCluster.For("e3", "passivate"));
        await ShardedCluster.EventuallyAsync(() => EntitiesOf(region).Count == 4, () => "e3 is passivated");
        await cluster.CrashAsync(system);

        var (_, again) = await cluster.StartAsync();

        await ShardedCluster.EventuallyAsync(() => EntitiesOf(again).SetEquals(["e0", "e1", "e2", "e4"]), () => string.Join(' ', EntitiesOf(again)));
        Assert.Equal(1, cluster.Book.StartsOf("e3"));
    }

    [Fact]
    public async Task An_entity_that_ends_by_itself_is_started_again()
    {
        await using var cluster = new ShardedCluster(Settings);
        var (_, region) = await cluster.StartAsync();
        await ShardedCluster.ReceivedAsync(region, "one");
        region.Tell(ShardedCluster.For("one", "stop"));
        await ShardedCluster.EventuallyAsync(() => cluster.Book.StartsOf("one") == 2, () => "it runs again");
        Assert.Empty(cluster.Book.Twice);
    }

    [Fact]
    public async Task Messages_around_first_start_and_passivation_arrive_in_order_and_none_is_lost()
    {
        await using var cluster = new ShardedCluster(Settings);
        var (_, region) = await cluster.StartAsync();
        var asked = new List<Task<string>>();
        for (var i = 0; i < 20; i++)
        {
            region.Tell(ShardedCluster.For("one", $"a{i}"));
            asked.Add(ShardedCluster.ReceivedAsync(region, "one"));
            region.Tell(ShardedCluster.For("one", "passivate"));
        }
        foreach (var (answer, i) in (await Task.WhenAll(asked)).Select((answer, i) => (answer, i)))
            Assert.EndsWith($"a{i}", answer, StringComparison.Ordinal);
        await ShardedCluster.EventuallyAsync(() => EntitiesOf(region).Count == 0, () => "it is passivated in the end");
        Assert.Empty(cluster.Book.Twice);
    }

    [Fact]
    public async Task An_entity_is_started_on_command_and_remembered()
    {
        await using var cluster = new ShardedCluster(Settings);
        var (system, region) = await cluster.StartAsync();
        await region.Ask<CoordinatorProtocol.StartEntityAck>(new ShardRegion.StartEntity("one"), TimeSpan.FromSeconds(30));
        await cluster.CrashAsync(system);
        var (_, again) = await cluster.StartAsync();
        await ShardedCluster.EventuallyAsync(() => EntitiesOf(again).SetEquals(["one"]), () => "it runs again");
    }

    [Fact]
    public async Task A_constant_rate_starts_them_in_groups()
    {
        await using var cluster = new ShardedCluster(Settings + """

            akka.cluster.sharding {
              entity-recovery-strategy = constant
              entity-recovery-constant-rate-strategy { frequency = 10ms, number-of-entities = 2 }
            }
            """);
        var (system, region) = await cluster.StartAsync();
        for (var i = 0; i < 30; i++) await ShardedCluster.ReceivedAsync(region, $"e{i}");
        await cluster.CrashAsync(system);
        var (_, again) = await cluster.StartAsync();
        await ShardedCluster.EventuallyAsync(() => EntitiesOf(again).Count == 30, () => "all run again");
    }

    [Fact]
    public void Stores_that_are_not_covered_and_unknown_strategies_are_refused()
    {
        using var system = ActorSystem.Create("refused", "akka.loglevel = OFF\nakka.stdout-loglevel = OFF\nakka.actor.provider = cluster\nakka.remote.dot-netty.tcp.port = 0");
        var settings = ClusterShardingSettings.Create(system);
        Assert.Contains("remember-entities-store = ddata", Assert.Throws<ConfigurationException>(() => settings.WithRememberEntities(true)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => settings.TuningParameters.WithEntityRecoveryStrategy("some"));
    }

    private static HashSet<string> EntitiesOf(IActorRef region) =>
        [.. region.Ask<CurrentShardRegionState>(GetShardRegionState.Instance, TimeSpan.FromSeconds(30)).Result.Shards.SelectMany(shard => shard.EntityIds)];
}
