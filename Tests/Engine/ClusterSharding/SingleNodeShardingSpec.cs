using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using static Mooring.Tests.Engine.ClusterSharding.ShardedCluster;

namespace Mooring.Tests.Engine.ClusterSharding;

[Collection("cluster-sharding")]
public class SingleNodeShardingSpec
{
    [Fact]
    public async Task An_entity_is_made_once_and_gets_its_messages_in_order()
    {
        await using var cluster = new ShardedCluster();
        var (_, region) = await cluster.StartAsync();

        for (var i = 0; i < 100; i++)
            region.Tell(For("one", i.ToString()));

        Assert.Equal(string.Join(',', Enumerable.Range(0, 100)), (await ReceivedAsync(region, "one")).Split('|')[1]);
        Assert.Equal(1, cluster.Book.StartsOf("one"));
    }

    [Fact]
    public async Task Nothing_is_lost_while_an_entity_passivates()
    {
        await using var cluster = new ShardedCluster();
        var (_, region) = await cluster.StartAsync();

        // Each question races with the passivation before it.
        for (var round = 0; round < 30; round++)
        {
            region.Tell(For("one", "passivate"));
            await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => ReceivedAsync(region, "one")));
        }

        Assert.True(cluster.Book.StartsOf("one") > 1);
        Assert.Empty(cluster.Book.Twice);
    }

    [Fact]
    public async Task What_arrives_while_an_entity_stops_reaches_its_successor_in_order()
    {
        await using var cluster = new ShardedCluster();
        var (system, region) = await cluster.StartAsync();
        await ReceivedAsync(region, "one");
        var shard = (await region.Ask<CurrentShardRegionState>(GetShardRegionState.Instance)).Shards.Single();
        var located = await region.Ask<EntityLocation>(new GetEntityLocation("one", TimeSpan.FromSeconds(30)));
        Assert.Equal(shard.ShardId, located.ShardId);
        Assert.Equal(Cluster.Get(system).SelfAddress, located.ShardRegion);

        // As if the entity had sent it: the stop message makes it take its time.
        var shardRef = await system.ActorSelection(located.EntityRef.Value.Path.Parent).ResolveOne(TimeSpan.FromSeconds(30));
        shardRef.Tell(new Passivate("stop-slowly"), located.EntityRef.Value);
        for (var i = 0; i < 20; i++)
            region.Tell(For("one", i.ToString()));

        Assert.Equal(string.Join(',', Enumerable.Range(0, 20)), (await ReceivedAsync(region, "one")).Split('|')[1]);
        Assert.Equal(2, cluster.Book.StartsOf("one"));
    }

    [Fact]
    public async Task An_idle_entity_is_passivated_and_starts_again_for_a_message()
    {
        await using var cluster = new ShardedCluster("akka.cluster.sharding.passivate-idle-entity-after = 100ms");
        var (_, region) = await cluster.StartAsync();
        await ReceivedAsync(region, "one");

        await EventuallyAsync(() => Entities(region).Result == 0, () => "the idle entity has stopped");
        await ReceivedAsync(region, "one");
        Assert.Equal(2, cluster.Book.StartsOf("one"));
    }

    [Fact]
    public async Task An_entity_starts_on_command_without_a_message()
    {
        await using var cluster = new ShardedCluster();
        var (_, region) = await cluster.StartAsync();

        var ack = await region.Ask<CoordinatorProtocol.StartEntityAck>(new ShardRegion.StartEntity("one"), TimeSpan.FromSeconds(30));
        Assert.Equal("one", ack.EntityId);
        await EventuallyAsync(() => cluster.Book.StartsOf("one") == 1, () => "the entity has started");
        await region.Ask<CoordinatorProtocol.StartEntityAck>(new ShardRegion.StartEntity("one"), TimeSpan.FromSeconds(30));
        Assert.Equal(1, cluster.Book.StartsOf("one"));
    }

    [Fact]
    public async Task A_region_tells_its_shards_entities_and_counts()
    {
        await using var cluster = new ShardedCluster();
        var (system, region) = await cluster.StartAsync();
        string[] ids = ["a", "b", "c", "d"];
        foreach (var id in ids)
            await ReceivedAsync(region, id);

        var state = await region.Ask<CurrentShardRegionState>(GetShardRegionState.Instance);
        Assert.Equal(ids, state.Shards.SelectMany(shard => shard.EntityIds).Order());
        Assert.Empty(state.Failed);

        var stats = await region.Ask<ShardRegionStats>(GetShardRegionStats.Instance);
        Assert.Equal(4, stats.Stats.Values.Sum());

        var self = Cluster.Get(system).SelfAddress;
        var clusterStats = await region.Ask<ClusterShardingStats>(new GetClusterShardingStats(TimeSpan.FromSeconds(30)));
        Assert.Equal(stats, clusterStats.Regions[self]);
        Assert.Equal([self], (await region.Ask<CurrentRegions>(GetCurrentRegions.Instance)).Regions);
    }

    [Fact]
    public async Task Started_types_are_known_by_name_and_others_are_refused()
    {
        await using var cluster = new ShardedCluster();
        var (system, region) = await cluster.StartAsync();
        var sharding = Akka.Cluster.Sharding.ClusterSharding.Get(system);

        Assert.Equal(region, sharding.ShardRegion(TypeName));
        Assert.Equal([TypeName], sharding.ShardTypeNames);
        Assert.Equal("/system/sharding/counter", region.Path.ToStringWithoutAddress());
        Assert.Equal(region, cluster.StartRegion(system));
        Assert.Throws<ArgumentException>(() => sharding.ShardRegion("unknown"));
    }

    [Fact]
    public async Task A_full_buffer_drops_the_newest()
    {
        await using var cluster = new ShardedCluster("akka.cluster.sharding.buffer-size = 5, akka.cluster.sharding.role = elsewhere");
        var system = await cluster.StartNodeAsync();
        var sharding = Akka.Cluster.Sharding.ClusterSharding.Get(system);
        var proxy = sharding.StartProxy(TypeName, "elsewhere", Extractor());
        var dropped = new System.Collections.Concurrent.ConcurrentQueue<object>();
        system.EventStream.Subscribe(system.ActorOf(Props.Create(() => new DropListener(dropped))), typeof(Akka.Event.DeadLetter));

        for (var i = 0; i < 8; i++)
            proxy.Tell(For("one", i.ToString()));

        await EventuallyAsync(() => dropped.Count >= 3, () => "three messages were dropped");
        Assert.Equal(["5", "6", "7"], dropped.OfType<ShardingEnvelope>().Select(envelope => (string)envelope.Message));
    }

    private static async Task<int> Entities(IActorRef region) =>
        (await region.Ask<ShardRegionStats>(GetShardRegionStats.Instance, TimeSpan.FromSeconds(30))).Stats.Values.Sum();

    private sealed class DropListener : UntypedActor
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<object> _dropped;

        public DropListener(System.Collections.Concurrent.ConcurrentQueue<object> dropped) => _dropped = dropped;

        protected override void OnReceive(object message) => _dropped.Enqueue(((Akka.Event.DeadLetter)message).Message);
    }
}
