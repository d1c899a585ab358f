using Mooring.Actors.Nodes;

namespace Mooring.Tests.Pure;

public class NodeHealthStateTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    [Fact]
    public void A_node_is_healthy_until_shown_otherwise()
    {
        var state = NodeHealthState.Started(At(0));

        Assert.True(state.DispatcherOk && state.LinkOk);
        Assert.False(state.MustGiveUp(At(100), At(5)));
    }

    [Fact]
    public void A_heartbeat_that_is_answered_in_time_changes_nothing()
    {
        var state = NodeHealthState.Started(At(0)).Beat(At(1), Timeout).Answered(At(2)).Beat(At(3), Timeout);

        Assert.True(state.DispatcherOk);
        Assert.Equal(At(0), state.ChangedAt);
    }

    [Fact]
    public void A_heartbeat_without_answer_within_the_bound_means_failure()
    {
        var state = NodeHealthState.Started(At(0)).Beat(At(1), Timeout).Beat(At(2), Timeout);
        Assert.True(state.DispatcherOk);

        state = state.Beat(At(4), Timeout);
        Assert.False(state.DispatcherOk);
        Assert.Equal(At(4), state.ChangedAt);
        Assert.False(state.Beat(At(5), Timeout).DispatcherOk);
        Assert.True(state.Answered(At(5)).DispatcherOk);
    }

    [Fact]
    public void A_link_that_fails_is_reported_at_once_and_given_up_after_its_bound()
    {
        var state = NodeHealthState.Started(At(0)).Probed(At(1), null).Probed(At(2), "no answer");

        Assert.False(state.LinkOk);
        Assert.False(state.MustGiveUp(At(5), At(5)));
        Assert.True(state.MustGiveUp(At(7), At(5)));
    }

    [Fact]
    public void A_link_that_comes_back_is_healthy_again()
    {
        var state = NodeHealthState.Started(At(0)).Probed(At(2), "no answer").Probed(At(3), null);

        Assert.True(state.LinkOk);
        Assert.False(state.MustGiveUp(At(100), At(5)));
        Assert.Equal(At(3), state.ChangedAt);
    }

    [Fact]
    public void Where_clients_do_not_reach_the_virtual_IP_is_a_problem_of_its_own()
    {
        var state = NodeHealthState.Started(At(0)).Looked(At(1), "eth1 is not connected").Looked(At(2), "eth1 is gone");

        Assert.Equal(("eth1 is gone", At(1), true), (state.Problem, state.ChangedAt, state.LinkOk));
        Assert.False(state.MustGiveUp(At(100), At(5)));
        Assert.Equal((null, At(3)), state.Looked(At(3), null) is var well ? (well.Problem, well.ChangedAt) : default);
    }

    private static TimeSpan At(int seconds) => TimeSpan.FromSeconds(seconds);
}
