using System.Collections.Immutable;
using Akka.Actor;

namespace Akka.Cluster.Sharding.Internal;

/// <summary>
/// What the least-shard strategies share: a new shard goes to the region with the fewest shards among those on members that
/// stay and that run the newest version of the application.
/// </summary>
public abstract class AbstractLeastShardAllocationStrategy : IActorSystemDependentAllocationStrategy
{
    private protected static readonly IImmutableSet<string> NoShards = ImmutableHashSet<string>.Empty;

    private Cluster? _cluster;

    /// <inheritdoc/>
    public void Start(ActorSystem system) => _cluster = Cluster.Get(system);

    /// <inheritdoc/>
    public virtual Task<IActorRef> AllocateShard(
        IActorRef requester, string shardId, IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations)
    {
        var entries = SuitableRegions(currentShardAllocations);
        // A region on a member that gossip does not know any more is still better than none: its end will move the shard again.
        return Task.FromResult(entries.Count > 0 ? entries[0].Region : currentShardAllocations.MinBy(pair => pair.Value.Count).Key);
    }

    /// <inheritdoc/>
    public abstract Task<IImmutableSet<string>> Rebalance(
        IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations, IImmutableSet<string> rebalanceInProgress);

    /// <summary>Members as the cluster sees them; null when the strategy runs without a cluster.</summary>
    internal virtual IReadOnlyCollection<Member>? Members => _cluster?.State.Members;

    /// <summary>Address of the member that a local region runs on.</summary>
    internal virtual Address? SelfAddress => _cluster?.SelfAddress;

    /// <summary>Regions whose member is known, the most suitable one first.</summary>
    private protected List<RegionEntry> SuitableRegions(IImmutableDictionary<IActorRef, IImmutableList<string>> allocations)
    {
        var members = Members?.ToDictionary(member => member.Address);
        var entries = new List<RegionEntry>(allocations.Count);
        foreach (var (region, shards) in allocations)
        {
            if (members is null)
                entries.Add(new RegionEntry(region, null, shards));
            else if (members.TryGetValue(region.Path.Address.HasLocalScope ? SelfAddress! : region.Path.Address, out var member))
                entries.Add(new RegionEntry(region, member, shards));
        }

        entries.Sort(BySuitability);
        return entries;
    }

    /// <summary>Shards stay where they are while members come and go or versions of the application are mixed.</summary>
    private protected bool IsAGoodTimeToRebalance(List<RegionEntry> entries)
    {
        if (Members is not { } members) return true;
        if (members.Any(member => member.Status is MemberStatus.Joining or MemberStatus.WeaklyUp or MemberStatus.Leaving or MemberStatus.Exiting))
            return false;

        var version = entries[0].Member!.AppVersion;
        return entries.TrueForAll(entry => entry.Member!.AppVersion == version);
    }

    private static int BySuitability(RegionEntry x, RegionEntry y)
    {
        if (x.Member is { } memberX && y.Member is { } memberY)
        {
            var leaves = IsLeaving(memberX).CompareTo(IsLeaving(memberY));
            if (leaves != 0) return leaves;

            var newest = memberY.AppVersion.CompareTo(memberX.AppVersion);
            if (newest != 0) return newest;
        }

        var fewest = x.Shards.Count.CompareTo(y.Shards.Count);
        return fewest != 0 ? fewest : x.Region.CompareTo(y.Region);
    }

    private static bool IsLeaving(Member member) => member.Status is MemberStatus.Leaving or MemberStatus.Exiting or MemberStatus.Down;

    /// <summary>A region, the member it runs on and its shards.</summary>
    private protected readonly record struct RegionEntry(IActorRef Region, Member? Member, IImmutableList<string> Shards);
}
