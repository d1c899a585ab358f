using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch.SysMsg;
using Akka.Remote;
using Akka.Serialization;
using Akka.Util;

namespace Mooring.Tests.Assumptions;

/// <summary>Who reaches a node's port without being one of its cluster: names no type that is made, and deploys nothing.</summary>
public sealed class StrangerSpec
{
    private static readonly Config Ours = ConfigurationFactory.ParseString("akka.remote.dot-netty.tcp.port = 0\nakka.loglevel = OFF")
        .WithFallback(ConfigurationFactory.ParseString(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "akka.hocon"))));

    [Fact]
    public async Task No_type_that_a_payload_names_is_made()
    {
        await using var node = ClusterNode.Start(Ours);
        await using var open = ClusterNode.Start();
        var payloads = Payloads((ExtendedActorSystem)open.System).ToList();

        foreach (var (id, manifest, bytes) in payloads)
            Assert.Throws<SerializationException>(() => { _ = node.System.Serialization.Deserialize(bytes, id, manifest); });
        Assert.False(Landed.Happened);

        // Akka.NET as it comes: each of them is made.
        open.System.Serialization.AddSerializer("hyperion", new HyperionSerializer((ExtendedActorSystem)open.System));
        var made = payloads.Count(p => Record.Exception(() => open.System.Serialization.Deserialize(p.Bytes, p.Id, p.Manifest)) is null or ArgumentException);
        Assert.Equal((payloads.Count, true), (made, Landed.Happened));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task An_actor_is_deployed_on_no_node(bool ours, bool deployed)
    {
        await using var node = ours ? ClusterNode.Start(Ours) : ClusterNode.Start();
        await using var stranger = ClusterNode.Start();
        var answers = new Occurrences<object>("the stranger");
        var asker = stranger.System.ActorOf(Props.Create(() => new Receiver(answers)));

        var guest = stranger.System.ActorOf(Props.Create<Guest>().WithDeploy(new Deploy(new RemoteScope(node.Address))), "guest");
        // Behind it on the same connection.
        stranger.System.ActorSelection(new RootActorPath(node.Address) / "system" / "cluster" / "core" / "daemon").Tell(new Identify("after"), asker);

        await answers.First(a => a is ActorIdentity { MessageId: "after", Subject: not null }, "after", ClusterNode.Limit);
        var daemon = ((RemoteActorRefProvider)((ExtendedActorSystem)node.System).Provider).RemoteDaemon;
        // Its path begins with the daemon's.
        Assert.Equal(deployed, daemon.GetChild([.. guest.Path.Elements.Skip(1)]) is not Nobody);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task An_actor_is_neither_selected_nor_stopped(bool ours, bool reached)
    {
        await using var node = ours ? ClusterNode.Start(Ours) : ClusterNode.Start();
        await using var stranger = ClusterNode.Start();
        var received = new Occurrences<object>("the actor");
        var actor = node.System.ActorOf(Props.Create(() => new Receiver(received)), "actor");
        var reference = ((ExtendedActorSystem)stranger.System).Provider.ResolveActorRef(actor.Path.ToStringWithAddress(node.Address));

        stranger.System.ActorSelection(reference.Path).Tell("selected");
        reference.Tell("behind it");
        await received.First(m => m is "behind it", "the message behind the selection", ClusterNode.Limit);
        Assert.Equal(reached, received.All.Contains("selected"));

        var ended = actor.WatchAsync();
        reference.Tell(PoisonPill.Instance);
        reference.Tell("behind that");
        var first = await Task.WhenAny(ended, received.First(m => m is "behind that", "the message behind the pill", ClusterNode.Limit));
        Assert.Equal(reached, first == ended);
    }

    // Enemy's names in place of Decoy's, which have the same length: the enemy itself is not touched before a payload is read.
    private static IEnumerable<(int Id, string Manifest, byte[] Bytes)> Payloads(ExtendedActorSystem open)
    {
        var decoy = new Decoy();
        (int, string, byte[]) Written(Serializer serializer, object o) => (serializer.Identifier, Serialization.ManifestFor(serializer, o), ToEnemy(serializer.ToBinary(o)));

        yield return Written(new HyperionSerializer(open), decoy);
        yield return Written(new NewtonSoftJsonSerializer(open), decoy);
        yield return Written(open.Serialization.FindSerializerForType(typeof(Status.Failure)), new Status.Failure(decoy));
        yield return Written(open.Serialization.FindSerializerForType(typeof(Recreate)), new Recreate(decoy));
        yield return (2, Encoding.UTF8.GetString(ToEnemy(Encoding.UTF8.GetBytes(decoy.GetType().TypeQualifiedName()))), []);
    }

    private static byte[] ToEnemy(byte[] bytes) =>
        Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(bytes).Replace(nameof(Decoy), "Enemy", StringComparison.Ordinal));

    private static class Landed
    {
        public static bool Happened { get; set; }
    }

    private sealed class Receiver : ReceiveActor
    {
        public Receiver(Occurrences<object> received) => ReceiveAny(received.Add);
    }

    private sealed class Guest : ReceiveActor;

#pragma warning disable SYSLIB0051, CA1032
    private sealed class Decoy : Exception
    {
        public Decoy()
        {
        }

        public Decoy(SerializationInfo info, StreamingContext context)
            : base(info, context)
        {
        }
    }

    private sealed class Enemy : Exception
    {
        static Enemy() => Landed.Happened = true;

        public Enemy()
        {
        }

        public Enemy(SerializationInfo info, StreamingContext context)
            : base(info, context)
        {
        }
    }
#pragma warning restore SYSLIB0051, CA1032
}
