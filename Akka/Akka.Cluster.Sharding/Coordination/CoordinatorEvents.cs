using Akka.Actor;

namespace Akka.Cluster.Sharding;

/// <summary>What the coordinator journals.</summary>
internal static class CoordinatorEvents
{
    /// <summary>An event of the coordinator.</summary>
    internal interface IDomainEvent : IClusterShardingSerializable;

    /// <summary>A region may be given shards from now on.</summary>
    internal sealed record ShardRegionRegistered(IActorRef Region) : IDomainEvent;

    /// <summary>A region without entities wants to hear of hand-offs.</summary>
    internal sealed record ShardRegionProxyRegistered(IActorRef RegionProxy) : IDomainEvent;

    /// <summary>A region has stopped; its shards have no home.</summary>
    internal sealed record ShardRegionTerminated(IActorRef Region) : IDomainEvent;

    /// <summary>A region without entities has stopped.</summary>
    internal sealed record ShardRegionProxyTerminated(IActorRef RegionProxy) : IDomainEvent;

    /// <summary>A shard got a home.</summary>
    internal sealed record ShardHomeAllocated(string Shard, IActorRef Region) : IDomainEvent;

    /// <summary>A shard has no home any more.</summary>
    internal sealed record ShardHomeDeallocated(string Shard) : IDomainEvent;
}
