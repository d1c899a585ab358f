using System.Collections.Immutable;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Cluster.Tools.Client;
using Akka.Cluster.Tools.Client.Serialization;
using Akka.Cluster.Tools.PublishSubscribe;
using Akka.Cluster.Tools.PublishSubscribe.Serialization;
using Akka.Serialization;
using Mooring.Tests.Engine.Remote;
using Xunit.Abstractions;
using Status = Akka.Cluster.Tools.PublishSubscribe.Status;

namespace Mooring.Tests.Engine.ClusterToolsSpecs;

/// <summary>What travels between mediators, clients and receptionists comes out as it went in.</summary>
public sealed class ToolsSerializerSpec(ITestOutputHelper output) : RemotingTestKit(output)
{
    [Fact]
    public void Messages_of_publish_subscribe_come_out_as_they_went_in()
    {
        var serializer = new DistributedPubSubMessageSerializer((ExtendedActorSystem)Sys);
        Assert.Equal(9, serializer.Identifier);
        foreach (var message in (object[])[
            new Send("/user/a", "text", true), new SendToAll("/user/a", 7, true), new Publish("topic", "text", true), new SendToOneSubscriber("text")])
            Assert.Equal(message, Again(serializer, message));

        var address = new Address("akka.tcp", "s", "10.0.0.1", 4053);
        var status = (Status)Again(serializer, new Status(ImmutableDictionary<Address, long>.Empty.Add(address, 9), true));
        Assert.True(status.IsReplyToStatus);
        Assert.Equal(9, status.Versions[address]);

        var content = ImmutableDictionary<string, Registration>.Empty.Add("/user/a", new Registration(5, TestActor)).Add("/user/b", new Registration(6, null));
        var bucket = Assert.Single(((Delta)Again(serializer, new Delta([new Bucket(address, 6, content)]))).Buckets);
        Assert.Equal((address, 6), (bucket.Owner, bucket.Version));
        Assert.Equal(content.OrderBy(c => c.Key), bucket.Content.OrderBy(c => c.Key));
    }

    [Fact]
    public void Messages_of_the_cluster_client_come_out_as_they_went_in()
    {
        var serializer = new ClusterClientMessageSerializer((ExtendedActorSystem)Sys);
        Assert.Equal(15, serializer.Identifier);
        foreach (var message in (object[])[
            new ClusterClient.Send("/user/a", "text", true), new ClusterClient.SendToAll("/user/a", 7), new ClusterClient.Publish("topic", "text"),
            GetContacts.Instance, Heartbeat.Instance, HeartbeatRsp.Instance, ReceptionistShutdown.Instance])
            Assert.Equal(message, Again(serializer, message));
        Assert.Equal(["a", "b"], ((Contacts)Again(serializer, new Contacts(["a", "b"]))).ContactPoints);
    }

    [Fact]
    public void Unknown_and_truncated_bytes_are_refused()
    {
        foreach (var serializer in (SerializerWithStringManifest[])[
            new DistributedPubSubMessageSerializer((ExtendedActorSystem)Sys), new ClusterClientMessageSerializer((ExtendedActorSystem)Sys)])
        {
            Assert.Throws<SerializationException>(() => serializer.FromBinary([], "Z"));
            Assert.Throws<SerializationException>(() => serializer.ToBinary(new object()));
            var whole = serializer.ToBinary(serializer is ClusterClientMessageSerializer ? new Contacts(["a", "b"]) : new Publish("topic", "text"));
            var manifest = serializer is ClusterClientMessageSerializer ? "A" : "E";
            for (var length = 0; length < whole.Length; length++)
                Assert.Throws<SerializationException>(() => serializer.FromBinary(whole[..length], manifest));
        }
    }

    private static object Again(SerializerWithStringManifest serializer, object message) =>
        serializer.FromBinary(serializer.ToBinary(message), serializer.Manifest(message));
}
