using Akka.Actor;
using Akka.Cluster;

namespace Mooring.Tests.Assumptions;

/// <summary>A downing provider of one's own, named in the configuration: downs the addresses that its actor is told.</summary>
public sealed class HandDowning : IDowningProvider
{
    /// <summary>What Akka.Cluster names the actor, below its daemon.</summary>
    public const string ActorName = "downingProvider";

    /// <summary>As Akka.NET makes it.</summary>
    public HandDowning(ActorSystem system, Cluster cluster)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(cluster);
    }

    public TimeSpan DownRemovalMargin => TimeSpan.Zero;

    public Props DowningActorProps { get; } = Props.Create(() => new Hand());

    private sealed class Hand : ReceiveActor
    {
        public Hand() => Receive<Address>(address => Cluster.Get(Context.System).Down(address));
    }
}
