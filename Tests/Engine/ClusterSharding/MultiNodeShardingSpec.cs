using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using static Mooring.Tests.Engine.ClusterSharding.ShardedCluster;

namespace Mooring.Tests.Engine.ClusterSharding;

[Collection("cluster-sharding")]
public class MultiNodeShardingSpec
{
    private static readonly string[] Ids = [.. Enumerable.Range(0, 24).Select(i => $"entity-{i}")];

    [Fact]
    public async Task Entities_spread_over_the_nodes_and_are_reached_from_everywhere()
    {
        await using var cluster = new ShardedCluster();
        var regions = await StartAllAsync(cluster, 3);

        var nodes = await TouchAllAsync(regions[0]);
        Assert.Equal(3, nodes.Values.Distinct().Count());
        foreach (var region in regions)
            Assert.Equal(nodes, await TouchAllAsync(region));
        Assert.All(Ids, id => Assert.Equal(1, cluster.Book.StartsOf(id)));
    }

    [Fact]
    public async Task A_proxy_reaches_entities_on_other_nodes()
    {
        await using var cluster = new ShardedCluster();
        var (_, region) = await cluster.StartAsync();
        var client = await cluster.StartNodeAsync();
        var proxy = Akka.Cluster.Sharding.ClusterSharding.Get(client).StartProxy(TypeName, null, Extractor());

        Assert.Equal(await NodeOfAsync(region, "one"), await NodeOfAsync(proxy, "one"));
        Assert.Equal(1, cluster.Book.StartsOf("one"));
    }

    [Fact]
    public async Task Entities_of_a_crashed_node_answer_on_the_survivors_after_its_removal()
    {
        await using var cluster = new ShardedCluster();
        var (coordinatorNode, region) = await cluster.StartAsync();
        await cluster.StartAsync();
        var (victim, _) = await cluster.StartAsync();
        var nodes = await TouchAllAsync(region);
        var lost = Ids.Where(id => nodes[id] == Cluster.Get(victim).SelfAddress.ToString()).ToList();
        Assert.NotEmpty(lost);

        await CrashAndAnswerAsync(cluster, victim, coordinatorNode, region, lost);

        Assert.Equal(2, (await TouchAllAsync(region)).Values.Distinct().Count());
        Assert.Empty(cluster.Book.Twice);
    }

    [Fact]
    public async Task Entities_answer_after_the_coordinators_node_crashed()
    {
        await using var cluster = new ShardedCluster();
        var (victim, _) = await cluster.StartAsync();
        var (survivor, region) = await cluster.StartAsync();
        await cluster.StartAsync();
        var nodes = await TouchAllAsync(region);
        var lost = Ids.Where(id => nodes[id] == Cluster.Get(victim).SelfAddress.ToString()).ToList();
        Assert.NotEmpty(lost);

        await CrashAndAnswerAsync(cluster, victim, survivor, region, lost);

        var after = await TouchAllAsync(region);
        Assert.All(Ids.Except(lost), id => Assert.Equal(nodes[id], after[id]));
        Assert.Empty(cluster.Book.Twice);
    }

    [Fact]
    public async Task A_node_that_comes_back_under_its_address_is_given_shards_again()
    {
        await using var cluster = new ShardedCluster();
        var (_, region) = await cluster.StartAsync();
        var (victim, _) = await cluster.StartAsync();
        await TouchAllAsync(region);
        var address = Cluster.Get(victim).SelfAddress;

        await cluster.CrashAsync(victim);
        var (_, again) = await cluster.StartAsync(more: $"akka.remote.dot-netty.tcp.port = {address.Port}");

        await Task.WhenAll(Ids.Select(id => ReceivedAfterCrashAsync(region, id)));
        await EventuallyAsync(() => SpreadOver(region).Result == 2, () => "both nodes have shards");
        Assert.Equal(await TouchAllAsync(region), await TouchAllAsync(again));
        Assert.Empty(cluster.Book.Twice);
    }

    [Fact]
    public async Task A_lost_journal_does_not_start_an_entity_twice()
    {
        // Each node has a journal of its own: the next coordinator finds nothing.
        await using var cluster = new ShardedCluster("akka.persistence.journal.plugin = \"akka.persistence.journal.inmem\"");
        var (victim, _) = await cluster.StartAsync();
        var (survivor, region) = await cluster.StartAsync();
        var (_, third) = await cluster.StartAsync();
        var nodes = await TouchAllAsync(region);

        await cluster.CrashAsync(victim);
        Cluster.Get(survivor).Down(Cluster.Get(victim).SelfAddress);

        await Task.WhenAll(Ids.Select(id => ReceivedAfterCrashAsync(third, id)));
        var after = await TouchAllAsync(third);
        Assert.Equal(after, await TouchAllAsync(region));
        var victimsAddress = Cluster.Get(victim).SelfAddress.ToString();
        Assert.All(Ids.Where(id => nodes[id] != victimsAddress), id => Assert.Equal(nodes[id], after[id]));
        Assert.Empty(cluster.Book.Twice);
    }

    [Fact]
    public async Task Shards_move_to_a_node_that_joins_and_messages_keep_their_order()
    {
        await using var cluster = new ShardedCluster();
        var (_, region) = await cluster.StartAsync("stop-slowly");
        await TouchAllAsync(region);

        await cluster.StartAsync("stop-slowly");
        var sent = 0;
        using var stop = new CancellationTokenSource();
        var sending = Task.Run(async () =>
        {
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
            while (!stop.IsCancellationRequested && await pace.WaitForNextTickAsync(CancellationToken.None))
            {
                foreach (var id in Ids)
                    region.Tell(For(id, sent.ToString()));
                sent++;
            }
        });

        await EventuallyAsync(() => SpreadOver(region).Result == 2, () => "both nodes have shards");
        await stop.CancelAsync();
        await sending;

        foreach (var id in Ids)
        {
            // An entity that moved remembers what came after its move: an unbroken row up to the last message.
            var received = (await ReceivedAsync(region, id)).Split('|')[1].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToList();
            if (received.Count == 0) continue;
            Assert.Equal(Enumerable.Range(received[0], received.Count), received);
            Assert.Equal(sent - 1, received[^1]);
        }

        Assert.Empty(cluster.Book.Twice);
        Assert.True((await TouchAllAsync(region)).Values.Distinct().Count() == 2);
    }

    [Fact]
    public async Task A_node_that_leaves_hands_its_shards_over_without_losing_a_question()
    {
        await using var cluster = new ShardedCluster();
        var (leaver, _) = await cluster.StartAsync();
        var (_, region) = await cluster.StartAsync();
        await TouchAllAsync(region);

        var leaving = cluster.LeaveAsync(leaver);
        while (!leaving.IsCompleted)
            await TouchAllAsync(region);
        await leaving;

        Assert.Single((await TouchAllAsync(region)).Values.Distinct());
        Assert.Empty(cluster.Book.Twice);
    }

    [Fact]
    public async Task The_homes_survive_a_restart_of_the_coordinator_from_snapshot_and_events()
    {
        await using var cluster = new ShardedCluster("akka.cluster.sharding.snapshot-after = 5");
        var (system, region) = await cluster.StartAsync();
        var before = await TouchAllAsync(region);

        var coordinator = await system.ActorSelection("/system/sharding/counterCoordinator/singleton/coordinator").ResolveOne(TimeSpan.FromSeconds(3));
        await coordinator.GracefulStop(TimeSpan.FromSeconds(5));

        // New ids: their shards are known already or need the coordinator that came back.
        foreach (var id in Ids)
            await ReceivedAsync(region, id + "-more");
        Assert.Equal(before, await TouchAllAsync(region));
        Assert.All(Ids, id => Assert.Equal(1, cluster.Book.StartsOf(id)));
    }

    private static async Task<List<IActorRef>> StartAllAsync(ShardedCluster cluster, int count)
    {
        var systems = new List<ActorSystem>();
        for (var i = 0; i < count; i++)
            systems.Add(await cluster.StartNodeAsync());
        var regions = systems.Select(system => cluster.StartRegion(system)).ToList();
        foreach (var (system, region) in systems.Zip(regions))
            await RegisteredAsync(system, region);
        return regions;
    }

    /// <summary>Sends each entity a question; the node that each answered from.</summary>
    private static async Task<SortedDictionary<string, string>> TouchAllAsync(IActorRef region)
    {
        var nodes = await Task.WhenAll(Ids.Select(async id => KeyValuePair.Create(id, await NodeOfAsync(region, id))));
        return new SortedDictionary<string, string>(nodes.ToDictionary());
    }

    private static async Task<int> SpreadOver(IActorRef region) =>
        (await region.Ask<ClusterShardingStats>(new GetClusterShardingStats(TimeSpan.FromSeconds(30)), TimeSpan.FromSeconds(30)))
        .Regions.Values.Count(stats => stats.Stats.Count > 0);

    /// <summary>Crashes a node; done when a survivor has seen its removal and all its entities have answered.</summary>
    private static async Task CrashAndAnswerAsync(
        ShardedCluster cluster, ActorSystem victim, ActorSystem survivor, IActorRef region, List<string> lost)
    {
        var address = Cluster.Get(victim).SelfAddress;
        var removed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        survivor.ActorOf(Props.Create(() => new RemovalListener(address, removed)));
        await cluster.CrashAsync(victim);
        Cluster.Get(survivor).Down(address);
        await removed.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await Task.WhenAll(lost.Select(id => ReceivedAfterCrashAsync(region, id)));
    }

    private sealed class RemovalListener : UntypedActor
    {
        private readonly Address _address;
        private readonly TaskCompletionSource _removed;

        public RemovalListener(Address address, TaskCompletionSource removed)
        {
            _address = address;
            _removed = removed;
        }

        protected override void PreStart() =>
            Cluster.Get(Context.System).Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.MemberRemoved));

        protected override void OnReceive(object message)
        {
            if (message is ClusterEvent.MemberRemoved gone && gone.Member.Address.Equals(_address)) _removed.TrySetResult();
        }
    }
}
