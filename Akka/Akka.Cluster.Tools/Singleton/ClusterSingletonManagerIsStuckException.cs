using Akka.Actor;

namespace Akka.Cluster.Tools.Singleton;

/// <summary>A hand-over never ended. The manager is restarted by its supervisor and starts over.</summary>
public sealed class ClusterSingletonManagerIsStuckException : AkkaException
{
    public ClusterSingletonManagerIsStuckException(string message) : base(message) { }
}
