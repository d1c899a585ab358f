using Akka.Cluster;
using static Mooring.Tests.Engine.ClusterSpecs.Nodes;

namespace Mooring.Tests.Engine.ClusterSpecs;

public sealed class ClusterEventDiffSpec
{
    [Fact]
    public void Every_change_of_status_is_an_event()
    {
        var before = State(Create(A, MemberStatus.Joining), Up(B), Create(C, MemberStatus.Leaving), Create(D, MemberStatus.Down));
        var after = State(Up(A), Create(B, MemberStatus.Leaving), Create(C, MemberStatus.Exiting), Create(E, MemberStatus.Joining));
        Assert.Equal(
            ["MemberUp a", "MemberLeft b", "MemberExited c", "MemberJoined e", "MemberRemoved d"],
            ClusterEvent.DiffMembers(before, after).Select(e => $"{e.GetType().Name} {e.Member.Address.Host![^1]}"));
        var removed = ClusterEvent.DiffMembers(before, after).OfType<ClusterEvent.MemberRemoved>().Single();
        Assert.Equal(MemberStatus.Down, removed.PreviousStatus);
        Assert.Equal(MemberStatus.Removed, removed.Member.Status);
    }

    [Fact]
    public void Members_come_up_in_the_order_of_their_age()
    {
        var before = State();
        var after = State(Up(A, 3), Up(B, 1), Create(C, MemberStatus.Joining), Up(D, 2));
        Assert.Equal(
            ["MemberUp b", "MemberUp d", "MemberUp a", "MemberJoined c"],
            ClusterEvent.DiffMembers(before, after).Select(e => $"{e.GetType().Name} {e.Member.Address.Host![^1]}"));
    }

    [Fact]
    public void Reachability_comes_before_members_and_leaders_after()
    {
        var before = State(Up(A), Up(B), Up(C));
        var after = new MembershipState(
            before.LatestGossip.Update([Create(B, MemberStatus.Down)]).WithReachability(Reachability.Empty.Unreachable(C, A)), C);
        Assert.Equal(
            ["UnreachableMember", "MemberDowned", "LeaderChanged", "ReachabilityChanged"],
            ClusterEvent.Diff(before, after).Select(e => e.GetType().Name));
    }

    [Fact]
    public void A_member_is_reachable_again_when_it_still_is_a_member()
    {
        var gossip = new Gossip(Members(Up(A), Up(B), Up(C)));
        var before = new MembershipState(gossip.WithReachability(Reachability.Empty.Unreachable(A, B).Unreachable(A, C)), A);
        var after = new MembershipState(gossip.RemoveAll([C], 1), A);
        Assert.Equal([new ClusterEvent.ReachableMember(Up(B))], ClusterEvent.DiffReachable(before, after));
    }

    [Fact]
    public void This_node_never_is_unreachable_to_itself()
    {
        var gossip = new Gossip(Members(Up(A), Up(B)));
        var after = new MembershipState(gossip.WithReachability(Reachability.Empty.Unreachable(B, A)), A);
        Assert.Empty(ClusterEvent.DiffUnreachable(new MembershipState(gossip, A), after));
        Assert.Empty(ClusterEvent.StateOf(after).Unreachable);
    }

    private static MembershipState State(params Member[] members) => new(new Gossip(Members(members)), A);
}
