using Akka.Actor;

namespace Akka.Cluster.Sharding;

/// <summary>A strategy that needs the actor system and is told when the coordinator starts.</summary>
public interface IActorSystemDependentAllocationStrategy : IShardAllocationStrategy
{
    /// <summary>Called before any other method, once for each start of the coordinator.</summary>
    void Start(ActorSystem system);
}
