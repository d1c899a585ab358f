using Mooring.Actors.Requests;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Tests.Pure;

public class OperationsStateTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly NodeName Node = new("node-1");
    private static readonly SubmitOperation Create = Request("a", new CreateVolume(VolumeId.Parse("rbd/v"), 10));

    [Fact]
    public void A_new_request_is_accepted()
    {
        var accepted = Accept(OperationsState.Empty, Create);

        Assert.Equal(1, accepted.OpenCount);
        Assert.Equal(OperationState.Accepted, accepted.Entries[Id(Create)].View(null).State);
    }

    [Fact]
    public void The_same_request_again_is_known()
    {
        var state = Accept(OperationsState.Empty, Create);

        Assert.IsType<SubmitDecision.Known>(state.Decide(Create, null, 10, Now));
    }

    [Fact]
    public void The_same_id_with_other_content_is_refused()
    {
        var state = Accept(OperationsState.Empty, Create);
        var other = Request("a", new CreateVolume(VolumeId.Parse("rbd/v"), 11));

        Assert.Equal(ErrorKind.RequestConflict, Assert.IsType<SubmitDecision.Refuse>(state.Decide(other, null, 10, Now)).Error.Kind);
    }

    [Fact]
    public void A_request_that_makes_no_sense_leaves_no_trace() => Assert.Equal(
        ErrorKind.InvalidArgument,
        Assert.IsType<SubmitDecision.Refuse>(OperationsState.Empty.Decide(Request("b", new CreateVolume(VolumeId.Parse("rbd/v"), 0)), null, 10, Now)).Error.Kind);

    [Fact]
    public void The_number_of_requests_without_result_is_bounded()
    {
        var state = Accept(OperationsState.Empty, Create);
        var next = Request("b", new CreateVolume(VolumeId.Parse("rbd/w"), 10));

        Assert.Equal(ErrorKind.Overloaded, Assert.IsType<SubmitDecision.Refuse>(state.Decide(next, null, 1, Now)).Error.Kind);
        Assert.IsType<SubmitDecision.Accept>(Finish(state, Create, settled: true).Decide(next, null, 1, Now));
    }

    [Fact]
    public void A_result_never_changes()
    {
        var state = Finish(Accept(OperationsState.Empty, Create), Create, settled: false);
        var other = new OperationEnded(Id(Create), Outcome(new OperationError(ErrorKind.Busy, "no")), Settled: true);
        var settled = state.Decide(other)!;

        Assert.Null(settled.Outcome.Error);
        Assert.True(settled.Settled);
    }

    [Fact]
    public void A_result_that_is_known_and_settled_is_not_journalled_again()
    {
        var state = Finish(Accept(OperationsState.Empty, Create), Create, settled: true);

        Assert.Null(state.Decide(new OperationEnded(Id(Create), Outcome(null), true)));
    }

    [Fact]
    public void Only_the_first_delivery_is_journalled()
    {
        var state = Finish(Accept(OperationsState.Empty, Create), Create, settled: true);
        var delivered = state.DecideDelivered(Id(Create), Node, Now)!;

        Assert.Null(state.Apply(delivered).DecideDelivered(Id(Create), new NodeName("node-2"), Now));
        Assert.Equal(Node, state.Apply(delivered).Entries[Id(Create)].DeliveredBy);
    }

    [Fact]
    public void Nothing_is_delivered_before_there_is_a_result() =>
        Assert.Null(Accept(OperationsState.Empty, Create).DecideDelivered(Id(Create), Node, Now));

    [Fact]
    public void What_is_not_settled_is_sent_again_by_the_next_owner()
    {
        var state = Accept(OperationsState.Empty, Create);
        Assert.Single(state.Unsettled);
        Assert.Single(Finish(state, Create, settled: false).Unsettled);
        Assert.Empty(Finish(state, Create, settled: true).Unsettled);
    }

    [Fact]
    public void A_result_is_forgotten_when_its_time_is_over_and_not_before()
    {
        var state = Finish(Accept(OperationsState.Empty, Create), Create, settled: true);

        Assert.Null(state.DecideForgotten(TimeSpan.FromHours(1), 10, Now.AddMinutes(59)));
        var forgotten = state.DecideForgotten(TimeSpan.FromHours(1), 10, Now.AddMinutes(60))!;
        Assert.Empty(state.Apply(forgotten).Entries);
    }

    [Fact]
    public void A_request_without_result_is_never_forgotten() =>
        Assert.Null(Accept(OperationsState.Empty, Create).DecideForgotten(TimeSpan.FromHours(1), 0, Now.AddYears(1)));

    [Fact]
    public void Beyond_the_bound_the_oldest_results_go_first()
    {
        var state = OperationsState.Empty;
        for (var i = 0; i < 5; i++)
        {
            var request = Request($"r{i}", new CreateVolume(VolumeId.Parse($"rbd/v{i}"), 10));
            state = Finish(Accept(state, request), request, settled: true);
        }
        var forgotten = state.DecideForgotten(TimeSpan.FromDays(1), 3, Now)!;

        Assert.Equal([Id(Request("r0", Create.Command)), Id(Request("r1", Create.Command))], forgotten.Operations);
    }

    [Fact]
    public void The_listing_goes_page_by_page_from_the_newest()
    {
        var state = OperationsState.Empty;
        for (var i = 0; i < 5; i++)
            state = Accept(state, Request($"r{i}", new CreateVolume(VolumeId.Parse($"rbd/v{i}"), 10)));
        var first = state.Page(new GetOperations(null, null, null, 2), _ => null);
        var second = state.Page(new GetOperations(null, null, first.Next, 2), _ => null);
        var third = state.Page(new GetOperations(null, null, second.Next, 2), _ => null);

        Assert.Equal(["r4", "r3"], first.Items.Select(o => o.RequestId.Value));
        Assert.Equal(["r2", "r1"], second.Items.Select(o => o.RequestId.Value));
        Assert.Equal(["r0"], third.Items.Select(o => o.RequestId.Value));
        Assert.Null(third.Next);
    }

    [Fact]
    public void A_snapshot_brings_the_same_book_back()
    {
        var state = Finish(Accept(Accept(OperationsState.Empty, Create), Request("b", new DeleteVolume(VolumeId.Parse("rbd/w")))), Create, settled: true);
        var back = OperationsSnapshot.Of(state).State();

        Assert.Equal(state.OpenCount, back.OpenCount);
        Assert.Equal(state.Sequence, back.Sequence);
        Assert.Equal(state.Entries.OrderBy(e => e.Key.Value), back.Entries.OrderBy(e => e.Key.Value));
    }

    private static OperationsState Accept(OperationsState state, SubmitOperation request) =>
        state.Apply(Assert.IsType<SubmitDecision.Accept>(state.Decide(request, null, 100, Now)).Event);

    private static OperationsState Finish(OperationsState state, SubmitOperation request, bool settled) =>
        state.Apply(state.Decide(new OperationEnded(Id(request), Outcome(null), settled))!);

    private static OperationOutcome Outcome(OperationError? error) => new(null, error, 1, Now, Now, Node);

    private static OperationId Id(SubmitOperation request) => OperationId.For(request.RequestId);

    private static SubmitOperation Request(string id, VolumeCommand command) => new(new RequestId(id), command, false);
}
