using Mooring.Actors.Volumes;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Tests.Pure;

/// <summary>What an operation does about the block store's answers.</summary>
public class SetbackTests
{
    private static readonly Backoff Backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(60));
    private static readonly NodeName Node = new("node-1");
    private static readonly FenceAddress First = new("worker-a");
    private static readonly FenceAddress Second = new("worker-b");
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly ExecuteOperation Create = new(OperationId.For(new RequestId("create")), new CreateVolume(VolumeId.Parse("rbd/v"), 1 << 30));
    private static readonly OperationError Later = new(ErrorKind.Overloaded, "later", 11);
    private static readonly OperationError Silent = new(ErrorKind.TimedOut, "no answer", 110);
    private static readonly OperationError Full = new(ErrorKind.NoSpace, "full", 122);

    private static VolumeState Started { get; } =
        VolumeState.Empty.Apply(VolumeState.Empty.DecideIntent(Create, new VolumeObservation(null, null, null), Node, First, Now));

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 1, 2)]
    [InlineData(3, 1, 4)]
    [InlineData(4, 1, 4)]
    [InlineData(1_000, 1, 4)]
    [InlineData(3, 0, 2)]
    [InlineData(3, 0.5, 3)]
    public void The_pauses_double_up_to_a_bound_and_differ_by_chance(int refusals, double chance, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Backoff.Pause(refusals, chance));

    [Fact]
    public void A_final_answer_ends_it_at_once() => Assert.Equal(Full, Ended(Decide(Started, Full, inDoubt: false)).Outcome.Error);

    [Fact]
    public void What_is_put_off_is_tried_again_later_and_needs_no_fence()
    {
        var again = TriedAgain(Decide(Started, Later, inDoubt: false));

        Assert.Equal((Later, 1, Now, Now + TimeSpan.FromSeconds(1)), (again.Setback.Reason, again.Setback.Count, again.Setback.Since, again.Setback.NextTryAt));
        Assert.Empty(again.MayAct);
        Assert.Equal([Second], Retried(again).Active!.Workers);
    }

    [Fact]
    public void What_was_not_answered_is_fenced_by_the_next_try()
    {
        var again = TriedAgain(Decide(Started, Silent, inDoubt: true));

        Assert.Equal([First], again.MayAct);
        Assert.Equal([First, Second], Retried(again).Active!.Workers);
    }

    [Fact]
    public void What_has_been_fenced_need_not_be_fenced_again()
    {
        var state = Retried(TriedAgain(Decide(Started, Silent, inDoubt: true)));

        Assert.Equal([First], TriedAgain(Decide(state, Later, inDoubt: false, attempt: 2)).MayAct);
        Assert.Empty(TriedAgain(Decide(state, Later, inDoubt: false, attempt: 2, fenced: true)).MayAct);
        Assert.Equal([Second], TriedAgain(Decide(state, Silent, inDoubt: true, attempt: 2, fenced: true)).MayAct);
        Assert.Equal([First, Second], TriedAgain(Decide(state, Silent, inDoubt: true, attempt: 2)).MayAct);
    }

    [Fact]
    public void Who_knows_nothing_of_the_last_attempt_fences_all() =>
        Assert.Equal([First, Second], Started.Apply(Started.DecideRetry(Node, Second, null, Now)).Active!.Workers);

    [Fact]
    public void What_is_put_off_for_too_long_ends_with_the_reason()
    {
        var last = TriedAgain(Decide(Started, Later, inDoubt: false, before: new OperationSetback(Later, 20, Now - TimeSpan.FromSeconds(58), Now)));
        var state = Retried(last);
        // Whether an earlier attempt took effect after all is looked at first; what cannot be looked at goes on.
        TriedAgain(Decide(state, Later, inDoubt: false, before: last.Setback, attempt: 2));
        var ended = Ended(Decide(state, OperationErrors.Cancelled("volume.create"), inDoubt: false, before: last.Setback, attempt: 2));

        Assert.Equal(ErrorKind.Cancelled, Ended(Decide(state, OperationErrors.Cancelled("volume.create"), inDoubt: false, before: last.Setback, attempt: 2, asked: true)).Outcome.Error!.Kind);
        Assert.Equal((Later.Kind, Later.Errno, "later; given up after 21 tries in 62 s"), (ended.Outcome.Error!.Kind, ended.Outcome.Error.Errno, ended.Outcome.Error.Detail));
    }

    [Fact]
    public void What_is_in_doubt_is_not_given_up()
    {
        var setback = new OperationSetback(Silent, 900, Now - TimeSpan.FromHours(2), Now);

        TriedAgain(Decide(Started, Silent, inDoubt: true, before: setback));
        TriedAgain(Decide(Retried(TriedAgain(Decide(Started, Silent, inDoubt: true))), Later, inDoubt: false, before: setback, attempt: 2));
    }

    [Fact]
    public void A_setback_after_a_long_run_begins_a_new_series()
    {
        var again = TriedAgain(Decide(Started, Later, inDoubt: false, before: new OperationSetback(Later, 7, Now - TimeSpan.FromHours(2), Now - TimeSpan.FromHours(1))));

        Assert.Equal((1, Now), (again.Setback.Count, again.Setback.Since));
    }

    [Fact]
    public void A_time_of_day_that_was_set_back_does_not_lengthen_a_series()
    {
        var again = TriedAgain(Decide(Started, Later, inDoubt: false, before: new OperationSetback(Later, 7, Now + TimeSpan.FromHours(1), Now + TimeSpan.FromHours(1))));

        Assert.Equal((8, Now), (again.Setback.Count, again.Setback.Since));
    }

    [Theory]
    [InlineData(ErrorKind.Unavailable)]
    [InlineData(ErrorKind.TimedOut)]
    [InlineData(ErrorKind.Overloaded)]
    public void What_has_not_begun_waits_for_the_store_but_not_for_ever(ErrorKind kind)
    {
        var error = new OperationError(kind, "not now");

        Assert.Equal(1, TriedAgain(Unready(error, null)).Setback.Count);
        Assert.Equal((0, kind), Unready(error, new OperationSetback(error, 20, Now - TimeSpan.FromSeconds(58), Now)) is AttemptDecision.End end
            ? (end.Finished.Outcome.Attempts, end.Finished.Outcome.Error!.Kind)
            : default);
    }

    [Fact]
    public void What_has_not_begun_is_refused_when_the_store_says_no() => Assert.Equal(Full, Ended(Unready(Full, null)).Outcome.Error);

    private static AttemptDecision? Decide(
        VolumeState state, OperationError error, bool inDoubt, OperationSetback? before = null, int attempt = 1, bool? fenced = null, bool asked = false) => state.Decide(
        new AttemptReport(Create.Operation, attempt, null, error, inDoubt, Leftovers: false, fenced ?? attempt == 1), before, asked, Backoff, 1, Node, Now);

    private static AttemptDecision Unready(OperationError error, OperationSetback? before) => VolumeState.Empty.DecideUnready(Create, error, before, Backoff, 1, Node, Now);

    private static VolumeState Retried(AttemptDecision.TryAgain again) => Started.Apply(Started.DecideRetry(Node, Second, again.MayAct, Now));

    private static AttemptDecision.TryAgain TriedAgain(AttemptDecision? decision) => Assert.IsType<AttemptDecision.TryAgain>(decision);

    private static OperationFinished Ended(AttemptDecision? decision) => Assert.IsType<AttemptDecision.End>(decision).Finished;
}
