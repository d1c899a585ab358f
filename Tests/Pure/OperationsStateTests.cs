using Mooring.Actors.Requests;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Tests.Pure;

public class OperationsStateTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly NodeName Node = new("node-1");
    private static readonly OperationsBounds Bounds = new(OpenMax: 100, OpenOfVolumeMax: 5, RecentMax: 10, KnownMax: 1000, TimeSpan.FromHours(1));
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

        Assert.IsType<SubmitDecision.Known>(Decide(state, Create));
    }

    [Fact]
    public void The_same_id_with_other_content_is_refused()
    {
        var state = Accept(OperationsState.Empty, Create);
        var other = Request("a", new CreateVolume(VolumeId.Parse("rbd/v"), 11));

        Assert.Equal(ErrorKind.RequestConflict, Assert.IsType<SubmitDecision.Refuse>(Decide(state, other)).Error.Kind);
    }

    [Fact]
    public void A_request_that_makes_no_sense_leaves_no_trace() => Assert.Equal(
        ErrorKind.InvalidArgument,
        Assert.IsType<SubmitDecision.Refuse>(Decide(OperationsState.Empty, Request("b", new CreateVolume(VolumeId.Parse("rbd/v"), 0)))).Error.Kind);

    [Fact]
    public void The_number_of_requests_without_result_is_bounded()
    {
        var state = Accept(OperationsState.Empty, Create);
        var next = Request("b", new CreateVolume(VolumeId.Parse("rbd/w"), 10));

        Assert.Equal(ErrorKind.Overloaded, Assert.IsType<SubmitDecision.Refuse>(Decide(state, next, Bounds with { OpenMax = 1 })).Error.Kind);
        Assert.IsType<SubmitDecision.Accept>(Decide(Finish(state, Create, settled: true), next, Bounds with { OpenMax = 1 }));
    }

    [Fact]
    public void The_number_of_requests_of_one_volume_is_bounded()
    {
        Assert.IsType<SubmitDecision.Accept>(OperationsState.Empty.Decide(Create, null, 4, null, Bounds, Now));
        Assert.Equal(
            ErrorKind.Overloaded, Assert.IsType<SubmitDecision.Refuse>(OperationsState.Empty.Decide(Create, null, 5, null, Bounds, Now)).Error.Kind);
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

        Assert.Null(state.DecideForgotten(TimeSpan.FromHours(1), Now.AddMinutes(59)));
        var forgotten = state.DecideForgotten(TimeSpan.FromHours(1), Now.AddMinutes(60))!;
        Assert.Empty(state.Apply(forgotten).Entries);
    }

    [Fact]
    public void A_request_without_result_is_never_forgotten() =>
        Assert.Null(Accept(OperationsState.Empty, Create).DecideForgotten(TimeSpan.FromHours(1), Now.AddYears(1)));

    [Fact]
    public void The_oldest_results_go_to_the_archive_together_when_memory_has_a_part_too_many()
    {
        var bounds = Bounds with { RecentMax = 20 };
        var state = Finished(21);
        Assert.Empty(state.DecideArchived(bounds));
        state = Finished(22);

        Assert.Equal([Id("r0"), Id("r1")], state.DecideArchived(bounds).Select(e => e.Id));
    }

    [Fact]
    public void What_is_in_the_archive_is_not_in_memory_and_is_still_known()
    {
        var state = Archived(Finished(5), part: 7, "r0", "r1");

        Assert.Equal((3, 2), (state.Entries.Count, state.ArchivedCount));
        Assert.Equal([7L], state.PartsWith(Id("r0")));
        Assert.Equal([], state.PartsWith(Id("r2")));
        Assert.Equal([], state.PartsWith(Id("other")));
    }

    [Fact]
    public void A_request_whose_entry_is_in_the_archive_is_answered_from_there()
    {
        var entry = Finished(1).Entries[Id("r0")];
        var state = Archived(Finished(1), part: 7, "r0");

        Assert.Equal(entry, Assert.IsType<SubmitDecision.Known>(state.Decide(Numbered(0), entry, 0, null, Bounds, Now)).Entry);
        var other = Request("r0", Create.Command);
        Assert.Equal(ErrorKind.RequestConflict, Assert.IsType<SubmitDecision.Refuse>(state.Decide(other, entry, 0, null, Bounds, Now)).Error.Kind);
    }

    [Fact]
    public void The_oldest_parts_go_when_the_time_of_all_their_results_is_over()
    {
        var state = Archived(Archived(Finished(3), part: 7, "r0"), part: 9, "r1");

        Assert.Null(state.DecideDropped(TimeSpan.FromHours(1), Now.AddMinutes(59)));
        var dropped = state.DecideDropped(TimeSpan.FromHours(1), Now.AddMinutes(60))!;
        Assert.Equal(9, dropped.UpToPart);
        Assert.Equal(([], 0), (state.Apply(dropped).Parts, state.Apply(dropped).ArchivedCount));
    }

    [Fact]
    public void What_could_not_be_remembered_is_not_begun()
    {
        var state = Archived(Finished(5), part: 7, "r0", "r1");

        Assert.Equal(ErrorKind.Overloaded, Refused(state, Bounds with { KnownMax = 5 }).Kind);
        Assert.Equal("results cannot be archived at present; try again later", Refused(state, Bounds with { RecentMax = 1 }).Detail);
        Assert.IsType<SubmitDecision.Accept>(Decide(state, Create, Bounds with { RecentMax = 2, KnownMax = 6 }));
    }

    [Fact]
    public void A_result_that_nobody_has_confirmed_stays_in_memory_and_such_requests_are_bounded()
    {
        var state = OperationsState.Empty;
        for (var i = 0; i < 3; i++)
        {
            var decision = state.Decide(Numbered(i), null, 0, "akka://a", Bounds, Now);
            state = Finish(state.Apply(Assert.IsType<SubmitDecision.Accept>(decision).Event), Numbered(i), settled: true);
        }
        var bounds = Bounds with { RecentMax = 1, OpenMax = 3 };

        Assert.Empty(state.DecideArchived(bounds));
        Assert.IsType<SubmitDecision.Refuse>(state.Decide(Create, null, 0, "akka://a", bounds, Now));
        Assert.IsType<SubmitDecision.Accept>(state.Decide(Create, null, 0, null, bounds, Now));
        state = state.Apply(state.DecideDelivered(Id("r1"), Node, Now)!).Apply(state.DecideDelivered(Id("r2"), Node, Now)!);
        Assert.Equal([Id("r1")], state.DecideArchived(bounds).Select(e => e.Id));
        Assert.Equal(1, OperationsSnapshot.Of(state).State().UndeliveredCount);
    }

    [Fact]
    public void An_id_from_before_the_time_that_results_are_kept_is_refused()
    {
        RequestId Made(DateTimeOffset at) => new(Guid.CreateVersion7(at).ToString("N"));
        SubmitDecision Asked(DateTimeOffset at) => Decide(OperationsState.Empty, Create with { RequestId = Made(at) });

        Assert.Equal(ErrorKind.Expired, Assert.IsType<SubmitDecision.Refuse>(Asked(Now.AddMinutes(-61))).Error.Kind);
        Assert.IsType<SubmitDecision.Accept>(Asked(Now.AddMinutes(-59)));
        Assert.IsType<SubmitDecision.Accept>(Asked(Now.AddYears(1)));
        Assert.IsType<SubmitDecision.Accept>(Asked(Now.AddYears(-30)));
    }

    [Fact]
    public void A_page_ends_where_not_every_entry_is_in_hand()
    {
        var entries = Finished(6).Entries.Values;
        var page = OperationsState.Page(entries, new GetOperations(null, null, null, 10), long.MaxValue, whole: 4, None, isLast: false);

        Assert.Equal(["r5", "r4"], page.Items.Select(o => o.RequestId.Value));
        Assert.Equal(Id("r4"), page.Next);
    }

    [Fact]
    public void The_listing_goes_page_by_page_from_the_newest()
    {
        var state = OperationsState.Empty;
        for (var i = 0; i < 5; i++)
            state = Accept(state, Request($"r{i}", new CreateVolume(VolumeId.Parse($"rbd/v{i}"), 10)));
        OperationsListed Page(OperationId? next) => OperationsState.Page(
            state.Entries.Values, new GetOperations(null, null, next, 2), next is { } id ? state.Entries[id].Sequence : long.MaxValue, 0, None, isLast: true);
        var first = Page(null);
        var second = Page(first.Next);
        var third = Page(second.Next);

        Assert.Equal(["r4", "r3"], first.Items.Select(o => o.RequestId.Value));
        Assert.Equal(["r2", "r1"], second.Items.Select(o => o.RequestId.Value));
        Assert.Equal(["r0"], third.Items.Select(o => o.RequestId.Value));
        Assert.Null(third.Next);
    }

    [Fact]
    public void A_snapshot_brings_the_same_book_back()
    {
        var state = Finish(Accept(Accept(OperationsState.Empty, Create), Request("b", new DeleteVolume(VolumeId.Parse("rbd/w")))), Create, settled: true);
        state = Archived(state, part: 7, "a");
        var back = OperationsSnapshot.Of(state).State();

        Assert.Equal(state.ArchivedCount, back.ArchivedCount);
        Assert.Equal(state.Parts, back.Parts);
        Assert.Equal(state.OpenCount, back.OpenCount);
        Assert.Equal(state.Sequence, back.Sequence);
        Assert.Equal(state.Entries.OrderBy(e => e.Key.Value), back.Entries.OrderBy(e => e.Key.Value));
    }

    private static Dictionary<OperationId, OperationRunning> None { get; } = [];

    private static SubmitDecision Decide(OperationsState state, SubmitOperation request, OperationsBounds? bounds = null) =>
        state.Decide(request, state.Entries.GetValueOrDefault(Id(request)), 0, null, bounds ?? Bounds, Now);

    private static OperationError Refused(OperationsState state, OperationsBounds bounds) =>
        Assert.IsType<SubmitDecision.Refuse>(Decide(state, Create, bounds)).Error;

    private static OperationsState Finished(int count) => Enumerable.Range(0, count).Aggregate(
        OperationsState.Empty,
        (state, i) => Finish(state.Apply(new RequestAccepted(Id($"r{i}"), new RequestId($"r{i}"), Numbered(i).Command, null, Now)), Numbered(i), settled: true));

    private static OperationsState Archived(OperationsState state, long part, params string[] requests) =>
        state.Apply(new ResultsArchived(part, [.. requests.Select(Id)]));

    private static SubmitOperation Numbered(int i) => Request($"r{i}", new CreateVolume(VolumeId.Parse($"rbd/v{i}"), 10));

    private static OperationId Id(string request) => OperationId.For(new RequestId(request));

    private static OperationsState Accept(OperationsState state, SubmitOperation request) =>
        state.Apply(Assert.IsType<SubmitDecision.Accept>(Decide(state, request)).Event);

    private static OperationsState Finish(OperationsState state, SubmitOperation request, bool settled) =>
        state.Apply(state.Decide(new OperationEnded(Id(request), Outcome(null), settled))!);

    private static OperationOutcome Outcome(OperationError? error) => new(null, error, 1, Now, Now, Node);

    private static OperationId Id(SubmitOperation request) => OperationId.For(request.RequestId);

    private static SubmitOperation Request(string id, VolumeCommand command) => new(new RequestId(id), command, false);
}
