using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Sharding.Internal;

namespace Akka.Cluster.Sharding;

/// <summary>
/// Places a shard on the region with the fewest, and takes shards from the fullest region while it has more than
/// <c>rebalanceThreshold</c> shards above the emptiest one.
/// </summary>
public class LeastShardAllocationStrategy : AbstractLeastShardAllocationStrategy
{
    private readonly int _rebalanceThreshold;
    private readonly int _maxSimultaneousRebalance;

    /// <summary>Largest difference that is left alone, and how many shards move at the same time.</summary>
    public LeastShardAllocationStrategy(int rebalanceThreshold, int maxSimultaneousRebalance)
    {
        _rebalanceThreshold = rebalanceThreshold;
        _maxSimultaneousRebalance = maxSimultaneousRebalance;
    }

    /// <inheritdoc/>
    public override Task<IImmutableSet<string>> Rebalance(
        IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations, IImmutableSet<string> rebalanceInProgress) =>
        Task.FromResult(ShardsToMove(currentShardAllocations, rebalanceInProgress));

    private IImmutableSet<string> ShardsToMove(
        IImmutableDictionary<IActorRef, IImmutableList<string>> allocations, IImmutableSet<string> inProgress)
    {
        if (inProgress.Count >= _maxSimultaneousRebalance) return NoShards;

        var entries = SuitableRegions(allocations);
        if (entries.Count == 0 || !IsAGoodTimeToRebalance(entries)) return NoShards;

        var fewest = entries[0].Shards.Count;
        var fullest = entries
            .Select(entry => entry.Shards.Where(shard => !inProgress.Contains(shard)).ToList())
            .MaxBy(shards => shards.Count)!;
        var difference = fullest.Count - fewest;
        if (difference <= _rebalanceThreshold) return NoShards;

        var count = Math.Min(
            Math.Min(difference - _rebalanceThreshold, _rebalanceThreshold),
            _maxSimultaneousRebalance - inProgress.Count);
        return fullest.Order(StringComparer.Ordinal).Take(count).ToImmutableHashSet();
    }
}
