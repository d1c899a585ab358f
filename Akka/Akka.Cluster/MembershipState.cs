using System.Collections.Immutable;

namespace Akka.Cluster;

/// <summary>The gossip from the point of view of one node: convergence, leaders, and who may be talked to. Immutable.</summary>
internal sealed class MembershipState
{
    private Reachability? _reachabilityExcludingDownedObservers;

    public MembershipState(Gossip latestGossip, UniqueAddress self)
    {
        LatestGossip = latestGossip;
        Self = self;
    }

    public Gossip LatestGossip { get; }

    public UniqueAddress Self { get; }

    public ImmutableSortedSet<Member> Members => LatestGossip.Members;

    public Member SelfMember => LatestGossip.GetMember(Self);

    /// <summary>Reachability without what members that are themselves down have said.</summary>
    public Reachability ReachabilityExcludingDownedObservers => _reachabilityExcludingDownedObservers ??=
        LatestGossip.Reachability.RemoveObservers(Members.Where(m => m.Status == MemberStatus.Down).Select(m => m.UniqueAddress).ToHashSet());

    /// <summary>The member to lead: the first that is up (or leaving) and reachable, else the first that could become so.</summary>
    public UniqueAddress? Leader => LeaderOf(Members);

    /// <summary>The first of the members that became up, or null.</summary>
    public Member? YoungestUpNumber => Members.Where(m => m.UpNumber != int.MaxValue).MaxBy(m => m.UpNumber);

    public bool IsLeader(UniqueAddress node) => Leader is { } leader && leader.Equals(node);

    public MembershipState With(Gossip gossip) => ReferenceEquals(gossip, LatestGossip) ? this : new MembershipState(gossip, Self);

    public UniqueAddress? RoleLeader(string role) => LeaderOf(Members.Where(m => m.HasRole(role)));

    public ImmutableHashSet<string> AllRoles() => Members.SelectMany(m => m.Roles).ToImmutableHashSet();

    /// <summary>
    /// Whether all that count (up or leaving) have seen this version and nobody that counts is unreachable. Nodes that are down or
    /// exiting do not hold it up, nor do those that have confirmed their exit.
    /// </summary>
    public bool Convergence(ImmutableHashSet<UniqueAddress> exitingConfirmed)
    {
        foreach (var node in ReachabilityExcludingDownedObservers.AllUnreachableOrTerminated)
        {
            if (node == Self || exitingConfirmed.Contains(node)) continue;
            if (LatestGossip.FindMember(node) is { Status: not (MemberStatus.Down or MemberStatus.Exiting) }) return false;
        }
        foreach (var member in Members)
        {
            if (member.Status is not (MemberStatus.Up or MemberStatus.Leaving)) continue;
            if (!LatestGossip.SeenByNode(member.UniqueAddress) && !exitingConfirmed.Contains(member.UniqueAddress)) return false;
        }
        return true;
    }

    /// <summary>Whether a gossip may be sent there: a reachable member other than this one.</summary>
    public bool ValidForGossip(UniqueAddress node) =>
        node != Self && LatestGossip.HasMember(node) && LatestGossip.Reachability.IsReachable(Self, node)
        && LatestGossip.Reachability.Status(node) != ReachabilityStatus.Terminated;

    private UniqueAddress? LeaderOf(IEnumerable<Member> candidates)
    {
        var reachability = LatestGossip.Reachability;
        Member? best = null;
        foreach (var member in candidates)
        {
            if (member.Status == MemberStatus.Down) continue;
            if (member.UniqueAddress != Self && !reachability.IsReachable(member.UniqueAddress)) continue;
            // Members come in address order, so the first that is up or leaving leads.
            if (member.Status is MemberStatus.Up or MemberStatus.Leaving) return member.UniqueAddress;
            if (best is null || Member.LeaderStatusOrdering.Compare(member, best) < 0) best = member;
        }
        return best?.UniqueAddress;
    }
}
