using Akka.Actor;

namespace Akka.Cluster;

/// <summary>What users (through <see cref="Cluster"/>) and other nodes can ask of the cluster daemon.</summary>
internal static class ClusterUserAction
{
    internal abstract record BaseClusterUserAction(Address Address) : IClusterMessage;

    /// <summary>Local command to join the cluster of that node.</summary>
    internal sealed record JoinTo(Address Address);

    /// <summary>The member is to leave gracefully.</summary>
    internal sealed record Leave(Address Address) : BaseClusterUserAction(Address);

    /// <summary>The member is dead, or has to be.</summary>
    internal sealed record Down(Address Address) : BaseClusterUserAction(Address);
}
