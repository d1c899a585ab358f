using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Cluster.Sharding.Serialization;
using Akka.Configuration;
using static Akka.Cluster.Sharding.CoordinatorEvents;
using static Akka.Cluster.Sharding.CoordinatorProtocol;

namespace Mooring.Tests.Engine.ClusterSharding;

public sealed class ShardingSerializerSpec : IAsyncLifetime
{
    private readonly ActorSystem _system = ActorSystem.Create(
        "wire", ConfigurationFactory.ParseString("akka.loglevel = WARNING").WithFallback(Akka.Cluster.Sharding.ClusterSharding.DefaultConfig()));

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _system.Terminate();

    [Fact]
    public void Every_message_comes_back_as_it_was()
    {
        var region = _system.ActorOf(Props.Empty, "region");
        var address = new Address("akka.tcp", "wire", "10.0.0.1", 4053);
        var stats = new ShardRegionStats(ImmutableDictionary<string, int>.Empty.Add("1", 2), ImmutableHashSet.Create("3"));
        var shard = new ShardState("1", ImmutableHashSet.Create("a", "b"));
        object[] messages =
        [
            new ShardRegionRegistered(region), new ShardRegionProxyRegistered(region), new ShardRegionTerminated(region),
            new ShardRegionProxyTerminated(region), new ShardHomeAllocated("1", region), new ShardHomeDeallocated("1"),
            new RegisterProxy(region), new RegisterAck(region), new CoordinatorReady(region), new GetShardHome("1"),
            new ShardHome("1", region), new HostShard("1"), new ShardStarted("1"), new BeginHandOff("1"), new BeginHandOffAck("1"),
            new HandOff("1"), new ShardStopped("1"), new GracefulShutdownReq(region), new StartEntityAck("a", "1"),
            new ShardRegion.StartEntity("a"), new ShardingEnvelope("a", new ShardRegion.StartEntity("b")),
            GetShardRegionStats.Instance, GetShardRegionState.Instance, GetCurrentRegions.Instance,
            new GetClusterShardingStats(TimeSpan.FromSeconds(3)), stats, shard,
            new ClusterShardingStats(ImmutableDictionary<Address, ShardRegionStats>.Empty.Add(address, stats)),
            new CurrentRegions(ImmutableHashSet.Create(address)),
            new CurrentShardRegionState(ImmutableHashSet.Create(shard), ImmutableHashSet.Create("9")),
        ];

        Assert.All(messages, message => Assert.Equal(message, RoundTrip(message)));
    }

    [Fact]
    public void A_registration_names_the_running_shards()
    {
        var region = _system.ActorOf(Props.Empty);
        var copy = Assert.IsType<Register>(RoundTrip(new Register(region, ["1", "2"])));
        Assert.Equal(region, copy.Region);
        Assert.Equal(["1", "2"], copy.RunningShards.ToArray());
    }

    [Fact]
    public void The_coordinators_state_comes_back_as_it_was()
    {
        var a = _system.ActorOf(Props.Empty);
        var b = _system.ActorOf(Props.Empty);
        var state = new IDomainEvent[]
        {
            new ShardRegionRegistered(a), new ShardRegionRegistered(b), new ShardRegionProxyRegistered(b), new ShardHomeAllocated("1", a),
            new ShardHomeAllocated("2", a),
        }.Aggregate(CoordinatorState.Empty, (current, evt) => current.Updated(evt));

        var copy = Assert.IsType<CoordinatorState>(RoundTrip(state));
        Assert.Equal(state.Shards, copy.Shards);
        Assert.Equal(state.Regions[a], copy.Regions[a]);
        Assert.Empty(copy.Regions[b]);
        Assert.Equal(state.Proxies, copy.Proxies);
    }

    [Theory]
    // Samples of what earlier versions wrote; they must be read for ever.
    [InlineData("BD", "0237 31", "71")]
    [InlineData("BF", "0131", "1")]
    [InlineData("AG", "0131", "1")]
    public void Golden_samples_are_still_read(string manifest, string hex, string shard)
    {
        var read = new ClusterShardingMessageSerializer((ExtendedActorSystem)_system).FromBinary(Convert.FromHexString(hex.Replace(" ", "")), manifest);
        Assert.Equal(shard, read switch
        {
            GetShardHome get => get.Shard,
            HostShard host => host.Shard,
            ShardHomeDeallocated gone => gone.Shard,
            _ => "unexpected",
        });
    }

    [Fact]
    public void What_is_not_sharding_is_refused()
    {
        var serializer = new ClusterShardingMessageSerializer((ExtendedActorSystem)_system);
        Assert.Equal(13, serializer.Identifier);
        Assert.Throws<ArgumentException>(() => serializer.ToBinary("text"));
        Assert.ThrowsAny<System.Runtime.Serialization.SerializationException>(() => serializer.FromBinary([], "ZZ"));
    }

    private object RoundTrip(object message)
    {
        var serializer = new ClusterShardingMessageSerializer((ExtendedActorSystem)_system);
        return serializer.FromBinary(serializer.ToBinary(message), serializer.Manifest(message));
    }
}
