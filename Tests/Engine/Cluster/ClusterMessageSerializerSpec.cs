using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Serialization;
using Akka.Configuration;
using Akka.Util;

namespace Mooring.Tests.Engine.ClusterSpecs;

public sealed class ClusterMessageSerializerSpec : IAsyncLifetime
{
    private readonly ActorSystem _system = ActorSystem.Create("wire", ConfigurationFactory.ParseString(
        "akka { loglevel = OFF, stdout-loglevel = OFF, coordinated-shutdown.run-by-clr-shutdown-hook = off }"));

    private static readonly UniqueAddress Node = new(new Address("akka.tcp", "sys", "host", 2552), -7);

    public static TheoryData<object, string> Messages => new()
    {
        { new Heartbeat(Node.Address, 3, 123_456_789_012), "HB" },
        { new HeartbeatRsp(Node, 3, 123_456_789_012), "HBR" },
        { new InternalClusterAction.InitJoinAck(Node.Address), "Akka.Cluster.InternalClusterAction+InitJoinAck, Akka.Cluster" },
        { new InternalClusterAction.InitJoinNack(Node.Address), "Akka.Cluster.InternalClusterAction+InitJoinNack, Akka.Cluster" },
        { InternalClusterAction.InitJoin.Instance, "Akka.Cluster.InternalClusterAction+InitJoin, Akka.Cluster" },
        { new InternalClusterAction.ExitingConfirmed(Node), "Akka.Cluster.InternalClusterAction+ExitingConfirmed, Akka.Cluster" },
        { new ClusterUserAction.Leave(Node.Address), "Akka.Cluster.ClusterUserAction+Leave, Akka.Cluster" },
        { new ClusterUserAction.Down(Node.Address), "Akka.Cluster.ClusterUserAction+Down, Akka.Cluster" },
    };

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _system.Terminate();

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_survives_the_wire_under_its_manifest(object message, string manifest)
    {
        Assert.Equal(manifest, Serializer.Manifest(message));
        Assert.Equal(message, Serializer.FromBinary(Serializer.ToBinary(message), manifest));
    }

    [Fact]
    public void Join_and_welcome_and_gossip_survive_the_wire()
    {
        var join = new InternalClusterAction.Join(Node, ["a", "b"], AppVersion.Create("1.2.3"));
        var read = RoundTrip(join);
        Assert.Equal((join.Node, join.AppVersion), (read.Node, read.AppVersion));
        Assert.True(join.Roles.SetEquals(read.Roles));

        var gossip = new Gossip(Nodes.Members(Nodes.Up(Nodes.A), Nodes.Up(Nodes.B, 2))).Increment(Gossip.ClockNode(Nodes.A));
        Assert.Equal(gossip.ToString(), RoundTrip(new InternalClusterAction.Welcome(Node, gossip)).Gossip.ToString());
        var envelope = RoundTrip(new GossipEnvelope(Nodes.A, Nodes.B, gossip));
        Assert.Equal((Nodes.A, Nodes.B, gossip.ToString()), (envelope.From, envelope.To, envelope.Gossip.ToString()));
        Assert.Equal(gossip.Version, RoundTrip(new GossipStatus(Nodes.A, gossip.Version)).Version);
    }

    [Fact]
    public void A_gossip_written_earlier_can_still_be_read()
    {
        // A golden sample: two members (one up with a role, one joining), one seen mark, one unreachable, one tombstone.
        var gossip = new Gossip(Nodes.Members(Nodes.Up(Nodes.A, 1, "x"), Nodes.Create(Nodes.B, MemberStatus.Joining)))
            .Increment(VectorClock.Node.FromHash("A1")).MarkSeen(Nodes.A);
        gossip = gossip.WithReachability(Reachability.Empty.Unreachable(Nodes.A, Nodes.B)).RemoveAll([Nodes.C], 1000);
        const string Golden = "AQcIYWtrYS50Y3ADc3lzBmhvc3QtYQUwLjAuMAF4Bmhvc3QtYgZob3N0LWMDAAEC+BMBAAAAAAEF+BMBAAAAAAEG+BMBAAAAAgACAQMBBAEAAAMAAQABAAEBAAEBAQECQTEBAQLoAwAAAAAAAA==";
        Assert.Equal(gossip.ToString(), GossipCodec.Read(new BinaryReader(new MemoryStream(Convert.FromBase64String(Golden)))).ToString());
        Assert.Equal(Golden, Convert.ToBase64String(Write(gossip)));
    }

    [Fact]
    public void What_is_not_a_cluster_message_is_refused()
    {
        Assert.Throws<SerializationException>(() => Serializer.Manifest("text"));
        Assert.Throws<SerializationException>(() => Serializer.ToBinary("text"));
        Assert.Throws<SerializationException>(() => Serializer.FromBinary([], "unknown"));
    }

    private ClusterMessageSerializer Serializer => new((ExtendedActorSystem)_system);

    private T RoundTrip<T>(T message) where T : notnull => (T)Serializer.FromBinary(Serializer.ToBinary(message), Serializer.Manifest(message));

    private static byte[] Write(Gossip gossip)
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true)) GossipCodec.Write(writer, gossip);
        return stream.ToArray();
    }
}
