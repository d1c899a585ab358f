using Akka.Cluster;
using static Mooring.Tests.Engine.ClusterSpecs.Nodes;

namespace Mooring.Tests.Engine.ClusterSpecs;

public sealed class MembershipStateSpec
{
    [Fact]
    public void All_that_are_up_must_have_seen_the_gossip()
    {
        var gossip = new Gossip(Members(Up(A), Up(B), Create(C, MemberStatus.Joining)));
        Assert.False(Converged(gossip.MarkSeen(A)));
        Assert.True(Converged(gossip.MarkSeen(A).MarkSeen(B)));
    }

    [Theory]
    [InlineData(MemberStatus.Up, false)]
    [InlineData(MemberStatus.Leaving, false)]
    [InlineData(MemberStatus.Joining, false)]
    [InlineData(MemberStatus.Down, true)]
    [InlineData(MemberStatus.Exiting, true)]
    public void An_unreachable_member_holds_up_convergence_unless_it_is_on_its_way_out(MemberStatus status, bool expected)
    {
        var gossip = new Gossip(Members(Up(A), Up(B), Create(C, status))).MarkSeen(A).MarkSeen(B).MarkSeen(C);
        Assert.Equal(expected, Converged(gossip.WithReachability(Reachability.Empty.Unreachable(B, C))));
    }

    [Fact]
    public void What_downed_members_say_of_others_does_not_count()
    {
        var gossip = new Gossip(Members(Up(A), Up(B), Create(C, MemberStatus.Down))).MarkSeen(A).MarkSeen(B);
        Assert.True(Converged(gossip.WithReachability(Reachability.Empty.Unreachable(C, A).Unreachable(C, B).Unreachable(A, C))));
    }

    [Fact]
    public void A_confirmed_exit_needs_no_seen_mark()
    {
        var gossip = new Gossip(Members(Up(A), Create(B, MemberStatus.Leaving))).MarkSeen(A);
        Assert.False(Converged(gossip));
        Assert.True(new MembershipState(gossip, A).Convergence([B]));
    }

    [Fact]
    public void The_first_member_that_is_up_and_reachable_leads()
    {
        var gossip = new Gossip(Members(Create(A, MemberStatus.Joining), Up(B), Up(C), Create(D, MemberStatus.Down)));
        Assert.Equal(B, new MembershipState(gossip, C).Leader);
        var split = gossip.WithReachability(Reachability.Empty.Unreachable(C, B));
        Assert.Equal(C, new MembershipState(split, C).Leader);
        // The one that is seen as unreachable leads what it can see.
        Assert.Equal(B, new MembershipState(split, B).Leader);
    }

    [Fact]
    public void Without_anybody_up_a_joining_member_leads()
    {
        var gossip = new Gossip(Members(Create(A, MemberStatus.Exiting), Create(B, MemberStatus.Joining)));
        Assert.Equal(B, new MembershipState(gossip, A).Leader);
        Assert.Null(new MembershipState(new Gossip(Members(Create(A, MemberStatus.Down))), A).Leader);
    }

    [Fact]
    public void Each_role_has_its_own_leader()
    {
        var state = new MembershipState(new Gossip(Members(Up(A, 1, "x"), Up(B, 2, "x", "y"))), A);
        Assert.Equal(A, state.RoleLeader("x"));
        Assert.Equal(B, state.RoleLeader("y"));
        Assert.Null(state.RoleLeader("z"));
    }

    private static bool Converged(Gossip gossip) => new MembershipState(gossip, A).Convergence([]);
}
