using Akka.Actor;
using Akka.Cluster;
using Mooring.Actors.Membership;
using Mooring.Messages;

namespace Mooring.Tests.Pure;

public class PeerVotesTests
{
    private static readonly TimeSpan Now = TimeSpan.FromMinutes(1);
    private static readonly UniqueAddress[] Three = [Member(1), Member(2), Member(3)];

    [Fact]
    public void Both_of_the_others_say_so_of_a_third()
    {
        var votes = PeerVotes.None.Cast(Three[0], PeerVerdict.Refuses, Three[1], Now);
        Assert.False(votes.HasEnded(Three[0], Three, Now));
        votes = votes.Cast(Three[0], PeerVerdict.Refuses, Three[2], Now);
        Assert.True(votes.HasEnded(Three[0], Three, Now));
        Assert.False(votes.HasEnded(Three[1], Three, Now));
    }

    [Fact]
    public void One_of_two_is_no_majority()
    {
        UniqueAddress[] two = [Member(1), Member(2)];
        var votes = PeerVotes.None.Cast(two[0], PeerVerdict.Refuses, two[1], Now);
        Assert.False(votes.HasEnded(two[0], two, Now));
        Assert.False(votes.IsLost(two[0], two, two, Now));
    }

    [Fact]
    public void One_that_joins_says_who_has_ended_and_not_who_is_silent()
    {
        UniqueAddress[] up = [Three[0], Three[1]];
        var refuses = PeerVotes.None.Cast(Three[0], PeerVerdict.Refuses, Three[1], Now).Cast(Three[0], PeerVerdict.Refuses, Three[2], Now);
        Assert.True(refuses.HasEnded(Three[0], Three, Now));
        var silent = PeerVotes.None.Cast(Three[0], PeerVerdict.Silent, Three[1], Now).Cast(Three[0], PeerVerdict.Silent, Three[2], Now);
        Assert.False(silent.IsLost(Three[0], Three, up, Now));
    }

    [Fact]
    public void A_firewall_that_rejects_convinces_only_who_stands_behind_it()
    {
        UniqueAddress[] five = [Member(1), Member(2), Member(3), Member(4), Member(5)];
        var votes = PeerVotes.None.Cast(five[0], PeerVerdict.Refuses, five[1], Now).Cast(five[0], PeerVerdict.Refuses, five[2], Now);
        Assert.False(votes.HasEnded(five[0], five, Now));
    }

    [Fact]
    public void Two_that_end_together_are_ended_by_three_of_five()
    {
        UniqueAddress[] five = [Member(1), Member(2), Member(3), Member(4), Member(5)];
        var votes = five[2..].Aggregate(PeerVotes.None, (votes, by) => votes.Cast(five[0], PeerVerdict.Refuses, by, Now).Cast(five[1], PeerVerdict.Refuses, by, Now));
        Assert.True(votes.HasEnded(five[0], five, Now));
        Assert.True(votes.HasEnded(five[1], five, Now));
    }

    [Fact]
    public void What_somebody_said_a_while_ago_counts_no_more()
    {
        var votes = PeerVotes.None.Cast(Three[0], PeerVerdict.Refuses, Three[1], Now - TimeSpan.FromSeconds(6)).Cast(Three[0], PeerVerdict.Refuses, Three[2], Now);
        Assert.False(votes.HasEnded(Three[0], Three, Now));
    }

    [Fact]
    public void One_that_most_hear_nothing_of_is_lost_and_not_known_to_have_ended()
    {
        var votes = PeerVotes.None.Cast(Three[0], PeerVerdict.Silent, Three[1], Now);
        Assert.False(votes.IsLost(Three[0], Three, Three, Now));
        votes = votes.Cast(Three[0], PeerVerdict.Silent, Three[2], Now);
        Assert.True(votes.IsLost(Three[0], Three, Three, Now));
        Assert.False(votes.HasEnded(Three[0], Three, Now));
        Assert.False(votes.IsLost(Three[0], Three, Three, Now + TimeSpan.FromSeconds(1.1)));
    }

    [Fact]
    public void Who_hears_nothing_and_who_is_refused_make_one_majority()
    {
        var votes = PeerVotes.None.Cast(Three[0], PeerVerdict.Silent, Three[1], Now).Cast(Three[0], PeerVerdict.Refuses, Three[2], Now);
        Assert.True(votes.IsLost(Three[0], Three, Three, Now));
        Assert.False(votes.HasEnded(Three[0], Three, Now));
    }

    [Fact]
    public void A_cut_between_two_loses_neither()
    {
        var votes = PeerVotes.None.Cast(Three[0], PeerVerdict.Silent, Three[1], Now).Cast(Three[1], PeerVerdict.Silent, Three[0], Now);
        Assert.False(votes.IsLost(Three[0], Three, Three, Now));
        Assert.False(votes.IsLost(Three[1], Three, Three, Now));
    }

    [Fact]
    public void Strangers_and_the_member_itself_do_not_count()
    {
        var votes = PeerVotes.None.Cast(Three[0], PeerVerdict.Refuses, Member(9), Now).Cast(Three[0], PeerVerdict.Refuses, Three[0], Now).Cast(Three[0], PeerVerdict.Refuses, Three[1], Now);
        Assert.False(votes.HasEnded(Three[0], Three, Now));
    }

    [Fact]
    public void Another_incarnation_under_the_same_address_is_another_member()
    {
        var again = new UniqueAddress(Three[0].Address, 77);
        var votes = PeerVotes.None.Cast(Three[0], PeerVerdict.Refuses, Three[1], Now).Cast(Three[0], PeerVerdict.Refuses, Three[2], Now);
        Assert.False(votes.HasEnded(again, [again, Three[1], Three[2]], Now));
        Assert.False(votes.Forget(Three[0]).HasEnded(Three[0], Three, Now));
    }

    private static UniqueAddress Member(int i) => new(new Address("akka.tcp", "mooring", $"10.0.0.{i}", 4053), i);
}
