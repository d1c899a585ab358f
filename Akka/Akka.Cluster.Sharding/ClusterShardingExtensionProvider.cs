using Akka.Actor;

namespace Akka.Cluster.Sharding;

/// <summary>Makes the <see cref="ClusterSharding"/> extension.</summary>
public sealed class ClusterShardingExtensionProvider : ExtensionIdProvider<ClusterSharding>
{
    /// <inheritdoc/>
    public override ClusterSharding CreateExtension(ExtendedActorSystem system) => new(system);
}
