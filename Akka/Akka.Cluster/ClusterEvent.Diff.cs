using System.Collections.Immutable;
using Akka.Actor;

namespace Akka.Cluster;

public partial class ClusterEvent
{
    /// <summary>
    /// The events that lead from one state to another, in the order in which subscribers see them: reachability, members, leaders,
    /// then what is internal.
    /// </summary>
    internal static IEnumerable<IClusterDomainEvent> Diff(MembershipState before, MembershipState after)
    {
        if (ReferenceEquals(before, after)) return [];
        return DiffUnreachable(before, after)
            .Concat(DiffReachable(before, after))
            .Concat(DiffMembers(before, after))
            .Concat(DiffLeader(before, after))
            .Concat(DiffRoleLeaders(before, after))
            .Concat(DiffSeen(before, after))
            .Concat(DiffReachability(before, after));
    }

    internal static IEnumerable<IClusterDomainEvent> DiffUnreachable(MembershipState before, MembershipState after)
    {
        var earlier = before.LatestGossip.Reachability.AllUnreachableOrTerminated;
        foreach (var node in after.LatestGossip.Reachability.AllUnreachableOrTerminated.Order())
            if (!earlier.Contains(node) && node != after.Self && after.LatestGossip.FindMember(node) is { } member)
                yield return new UnreachableMember(member);
    }

    internal static IEnumerable<IClusterDomainEvent> DiffReachable(MembershipState before, MembershipState after)
    {
        var now = after.LatestGossip.Reachability.AllUnreachableOrTerminated;
        foreach (var node in before.LatestGossip.Reachability.AllUnreachableOrTerminated.Order())
            if (!now.Contains(node) && node != after.Self && after.LatestGossip.FindMember(node) is { } member)
                yield return new ReachableMember(member);
    }

    internal static IEnumerable<IMemberEvent> DiffMembers(MembershipState before, MembershipState after)
    {
        // Who is up comes in the order of age: a node that learns of several at once, itself among them, must never take itself for the
        // oldest in between.
        foreach (var member in after.Members.OrderBy(m => m.Status == MemberStatus.Up ? m.UpNumber : int.MaxValue))
        {
            var earlier = before.LatestGossip.FindMember(member.UniqueAddress);
            if (earlier is not null && earlier.Status == member.Status && earlier.UpNumber == member.UpNumber) continue;
            switch (member.Status)
            {
                case MemberStatus.Joining: yield return new MemberJoined(member); break;
                case MemberStatus.WeaklyUp: yield return new MemberWeaklyUp(member); break;
                case MemberStatus.Up: yield return new MemberUp(member); break;
                case MemberStatus.Leaving: yield return new MemberLeft(member); break;
                case MemberStatus.Exiting: yield return new MemberExited(member); break;
                case MemberStatus.Down: yield return new MemberDowned(member); break;
                default: break; // Removed members are not in the gossip.
            }
        }
        foreach (var member in before.Members)
            if (!after.LatestGossip.HasMember(member.UniqueAddress))
                yield return new MemberRemoved(member.Copy(MemberStatus.Removed), member.Status);
    }

    internal static IEnumerable<IClusterDomainEvent> DiffLeader(MembershipState before, MembershipState after)
    {
        var leader = after.Leader;
        if (before.Leader != leader) yield return new LeaderChanged(leader?.Address);
    }

    internal static IEnumerable<IClusterDomainEvent> DiffRoleLeaders(MembershipState before, MembershipState after)
    {
        foreach (var role in before.AllRoles().Union(after.AllRoles()).Order(StringComparer.Ordinal))
        {
            var leader = after.RoleLeader(role);
            if (before.RoleLeader(role) != leader) yield return new RoleLeaderChanged(role, leader?.Address);
        }
    }

    internal static IEnumerable<IClusterDomainEvent> DiffSeen(MembershipState before, MembershipState after)
    {
        var converged = after.Convergence([]);
        if (converged != before.Convergence([]) || !after.LatestGossip.Seen.SetEquals(before.LatestGossip.Seen))
            yield return new SeenChanged(converged, after.LatestGossip.Seen.Select(n => n.Address).ToImmutableHashSet());
    }

    internal static IEnumerable<IClusterDomainEvent> DiffReachability(MembershipState before, MembershipState after)
    {
        if (!ReferenceEquals(before.LatestGossip.Reachability, after.LatestGossip.Reachability)
            && !before.LatestGossip.Reachability.Equals(after.LatestGossip.Reachability))
            yield return new ReachabilityChanged(after.LatestGossip.Reachability);
    }

    /// <summary>The state as users see it.</summary>
    internal static CurrentClusterState StateOf(MembershipState state)
    {
        var gossip = state.LatestGossip;
        var unreachable = gossip.Reachability.AllUnreachableOrTerminated
            .Where(n => n != state.Self).Select(gossip.FindMember).OfType<Member>().ToImmutableHashSet();
        return new CurrentClusterState(
            gossip.Members,
            unreachable,
            gossip.Seen.Select(n => n.Address).ToImmutableHashSet(),
            state.Leader?.Address,
            state.AllRoles().ToImmutableDictionary<string, string, Address?>(r => r, r => state.RoleLeader(r)?.Address));
    }
}
