using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Remote;
using Akka.Serialization;
using Mooring.Actors;
using Mooring.Actors.Serialization;

namespace Mooring.Tests.Assumptions;

/// <summary>Nodes of two versions beside each other, as during an upgrade.</summary>
public sealed class SerializationSpec
{
    [Fact]
    public async Task A_message_that_only_the_newer_version_knows_is_lost_alone_and_the_connection_stays()
    {
        await using var older = ClusterNode.Start(MooringCluster.DefaultConfig());
        await using var newer = ClusterNode.Start($$"""
            akka.actor {
              serializers.mooring = "{{typeof(NewerSerializer).AssemblyQualifiedName}}"
              serialization-bindings."{{typeof(FromTheFuture).AssemblyQualifiedName}}" = mooring
            }
            """);
        var received = new Occurrences<object>("the older node");
        var ended = new Occurrences<object>("the older node's connections");
        older.System.ActorOf(Props.Create(() => new Receiver(received)), "receiver");
        older.System.EventStream.Subscribe(older.System.ActorOf(Props.Create(() => new Receiver(ended))), typeof(DisassociatedEvent));
        var receiver = newer.System.ActorSelection(new RootActorPath(older.Address) / "user" / "receiver");

        receiver.Tell("before");
        receiver.Tell(new FromTheFuture());
        receiver.Tell("after");

        await received.First(message => message is "after", "after", ClusterNode.Limit);
        Assert.Equal(["before", "after"], received.All);
        Assert.Empty(ended.All);
    }

    private sealed record FromTheFuture;

    private sealed class Receiver : ReceiveActor
    {
        public Receiver(Occurrences<object> received) => ReceiveAny(received.Add);
    }

    private sealed class NewerSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
    {
        public override int Identifier { get; } = new MooringSerializer(system).Identifier;

        public override string Manifest(object o) => "from-the-future";

        public override byte[] ToBinary(object obj) => [];

        public override object FromBinary(byte[] bytes, string manifest) => throw new SerializationException(manifest);
    }
}
