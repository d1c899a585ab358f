using Akka.Actor;
using Akka.Configuration;
using Akka.Remote;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Xunit.Abstractions;

namespace Mooring.Tests.Engine.Remote;

/// <summary>Actor systems of one test, connected over loopback TCP.</summary>
public abstract class RemotingTestKit : TestKit
{
    private const string Hocon = """
        akka {
          loglevel = WARNING
          stdout-loglevel = WARNING
          actor {
            provider = remote
            serializers.hyperion = "Akka.Serialization.HyperionSerializer, Akka.Serialization.Hyperion"
            serialization-bindings { "System.Object" = hyperion }
          }
          remote.retry-gate-closed-for = 300 ms
          remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
        }
        """;

    private readonly List<ActorSystem> _others = [];

    protected RemotingTestKit(ITestOutputHelper output, string hocon = "")
        : base(ConfigurationFactory.ParseString(hocon).WithFallback(Hocon).WithFallback(Generous.Hocon), "left", output)
    {
    }

    protected static TimeSpan Limit => TimeSpan.FromSeconds(60);

    protected Address LeftAddress => AddressOf(Sys);

    protected static Address AddressOf(ActorSystem system) => ((ExtendedActorSystem)system).Provider.DefaultAddress;

    /// <summary>Another system, at a free port or at a given one.</summary>
    protected ActorSystem Another(string name = "right", int port = 0, string hocon = "")
    {
        var system = ActorSystem.Create(
            name,
            ConfigurationFactory.ParseString($"akka.remote.dot-netty.tcp.port = {port}\n{hocon}").WithFallback(Hocon));
        _others.Add(system);
        return system;
    }

    /// <summary>A reference as seen from the first system to an actor of another one.</summary>
    protected IActorRef SeenFromLeft(ActorSystem owner, IActorRef actor) => SeenFrom(Sys, owner, actor);

    protected static IActorRef SeenFrom(ActorSystem viewer, ActorSystem owner, IActorRef actor) =>
        ((ExtendedActorSystem)viewer).Provider.ResolveActorRef(actor.Path.ToSerializationFormatWithAddress(AddressOf(owner)));

    /// <summary>Ends a system as a killed process ends: no good-byes, the port and all connections closed by force.</summary>
    protected static void Crash(ActorSystem system)
    {
        var remoting = ((RemoteActorRefProvider)((ExtendedActorSystem)system).Provider).Transport;
        remoting.Kill();
    }

    private protected Association AssociationWith(ActorSystem other) =>
        ((RemoteActorRefProvider)((ExtendedActorSystem)Sys).Provider).Transport.AssociationWith(AddressOf(other));

    protected TestProbe EventsOf<T>(ActorSystem? system = null)
    {
        var probe = CreateTestProbe(system ?? Sys);
        (system ?? Sys).EventStream.Subscribe(probe.Ref, typeof(T));
        return probe;
    }

    protected override void AfterAll()
    {
        foreach (var system in _others)
            system.Terminate().Wait(TimeSpan.FromSeconds(30));
        base.AfterAll();
    }

    public sealed class Echo : ReceiveActor
    {
        public Echo() => ReceiveAny(message => Sender.Tell(message));
    }

    /// <summary>Passes everything on to somebody, who may be in another system.</summary>
    public sealed class Forwarder : ReceiveActor
    {
        public Forwarder(IActorRef target) => ReceiveAny(message => target.Tell(message));
    }
}
