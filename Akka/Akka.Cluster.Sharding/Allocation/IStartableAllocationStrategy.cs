namespace Akka.Cluster.Sharding;

/// <summary>A strategy that is told when the coordinator starts.</summary>
public interface IStartableAllocationStrategy : IShardAllocationStrategy
{
    /// <summary>Called before any other method, once for each start of the coordinator.</summary>
    void Start();
}
