using Akka.Actor;
using Akka.Cluster;
using Mooring.Actors.Membership;

namespace Mooring.Tests.Pure;

public class RefusalVotesTests
{
    private static readonly TimeSpan Now = TimeSpan.FromMinutes(1);
    private static readonly UniqueAddress[] Three = [Member(1), Member(2), Member(3)];

    [Fact]
    public void Both_of_the_others_say_so_of_a_third()
    {
        var votes = RefusalVotes.None.Cast(Three[0], Three[1], Now);
        Assert.False(votes.HasEnded(Three[0], Three, Now));
        votes = votes.Cast(Three[0], Three[2], Now);
        Assert.True(votes.HasEnded(Three[0], Three, Now));
        Assert.False(votes.HasEnded(Three[1], Three, Now));
    }

    [Fact]
    public void One_of_two_is_no_majority()
    {
        UniqueAddress[] two = [Member(1), Member(2)];
        Assert.False(RefusalVotes.None.Cast(two[0], two[1], Now).HasEnded(two[0], two, Now));
    }

    [Fact]
    public void A_firewall_that_rejects_convinces_only_who_stands_behind_it()
    {
        UniqueAddress[] five = [Member(1), Member(2), Member(3), Member(4), Member(5)];
        var votes = RefusalVotes.None.Cast(five[0], five[1], Now).Cast(five[0], five[2], Now);
        Assert.False(votes.HasEnded(five[0], five, Now));
    }

    [Fact]
    public void Two_that_end_together_are_ended_by_three_of_five()
    {
        UniqueAddress[] five = [Member(1), Member(2), Member(3), Member(4), Member(5)];
        var votes = five[2..].Aggregate(RefusalVotes.None, (votes, by) => votes.Cast(five[0], by, Now).Cast(five[1], by, Now));
        Assert.True(votes.HasEnded(five[0], five, Now));
        Assert.True(votes.HasEnded(five[1], five, Now));
    }

    [Fact]
    public void What_somebody_said_a_while_ago_counts_no_more()
    {
        var votes = RefusalVotes.None.Cast(Three[0], Three[1], Now - TimeSpan.FromSeconds(6)).Cast(Three[0], Three[2], Now);
        Assert.False(votes.HasEnded(Three[0], Three, Now));
    }

    [Fact]
    public void Strangers_and_the_member_itself_do_not_count()
    {
        var votes = RefusalVotes.None.Cast(Three[0], Member(9), Now).Cast(Three[0], Three[0], Now).Cast(Three[0], Three[1], Now);
        Assert.False(votes.HasEnded(Three[0], Three, Now));
    }

    [Fact]
    public void Another_incarnation_under_the_same_address_is_another_member()
    {
        var again = new UniqueAddress(Three[0].Address, 77);
        var votes = RefusalVotes.None.Cast(Three[0], Three[1], Now).Cast(Three[0], Three[2], Now);
        Assert.False(votes.HasEnded(again, [again, Three[1], Three[2]], Now));
        Assert.False(votes.Forget(Three[0]).HasEnded(Three[0], Three, Now));
    }

    private static UniqueAddress Member(int i) => new(new Address("akka.tcp", "mooring", $"10.0.0.{i}", 4053), i);
}
