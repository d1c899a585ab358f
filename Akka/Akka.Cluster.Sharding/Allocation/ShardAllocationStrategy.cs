using Akka.Cluster.Sharding.Internal;

namespace Akka.Cluster.Sharding;

/// <summary>Strategies that come with sharding.</summary>
public static class ShardAllocationStrategy
{
    /// <summary>
    /// Moves shards towards an even spread over all regions, in each round at most <paramref name="absoluteLimit"/> shards and
    /// at most the part <paramref name="relativeLimit"/> of all shards, but always one if the spread is uneven.
    /// </summary>
    public static IShardAllocationStrategy LeastShardAllocationStrategy(int absoluteLimit, double relativeLimit) =>
        new EvenSpreadAllocationStrategy(absoluteLimit, relativeLimit);
}
