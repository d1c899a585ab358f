using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Configuration;
using Mooring.Actors;
using Mooring.Messages;

namespace Mooring.Tests.Assumptions;

/// <summary>Which shard a name belongs to, and what becomes of messages while an entity moves, passivates or has lost its node.</summary>
public sealed class ShardingSpec : IDisposable
{
    private const int EntityCount = 8;

    private readonly Journals _journals = new();
    private readonly List<ClusterNode> _nodes = [];
    private readonly Occurrences<Received> _received = new("the entities");

    public void Dispose()
    {
        Assert.True(Task.WaitAll([.. _nodes.Select(n => n.DisposeAsync().AsTask())], ClusterNode.Limit), "the nodes have ended");
        _journals.Dispose();
    }

    // Homes are kept in the journal, and entities are found by their shard: it never changes, not by an upgrade either.
    [Theory]
    [InlineData("rbd/a", "12")]
    [InlineData("rbd/vm-1", "40")]
    [InlineData("rbd/vm-2", "5")]
    [InlineData("rbd/tenant/vm-1", "0")]
    [InlineData("rbd/a-name-as-long-as-names-are-in-practice-0123456789", "44")]
    public void A_volume_belongs_to_the_same_shard_for_good(string volume, string shard) =>
        Assert.Equal(shard, new VolumeMessageExtractor(60).ShardId(volume, new GetVolume(VolumeId.Parse(volume))));

    [Theory]
    [InlineData("home", "21")]
    [InlineData("projects", "4")]
    public void A_file_system_belongs_to_the_same_shard_for_good(string fileSystem, string shard) =>
        Assert.Equal(shard, new FileSystemMessageExtractor(30).ShardId(fileSystem, new GetFileSystem(new FileSystemName(fileSystem))));

    [Fact]
    public async Task Messages_to_entities_that_move_arrive_at_most_once_and_those_sent_afterwards_arrive()
    {
        var (leaver, stayer) = (await StartAsync(), await StartAsync());
        var (from, to) = (StartRegion(leaver), StartRegion(stayer));
        await TouchAllAsync(to, leaver, stayer);

        var moved = leaver.System.WhenTerminated;
        var sent = 0;
        leaver.Cluster.Leave(leaver.Address);
        while (!moved.IsCompleted)
        {
            sent++;
            foreach (var entity in Enumerable.Range(0, EntityCount))
            {
                from.Tell(new Numbered($"{entity}", "leaver", sent), ActorRefs.NoSender);
                to.Tell(new Numbered($"{entity}", "stayer", sent), ActorRefs.NoSender);
            }
            // As fast as they are taken: the last entity has the last message, or has moved meanwhile.
            await Task.WhenAny(moved, _received.First(r => r.Message.Number == sent && r.Message.From == "stayer", $"message {sent}", ClusterNode.Limit));
        }
        sent++;
        foreach (var entity in Enumerable.Range(0, EntityCount))
        {
            to.Tell(new Numbered($"{entity}", "stayer", sent), ActorRefs.NoSender);
            var last = await _received.First(r => r.Message == new Numbered($"{entity}", "stayer", sent), $"message {sent} to {entity}", ClusterNode.Limit);
            Assert.Equal(stayer.Address, last.At);
        }

        Assert.Contains(_received.All, r => r.Message.From == "leaver" && r.At == leaver.Address);
        Assert.Contains(_received.All, r => r.Message.From == "leaver" && r.At == stayer.Address);
        foreach (var (_, numbers) in BySender())
        {
            Assert.Equal(numbers.Distinct(), numbers);
            Assert.Equal(numbers.Order(), numbers);
        }
    }

    [Fact]
    public async Task Messages_to_an_entity_that_passivates_again_and_again_arrive_once_each_and_in_order()
    {
        var region = StartRegion(await StartAsync());
        const int Rounds = 20, Each = 20;

        foreach (var number in Enumerable.Range(1, Rounds * Each))
        {
            if (number % Each == Each / 2)
                region.Tell(new Doze("0"), ActorRefs.NoSender);
            region.Tell(new Numbered("0", "sender", number), ActorRefs.NoSender);
            if (number % Each == 0)
                await _received.First(r => r.Message.Number == number, $"message {number}", ClusterNode.Limit);
        }

        Assert.Equal(Enumerable.Range(1, Rounds * Each), BySender().Single().Numbers);
        Assert.True(_received.All.Select(r => r.Incarnation).Distinct().Count() > 1, "it has passivated");
    }

    [Fact]
    public async Task What_is_sent_before_there_is_a_cluster_waits_and_arrives_once_and_in_order()
    {
        var node = Start();
        var region = StartRegion(node);
        foreach (var number in Enumerable.Range(1, 100))
            region.Tell(new Numbered("0", "sender", number), ActorRefs.NoSender);

        node.Cluster.Join(node.Address);

        await _received.First(r => r.Message.Number == 100, "the last message", ClusterNode.Limit);
        Assert.Equal(Enumerable.Range(1, 100), BySender().Single().Numbers);
    }

    [Fact]
    public async Task When_the_coordinators_node_dies_its_entities_start_elsewhere_after_the_removal_and_the_others_stay_where_they_are()
    {
        var (dead, left, right) = (await StartAsync(), await StartAsync(), await StartAsync());
        var regions = new[] { dead, left, right }.Select(StartRegion).ToList();
        await TouchAllAsync(regions[1], dead, left, right);
        var homes = Homes();

        await dead.CutFrom(left, right);
        foreach (var entity in Enumerable.Range(0, EntityCount))
            regions[1].Tell(new Numbered($"{entity}", "lost", 1), ActorRefs.NoSender);
        await left.Sees<ClusterEvent.MemberRemoved>(dead.Address);
        await right.Sees<ClusterEvent.MemberRemoved>(dead.Address);
        foreach (var entity in Enumerable.Range(0, EntityCount))
        {
            // Until it is given to the new home: what was on its way to the dead one is lost.
            await UntilReceivedAsync(regions[1], $"{entity}");
        }

        foreach (var (entity, home) in Homes())
            Assert.Equal(homes[entity] == dead.Address, homes[entity] != home);
        Assert.DoesNotContain(dead.Address, Homes().Values);
        Assert.All(BySender(), s => Assert.Equal(s.Numbers.Distinct(), s.Numbers));
    }

    private ClusterNode Start()
    {
        var node = ClusterNode.Start(ConfigurationFactory.ParseString("""
            akka.cluster.sharding { state-store-mode = persistence, retry-interval = 200ms, coordinator-failure-backoff = 500ms, waiting-for-state-timeout = 2s }
            """).WithFallback(_journals.Hocon(Journals.Sql)));
        _nodes.Add(node);
        return node;
    }

    private async Task<ClusterNode> StartAsync()
    {
        var node = Start();
        node.Cluster.Join(_nodes[0].Address);
        await ClusterNode.AllSeeUp([.. _nodes]);
        return node;
    }

    private IActorRef StartRegion(ClusterNode node)
    {
        var received = _received;
        return ClusterSharding.Get(node.System).Start(
            "entity", _ => Props.Create(() => new Entity(received)), ClusterShardingSettings.Create(node.System), new Extractor(),
            ClusterSharding.Get(node.System).DefaultShardAllocationStrategy(ClusterShardingSettings.Create(node.System)), PoisonPill.Instance);
    }

    /// <summary>Starts all entities; done when each node has some.</summary>
    private async Task TouchAllAsync(IActorRef region, params ClusterNode[] nodes)
    {
        // The coordinator gives shards to the regions that have registered with it.
        await _received.Until(
            () => region.Ask<CurrentRegions>(GetCurrentRegions.Instance, ClusterNode.Limit), regions => regions.Regions.Count == nodes.Length, "all regions", ClusterNode.Limit);
        foreach (var entity in Enumerable.Range(0, EntityCount))
            await UntilReceivedAsync(region, $"{entity}");
        Assert.All(nodes, node => Assert.Contains(node.Address, Homes().Values));
    }

    private async Task UntilReceivedAsync(IActorRef region, string entity) =>
        await _received.Until(
            async () => await region.Ask<string>(new Ping(entity), TimeSpan.FromSeconds(1)).ContinueWith(t => t.IsCompletedSuccessfully, TaskScheduler.Default),
            answered => answered, $"answer of {entity}", ClusterNode.Limit);

    private Dictionary<string, Address> Homes() =>
        _received.All.GroupBy(r => r.Message.Entity).ToDictionary(g => g.Key, g => g.Last().At);

    private IEnumerable<((string Entity, string From) Sender, List<int> Numbers)> BySender() => _received.All
        .Where(r => r.Message.From != "")
        .GroupBy(r => (r.Message.Entity, r.Message.From))
        .Select(g => (g.Key, g.Select(r => r.Message.Number).ToList()));

    private interface IForEntity
    {
        string Entity { get; }
    }

    private sealed record Numbered(string Entity, string From, int Number) : IForEntity;

    private sealed record Ping(string Entity) : IForEntity;

    private sealed record Doze(string Entity) : IForEntity;

    private sealed record Received(Numbered Message, Address At, Guid Incarnation);

    private sealed class Extractor() : HashCodeMessageExtractor(EntityCount)
    {
        public override string? EntityId(object message) => (message as IForEntity)?.Entity;
    }

    private sealed class Entity : ReceiveActor
    {
        public Entity(Occurrences<Received> received)
        {
            var (at, incarnation) = (Cluster.Get(Context.System).SelfAddress, Guid.NewGuid());
            Receive<Numbered>(message => received.Add(new Received(message, at, incarnation)));
            Receive<Ping>(ping =>
            {
                received.Add(new Received(new Numbered(ping.Entity, "", 0), at, incarnation));
                Sender.Tell("here");
            });
            Receive<Doze>(_ => Context.Parent.Tell(new Passivate(PoisonPill.Instance)));
        }
    }
}
