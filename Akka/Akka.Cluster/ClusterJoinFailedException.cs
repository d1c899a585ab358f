using Akka.Actor;

namespace Akka.Cluster;

/// <summary>This node was removed, or its cluster part stopped, before it became a member.</summary>
public class ClusterJoinFailedException : AkkaException
{
    public ClusterJoinFailedException(string message) : base(message) { }
}
