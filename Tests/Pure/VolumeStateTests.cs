using Mooring.Actors.Volumes;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.Tests.Pure;

public class VolumeStateTests
{
    private const int Max = 64;

    private static readonly VolumeId Volume = VolumeId.Parse("rbd/v");
    private static readonly VolumeId Other = VolumeId.Parse("rbd/other");
    private static readonly NodeName Node = new("node-1");
    private static readonly FenceAddress Worker = new("worker-a");
    private static readonly FenceAddress Successor = new("worker-b");
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly ExecuteOperation Create = Request("create", new CreateVolume(Volume, 1 << 30));
    private static readonly ExecuteOperation Delete = Request("delete", new DeleteVolume(Volume));
    private static readonly ExecuteOperation Copy = Request("copy", new CopyVolume(Volume, Other));
    private static readonly VolumeObservation NameIsFree = new(null, null, null);

    [Fact]
    public void A_fresh_volume_begins_what_it_is_asked() =>
        Assert.IsType<VolumeDecision.Begin>(VolumeState.Empty.Decide(Create, Max));

    [Fact]
    public void The_intent_names_the_worker_that_a_successor_must_fence()
    {
        var started = Assert.IsType<OperationStarted>(VolumeState.Empty.DecideIntent(Create, NameIsFree, Node, Worker, Now));

        Assert.Equal((1, Worker, Node, null), (started.Attempt, started.Worker, started.Node, started.ImageIdBefore));
    }

    // Somebody has given the name to another image since.
    [Fact]
    public void What_has_the_name_now_is_left_alone_when_the_request_was_about_another_image()
    {
        ErrorKind? Refused(ExecuteOperation request, AcceptedImages accepted, VolumeObservation seen) =>
            (VolumeState.Empty.DecideIntent(request with { Images = accepted }, seen, Node, Worker, Now) as OperationFinished)?.Outcome.Error?.Kind;

        Assert.Null(Refused(Delete, new AcceptedImages("id-1", null), new VolumeObservation("id-1", null, null)));
        Assert.Null(Refused(Delete, new AcceptedImages(null, null), new VolumeObservation("id-2", null, null)));
        Assert.Equal(ErrorKind.NotFound, Refused(Delete, new AcceptedImages("id-1", null), new VolumeObservation("id-2", null, null)));
        Assert.Null(Refused(Copy, new AcceptedImages(null, "id-1"), new VolumeObservation(null, null, "id-1")));
        Assert.Equal(ErrorKind.NotFound, Refused(Copy, new AcceptedImages(null, "id-1"), new VolumeObservation(null, null, "id-2")));
    }

    [Fact]
    public void A_second_change_waits_for_the_first()
    {
        var busy = Started(Create);

        Assert.Equal(new VolumeDecision.Wait(Create.Operation), busy.Decide(Delete, Max));
    }

    [Fact]
    public void The_same_request_again_does_not_begin_again()
    {
        var busy = Started(Create);

        Assert.Equal(Create.Operation, Assert.IsType<VolumeDecision.AlreadyActive>(busy.Decide(Create, Max)).Active.Operation);
    }

    [Fact]
    public void What_was_recorded_and_forgotten_never_begins_again()
    {
        var state = Started(Create with { Sequence = 7 });
        state = state.Apply(EndOf(state, Succeeded(Create, 1))!);

        Assert.IsType<VolumeDecision.Answer>(state.Decide(Create with { Sequence = 7 }, Max));
        state = state.Recorded(before: 8);
        Assert.IsType<VolumeDecision.Outdated>(state.Decide(Create with { Sequence = 7 }, Max));
        Assert.IsType<VolumeDecision.Begin>(state.Decide(Create with { Sequence = 8 }, Max));
        Assert.IsType<VolumeDecision.Outdated>(VolumeSnapshot.Of(state).State().Decide(Create with { Sequence = 7 }, Max));
    }

    [Fact]
    public void What_is_recorded_never_becomes_less()
    {
        var state = VolumeState.Empty.Recorded(before: 8).Recorded(before: 5);

        Assert.IsType<VolumeDecision.Outdated>(state.Decide(Create with { Sequence = 7 }, Max));
    }

    [Fact]
    public void A_request_that_is_under_way_is_not_outdated_by_others()
    {
        var state = Started(Create with { Sequence = 7 }).Recorded(before: 7);

        Assert.IsType<VolumeDecision.AlreadyActive>(state.Decide(Create with { Sequence = 7 }, Max));
    }

    [Fact]
    public void The_same_request_after_its_end_gets_the_same_result()
    {
        var state = Started(Create);
        var finished = EndOf(state, Succeeded(Create, 1))!;
        var ended = Assert.IsType<VolumeDecision.Answer>(state.Apply(finished).Decide(Create, Max)).Ended;

        Assert.Same(finished.Outcome, ended.Outcome);
        Assert.True(ended.Settled);
    }

    [Fact]
    public void A_report_of_an_earlier_attempt_does_not_end_the_operation()
    {
        var state = Started(Create);
        state = state.Apply(state.DecideRetry(Node, Successor, null, Now));

        Assert.Null(EndOf(state, Succeeded(Create, 1)));
        Assert.NotNull(EndOf(state, Succeeded(Create, 2)));
    }

    [Fact]
    public void A_report_in_doubt_does_not_end_the_operation()
    {
        var doubt = new AttemptReport(Create.Operation, 1, null, new OperationError(ErrorKind.TimedOut, "late"), InDoubt: true, Leftovers: false);

        Assert.Null(EndOf(Started(Create), doubt));
    }

    [Fact]
    public void Every_earlier_attempt_stays_known_until_the_end_so_that_all_can_be_fenced()
    {
        var state = Started(Create);
        state = state.Apply(state.DecideRetry(Node, Successor, null, Now));

        Assert.Equal([Worker, Successor], state.Active!.Workers);
        Assert.Equal(2, state.Active.Attempt);
    }

    [Fact]
    public void A_retry_remembers_what_had_the_name_before_the_first_attempt()
    {
        var state = VolumeState.Empty.Apply(VolumeState.Empty.DecideIntent(Delete, new VolumeObservation("id-1", null, null), Node, Worker, Now));

        Assert.Equal("id-1", state.DecideRetry(Node, Successor, null, Now).ImageIdBefore);
    }

    [Fact]
    public void A_retry_remembers_which_image_its_source_was()
    {
        var state = VolumeState.Empty.Apply(VolumeState.Empty.DecideIntent(Copy, new VolumeObservation(null, null, "id-2"), Node, Worker, Now));

        Assert.Equal("id-2", state.DecideRetry(Node, Successor, null, Now).SourceImageIdBefore);
    }

    [Fact]
    public void A_retry_remembers_what_the_operation_noted()
    {
        var request = Request("r", new RemoveSnapshot(Volume, "s"));
        var state = VolumeState.Empty.Apply(VolumeState.Empty.DecideIntent(request, With("s") with { Noted = "1" }, Node, Worker, Now));

        Assert.Equal("1", state.DecideRetry(Node, Successor, null, Now).Noted);
        Assert.Equal("1", state.Apply(state.DecideRetry(Node, Successor, null, Now)).Active!.Noted);
    }

    [Fact]
    public void A_volume_that_is_being_copied_refuses_to_change()
    {
        var held = VolumeState.Empty.Apply(new SourceHeld(Copy.Operation, Other));

        Assert.Equal(ErrorKind.Busy, Assert.IsType<VolumeDecision.Refuse>(held.Decide(Delete, Max)).Error.Kind);
        Assert.IsType<VolumeDecision.Begin>(held.Apply(new SourceReleased(Copy.Operation)).Decide(Delete, Max));
    }

    [Fact]
    public void A_hold_ends_only_when_its_operation_is_over_for_sure()
    {
        var hold = new ConfirmHold(Volume, Copy.Operation, Other) { Sequence = 7 };
        var finished = VolumeState.Empty.DecideRefusal(Copy with { Sequence = 7 }, new OperationError(ErrorKind.Busy, "busy"), Node, Now);

        Assert.False(VolumeState.Empty.IsOver(hold, waiting: false));
        Assert.False(VolumeState.Empty.Recorded(before: 7).IsOver(hold, waiting: false));
        Assert.True(VolumeState.Empty.Apply(finished).IsOver(hold, waiting: false));
        Assert.True(VolumeState.Empty.Recorded(before: 8).IsOver(hold, waiting: false));
        Assert.False(VolumeState.Empty.Recorded(before: 8).IsOver(hold with { Sequence = null }, waiting: false));
        Assert.False(VolumeState.Empty.Recorded(before: 8).IsOver(hold, waiting: true));
        var started = VolumeState.Empty.DecideIntent(Copy with { Sequence = 7 }, new VolumeObservation(null, null, "id-2"), Node, Worker, Now);
        Assert.False(VolumeState.Empty.Apply(started).IsOver(hold, waiting: false));
    }

    [Fact]
    public void A_hold_keeps_its_place_in_the_order()
    {
        var held = VolumeState.Empty.Apply(VolumeState.Empty.Decide(new HoldSource(Volume, Copy.Operation, Other) { Sequence = 7 })!);

        Assert.Equal(new SourceHold(Other, 7), VolumeSnapshot.Of(held).State().Holds[Copy.Operation]);
    }

    [Fact]
    public void A_volume_that_is_being_changed_cannot_be_held()
    {
        var hold = new HoldSource(Volume, Copy.Operation, Other);

        Assert.Null(Started(Create).Decide(hold));
        Assert.NotNull(VolumeState.Empty.Decide(hold));
        Assert.Null(VolumeState.Empty.Apply(VolumeState.Empty.Decide(hold)!).Decide(hold));
    }

    /// <summary>What may run beside what on one volume: an operation of its own beside one that reads it, or takes it.</summary>
    public static TheoryData<VolumeCommand, bool, bool> Beside => new()
    {
        // command, beside a reader, beside one that takes it
        { new CreateVolume(Volume, 1), false, false },
        { new DeleteVolume(Volume), false, false },
        { new ResizeVolume(Volume, 1, false), false, false },
        { new CopyVolume(Volume, Other), false, false },
        { new RenameVolume(Volume, Other), false, false },
        { new SetMetadata(Volume, "k", "v"), true, false },
        { new RemoveMetadata(Volume, "k"), true, false },
        { new CreateSnapshot(Volume, "s"), true, false },
        { new ProtectSnapshot(Volume, "s"), true, false },
        { new SetSnapshotLimit(Volume, 1), true, false },
        { new ClearSnapshotLimit(Volume), true, false },
        { new RenameSnapshot(Volume, "s", "t"), false, false },
        { new RemoveSnapshot(Volume, "s"), false, false },
        { new UnprotectSnapshot(Volume, "s"), false, false },
        { new RollBackVolume(Volume, "s"), false, false },
        { new CloneVolume(Volume, Other, "s"), false, false },
        { new FlattenVolume(Volume), false, false },
        { new DeepCopyVolume(Volume, Other), false, false },
        { new SparsifyVolume(Volume), false, false },
        { new RebuildObjectMap(Volume), false, false },
        { new PrepareMigration(Volume, Other), false, false },
        { new ExecuteMigration(Volume), true, false },
        { new CommitMigration(Volume), false, false },
        { new AbortMigration(Volume), false, false },
        { new CreateMirrorSnapshot(Volume), true, false },
    };

    [Theory]
    [MemberData(nameof(Beside))]
    public void Operations_exclude_each_other_whichever_comes_first(VolumeCommand command, bool besideReader, bool besideTaker)
    {
        foreach (var (exclusive, beside) in new[] { (false, besideReader), (true, besideTaker) })
        {
            var hold = new HoldSource(Volume, Copy.Operation, Other) { Exclusive = exclusive };
            var held = VolumeState.Empty.Apply(VolumeState.Empty.Decide(hold)!);
            var started = VolumeState.Empty.Apply(new OperationStarted(Delete.Operation, command, 1, Node, Worker, null, Now));

            Assert.Equal(beside, held.Decide(Request("r", command), Max) is VolumeDecision.Begin);
            Assert.Equal(beside, started.Decide(hold) is not null);
            Assert.Equal(beside, VolumeState.Empty.Decide(hold, next: command) is not null);
        }
    }

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(false, true, false)]
    [InlineData(true, false, false)]
    [InlineData(true, true, false)]
    public void Any_number_may_read_a_volume_and_one_alone_may_take_it(bool first, bool second, bool together)
    {
        var held = VolumeState.Empty.Apply(VolumeState.Empty.Decide(new HoldSource(Volume, Copy.Operation, Other) { Exclusive = first })!);

        Assert.Equal(together, held.Decide(new HoldSource(Volume, Delete.Operation, Other) { Exclusive = second }) is not null);
        Assert.Equal(held.Holds, VolumeSnapshot.Of(held).State().Holds);
    }

    [Fact]
    public void A_copy_is_settled_only_when_its_source_is_released()
    {
        var state = VolumeState.Empty.Apply(VolumeState.Empty.DecideIntent(Copy, new VolumeObservation(null, null, "id-2"), Node, Worker, Now));
        state = state.Apply(EndOf(state, Succeeded(Copy, 1))!);

        Assert.False(state.Ended[Copy.Operation].Settled);
        Assert.NotNull(state.Ended[Copy.Operation].Remains);
        state = state.Apply(new OperationSettled(Copy.Operation));
        Assert.True(state.Ended[Copy.Operation].Settled);
    }

    [Fact]
    public void A_result_is_kept_until_the_owner_has_recorded_it()
    {
        var state = Started(Create with { Sequence = 7 });
        state = state.Apply(state.DecideRetry(Node, Successor, null, Now));
        state = state.Apply(EndOf(state, Succeeded(Create, 2))!);

        Assert.Contains(Create.Operation, state.Recorded(before: 7).Ended);
        Assert.DoesNotContain(Create.Operation, state.Recorded(before: 8).Ended);
    }

    [Fact]
    public void A_refusal_is_kept_until_the_owner_has_recorded_it()
    {
        var refused = VolumeState.Empty.DecideRefusal(Create with { Sequence = 7 }, new OperationError(ErrorKind.Busy, "busy"), Node, Now);
        var state = VolumeState.Empty.Apply(refused);

        Assert.Contains(Create.Operation, state.Recorded(before: 7).Ended);
        Assert.DoesNotContain(Create.Operation, state.Recorded(before: 8).Ended);
    }

    [Fact]
    public void A_result_that_is_not_settled_is_kept_even_when_recorded()
    {
        var state = VolumeState.Empty.Apply(VolumeState.Empty.DecideIntent(
            Copy with { Sequence = 7 }, new VolumeObservation(null, null, "id-2"), Node, Worker, Now));
        state = state.Apply(EndOf(state, Succeeded(Copy, 1))!).Recorded(before: 8);

        Assert.Contains(Copy.Operation, state.Ended);
    }

    [Fact]
    public void Results_that_are_not_recorded_are_kept_and_further_requests_wait()
    {
        var requests = Enumerable.Range(0, Max).Select(i => Request($"r{i}", new CreateVolume(Volume, 1)) with { Sequence = i }).ToList();
        var state = VolumeState.Empty;
        foreach (var request in requests)
        {
            Assert.IsType<VolumeDecision.Begin>(state.Decide(request, Max));
            state = state.Apply(state.DecideIntent(request, NameIsFree, Node, Worker, Now));
            state = state.Apply(EndOf(state, Succeeded(request, 1))!);
        }

        var next = Request("next", new CreateVolume(Volume, 1)) with { Sequence = Max };
        Assert.IsType<VolumeDecision.Full>(state.Decide(next, Max));
        Assert.All(requests, request => Assert.IsType<VolumeDecision.Answer>(state.Decide(request, Max)));
        Assert.IsType<VolumeDecision.Begin>(state.Recorded(before: 1).Decide(next, Max));
    }

    [Fact]
    public void The_first_open_request_begins_however_many_results_of_later_ones_wait_for_it()
    {
        var later = Create with { Sequence = 8 };
        var state = VolumeState.Empty.Apply(VolumeState.Empty.DecideIntent(later, NameIsFree, Node, Worker, Now));
        state = state.Apply(EndOf(state, Succeeded(later, 1))!).Recorded(before: 7);

        Assert.IsType<VolumeDecision.Begin>(state.Decide(Delete with { Sequence = 7 }, resultsMax: 1));
        Assert.IsType<VolumeDecision.Full>(state.Decide(Delete with { Sequence = 9 }, resultsMax: 1));
    }

    [Fact]
    public void What_is_active_in_a_full_volume_is_active()
    {
        var state = VolumeState.Empty.Apply(VolumeState.Empty.DecideIntent(Create with { Sequence = 1 }, NameIsFree, Node, Worker, Now));
        state = state.Apply(EndOf(state, Succeeded(Create, 1))!);
        state = state.Apply(state.DecideIntent(Delete with { Sequence = 2 }, new VolumeObservation("id", null, null), Node, Worker, Now));

        Assert.IsType<VolumeDecision.AlreadyActive>(state.Decide(Delete with { Sequence = 2 }, resultsMax: 1));
    }

    [Fact]
    public void A_snapshot_brings_the_same_state_back()
    {
        var state = Started(Create).Apply(new SourceHeld(Copy.Operation, Other));
        var back = VolumeSnapshot.Of(state).State();

        Assert.Equal(state.Active, back.Active);
        Assert.Equal(state.Holds, back.Holds);
    }

    public static TheoryData<VolumeCommand, VolumeObservation, ErrorKind?> Facts => new()
    {
        { new CreateVolume(Volume, 1), NameIsFree, null },
        { new CreateVolume(Volume, 1), new VolumeObservation("id", null, null), ErrorKind.AlreadyExists },
        { new DeleteVolume(Volume), new VolumeObservation("id", null, null), null },
        { new DeleteVolume(Volume), NameIsFree, ErrorKind.NotFound },
        { new ResizeVolume(Volume, 10, false), NameIsFree, ErrorKind.NotFound },
        { new ResizeVolume(Volume, 10, false), new VolumeObservation("id", 5, null), null },
        { new ResizeVolume(Volume, 10, false), new VolumeObservation("id", 10, null), null },
        { new ResizeVolume(Volume, 10, false), new VolumeObservation("id", 11, null), ErrorKind.InvalidArgument },
        { new ResizeVolume(Volume, 10, true), new VolumeObservation("id", 11, null), null },
        { new CopyVolume(Volume, Other), new VolumeObservation(null, null, "src"), null },
        { new CopyVolume(Volume, Other), NameIsFree, ErrorKind.NotFound },
        { new CopyVolume(Volume, Other), new VolumeObservation("id", null, "src"), ErrorKind.AlreadyExists },
        { new RenameVolume(Volume, Other), new VolumeObservation(null, null, "src"), null },
        { new RenameVolume(Volume, Other), NameIsFree, ErrorKind.NotFound },
        { new RenameVolume(Volume, Other), new VolumeObservation("id", null, "src"), ErrorKind.AlreadyExists },
        { new SetMetadata(Volume, "k", "v"), NameIsFree, ErrorKind.NotFound },
        { new RemoveMetadata(Volume, "k"), NameIsFree, ErrorKind.NotFound },
        { new CreateSnapshot(Volume, "s"), NameIsFree, ErrorKind.NotFound },
        { new CreateSnapshot(Volume, "s"), With(), null },
        { new CreateSnapshot(Volume, "s"), With("s"), ErrorKind.AlreadyExists },
        { new RenameSnapshot(Volume, "s", "t"), With("s"), null },
        { new RenameSnapshot(Volume, "s", "t"), With("t"), ErrorKind.NotFound },
        { new RenameSnapshot(Volume, "s", "t"), With("s", "t"), ErrorKind.AlreadyExists },
        { new RemoveSnapshot(Volume, "s"), With("s"), null },
        { new RemoveSnapshot(Volume, "s"), With("t"), ErrorKind.NotFound },
        { new ProtectSnapshot(Volume, "s"), With("s"), null },
        { new ProtectSnapshot(Volume, "s"), With("s!"), ErrorKind.Busy },
        { new UnprotectSnapshot(Volume, "s"), With("s!"), null },
        { new UnprotectSnapshot(Volume, "s"), With("s"), ErrorKind.InvalidArgument },
        { new CloneVolume(Volume, Other, "s"), new VolumeObservation(null, null, "src"), null },
        { new CloneVolume(Volume, Other, "s"), NameIsFree, ErrorKind.NotFound },
        { new FlattenVolume(Volume), new VolumeObservation("id", 1, null) { Noted = "rbd/a@s" }, null },
        { new FlattenVolume(Volume), new VolumeObservation("id", 1, null), ErrorKind.InvalidArgument },
        { new DeepCopyVolume(Volume, Other), new VolumeObservation("id", null, "src"), ErrorKind.AlreadyExists },
        { new SparsifyVolume(Volume), NameIsFree, ErrorKind.NotFound },
        { new RebuildObjectMap(Volume), NameIsFree, ErrorKind.NotFound },
        { new RollBackVolume(Volume, "s"), With("s"), null },
        { new RollBackVolume(Volume, "s"), With(), ErrorKind.NotFound },
    };

    [Theory]
    [MemberData(nameof(Facts))]
    public void What_the_store_shows_decides_whether_an_operation_may_begin(VolumeCommand command, VolumeObservation seen, ErrorKind? refused)
    {
        var decided = VolumeState.Empty.DecideIntent(Request("r", command), seen, Node, Worker, Now);

        Assert.Equal(refused, (decided as OperationFinished)?.Outcome.Error?.Kind);
        Assert.Equal(refused is null, decided is OperationStarted);
    }

    public static TheoryData<VolumeCommand, bool> Commands => new()
    {
        { new CreateVolume(Volume, 1), true },
        { new CreateVolume(Volume, 0), false },
        { new CreateVolume(Volume, -1), false },
        { new CreateVolume(Volume, SizeParameter.BytesMax), true },
        { new CreateVolume(Volume, SizeParameter.BytesMax + 1), false },
        { new CreateVolume(new VolumeId("rbd", "", ""), 1), false },
        { new CreateVolume(new VolumeId("rbd", "", ".mooring.x"), 1), false },
        { new ResizeVolume(Volume, 0, true), false },
        { new CopyVolume(Volume, Volume), false },
        { new CopyVolume(Volume, new VolumeId("rbd", "", "a@b")), false },
        { new DeleteVolume(new VolumeId("", "", "x")), false },
        { new RenameVolume(Volume, Volume), false },
        { new RenameVolume(Volume with { Pool = "elsewhere" }, Volume), false },
        { new SetMetadata(Volume, "", "v"), false },
        { new SetMetadata(Volume, "mooring.x", "v"), false },
        { new RemoveMetadata(Volume, "mooring.x"), false },
        { new CreateSnapshot(Volume, "s 1"), true },
        { new CreateSnapshot(Volume, ""), false },
        { new CreateSnapshot(Volume, "a@b"), false },
        { new RenameSnapshot(Volume, "s", "s"), false },
        { new RenameSnapshot(Volume, "s", "t/u"), false },
        { new SetSnapshotLimit(Volume, 0), true },
        { new SetSnapshotLimit(Volume, -1), false },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_command_that_makes_no_sense_is_refused_before_it_is_accepted(VolumeCommand command, bool valid) =>
        Assert.Equal(valid, OperationCatalog.Of(command).Invalid(command) is null);

    // An image with snapshots of these names; "!" behind one: it is protected.
    private static VolumeObservation With(params string[] snapshots) => new("id", null, null)
    {
        Snapshots = new ImageSnapshots(new ImageId("id"), [.. snapshots.Select((name, i) =>
            new ImageSnapshot(new SnapshotId((ulong)i + 1), name.TrimEnd('!'), 1, Now, name.EndsWith('!')))], null),
    };

    private static OperationFinished? EndOf(VolumeState state, AttemptReport report) =>
        (state.Decide(report, null, false, new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4), TimeSpan.FromMinutes(1)), 1, Node, Now) as AttemptDecision.End)?.Finished;

    private static VolumeState Started(ExecuteOperation request) =>
        VolumeState.Empty.Apply(VolumeState.Empty.DecideIntent(request, NameIsFree, Node, Worker, Now));

    private static AttemptReport Succeeded(ExecuteOperation request, int attempt) => new(request.Operation, attempt, null, null, false, false);

    private static ExecuteOperation Request(string id, VolumeCommand command) => new(OperationId.For(new RequestId(id)), command);
}
