using System.Collections.Immutable;
using Akka.Actor;

namespace Akka.Cluster.Sharding.Internal;

/// <summary>
/// The newer least-shard strategy. First regions above the even share give shards away; when none is above it (the share is
/// rounded up), full regions give one each for those that are two or more below it. One round at a time.
/// </summary>
internal sealed class EvenSpreadAllocationStrategy(int absoluteLimit, double relativeLimit) : AbstractLeastShardAllocationStrategy
{
    public override Task<IImmutableSet<string>> Rebalance(
        IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations, IImmutableSet<string> rebalanceInProgress) =>
        Task.FromResult(rebalanceInProgress.Count > 0 ? NoShards : ShardsToMove(currentShardAllocations));

    private IImmutableSet<string> ShardsToMove(IImmutableDictionary<IActorRef, IImmutableList<string>> allocations)
    {
        var entries = SuitableRegions(allocations);
        var shards = entries.Sum(entry => entry.Shards.Count);
        if (shards == 0 || !IsAGoodTimeToRebalance(entries)) return NoShards;

        var share = (shards + entries.Count - 1) / entries.Count;
        var limit = Math.Max(1, Math.Min((int)(relativeLimit * shards), absoluteLimit));

        var aboveShare = entries.SelectMany(entry => entry.Shards.Take(entry.Shards.Count - share)).Take(limit).ToImmutableHashSet();
        if (aboveShare.Count > 0) return aboveShare;

        var missing = entries.Sum(entry => Math.Max(0, share - 1 - entry.Shards.Count));
        return entries
            .Where(entry => entry.Shards.Count >= share)
            .Select(entry => entry.Shards[0])
            .Take(Math.Min(missing, limit))
            .ToImmutableHashSet();
    }
}
