using System.Collections.Immutable;
using Akka.Actor;
using static Akka.Cluster.Sharding.CoordinatorEvents;

namespace Akka.Cluster.Sharding;

/// <summary>
/// Regions, and the home of each shard. Changes by events only. An event that does not fit (two coordinators wrote during a split)
/// changes nothing: a coordinator that can not recover would be worse than one that forgets a home, which regions report again.
/// </summary>
internal sealed record CoordinatorState : IClusterShardingSerializable
{
    internal static readonly CoordinatorState Empty = new();

    /// <summary>Home of each shard that has one.</summary>
    internal ImmutableDictionary<string, IActorRef> Shards { get; init; } = ImmutableDictionary<string, IActorRef>.Empty;

    /// <summary>The shards of each region.</summary>
    internal ImmutableDictionary<IActorRef, IImmutableList<string>> Regions { get; init; } = ImmutableDictionary<IActorRef, IImmutableList<string>>.Empty;

    /// <summary>Regions that host no entities.</summary>
    internal ImmutableHashSet<IActorRef> Proxies { get; init; } = [];

    /// <summary>Shards that had a home and have none now: with remembered entities they need one although nobody asks.</summary>
    internal ImmutableHashSet<string> Homeless { get; init; } = [];

    /// <summary>The state after an event.</summary>
    internal CoordinatorState Updated(IDomainEvent evt) => evt switch
    {
        ShardRegionRegistered registered when !Regions.ContainsKey(registered.Region) =>
            this with { Regions = Regions.Add(registered.Region, ImmutableList<string>.Empty) },
        ShardRegionProxyRegistered registered => this with { Proxies = Proxies.Add(registered.RegionProxy) },
        ShardRegionTerminated terminated when Regions.TryGetValue(terminated.Region, out var shards) =>
            this with { Regions = Regions.Remove(terminated.Region), Shards = Shards.RemoveRange(shards), Homeless = Homeless.Union(shards) },
        ShardRegionProxyTerminated terminated => this with { Proxies = Proxies.Remove(terminated.RegionProxy) },
        ShardHomeAllocated allocated when !Shards.ContainsKey(allocated.Shard) && Regions.TryGetValue(allocated.Region, out var shards) =>
            this with
            {
                Shards = Shards.Add(allocated.Shard, allocated.Region),
                Homeless = Homeless.Remove(allocated.Shard),
                Regions = Regions.SetItem(allocated.Region, shards.Add(allocated.Shard)),
            },
        ShardHomeDeallocated deallocated when Shards.TryGetValue(deallocated.Shard, out var region) =>
            this with
            {
                Shards = Shards.Remove(deallocated.Shard),
                Homeless = Homeless.Add(deallocated.Shard),
                Regions = Regions.SetItem(region, Regions[region].Remove(deallocated.Shard)),
            },
        _ => this,
    };
}
