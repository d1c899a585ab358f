using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.SBR;

namespace Mooring.Actors.Membership;

/// <summary>The split-brain resolver of Akka.NET, for nodes whose time of day may be set. Named by <c>downing-provider-class</c>.</summary>
/// <param name="system">The actor system.</param>
/// <param name="cluster">Its cluster.</param>
public sealed class SteadyDowningProvider(ActorSystem system, Cluster cluster) : IDowningProvider
{
    private readonly SplitBrainResolverProvider _resolver = new(system, cluster);

    /// <inheritdoc/>
    public TimeSpan DownRemovalMargin => _resolver.DownRemovalMargin;

    /// <inheritdoc/>
    public Props DowningActorProps => SteadyResolverActor.Props(_resolver.DowningActorProps);
}
