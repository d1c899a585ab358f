using System.Collections.Immutable;
using Akka.Actor;

namespace Mooring.Tests.Engine.ClusterSharding;

/// <summary>A region as the pure parts of sharding see it: a reference with a path.</summary>
internal sealed class FakeRegion(string name, string host = "node") : ActorRefBase
{
    public override ActorPath Path { get; } = new RootActorPath(new Address("akka.tcp", "sys", host, 1)) / name;

    protected override void TellInternal(object message, IActorRef sender)
    {
        // Nothing runs behind it.
    }

    internal static ImmutableDictionary<IActorRef, IImmutableList<string>> Allocations(params (FakeRegion Region, string[] Shards)[] regions) =>
        regions.ToImmutableDictionary(
            pair => (IActorRef)pair.Region,
            pair => (IImmutableList<string>)[.. pair.Shards]);
}
