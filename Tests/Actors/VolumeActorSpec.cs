using Akka.Actor;
using Akka.TestKit;
using Mooring.Actors.Nodes;
using Mooring.Actors.Volumes;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Tests.Actors;

/// <summary>One volume's actor between an owner, a dispatcher with its workers, and the region of all volumes, which are all probes.</summary>
public sealed partial class VolumeActorSpec : ActorSpec
{
    private static readonly VolumeId Name = VolumeId.Parse("rbd/v");
    private static readonly VolumeId Source = VolumeId.Parse("rbd/source");
    private static readonly ExecuteOperation Create = new(Id("create"), new CreateVolume(Name, 10));
    private static readonly ExecuteOperation Delete = new(Id("delete"), new DeleteVolume(Name));
    private static readonly ExecuteOperation Copy = new(Id("copy"), new CopyVolume(Name, Source));
    private static readonly VolumeObservation NameIsFree = new(null, null, null);
    private static readonly VolumeObservation Exists = new("id-1", 10, null);
    private static readonly VolumeObservation SourceExists = new(null, null, "id-2");

    private readonly TestProbe _owner;
    private readonly TestProbe _dispatcher;
    private readonly TestProbe _region;
    private readonly TestProbe _worker;

    public VolumeActorSpec()
    {
        (_owner, _dispatcher, _region, _worker) = (CreateTestProbe("owner"), CreateTestProbe("dispatcher"), CreateTestProbe("region"), CreateTestProbe("worker"));
        _owner.IgnoreMessages<OperationRunning>();
    }

    private IReadOnlyList<object> Events => Journal.Events($"volume-{Name}");

    [Fact]
    public async Task The_intent_is_in_the_journal_before_the_worker_runs()
    {
        var volume = Start();
        var intent = Journal.HoldNext<OperationStarted>();
        Begin(volume, Create, NameIsFree);
        await intent.Arrived;
        Assert.False(_worker.HasMessages);
        intent.LetGo();

        var run = _worker.ExpectMsg<RunAttempt>();
        Assert.Equal((Create.Operation, 1), (run.Active.Operation, run.Active.Attempt));
        Assert.Equal([CrashPoint.BeforeIntent, CrashPoint.AfterIntent], CrashPoints.Passed);
    }

    [Fact]
    public async Task The_result_is_in_the_journal_before_the_owner_is_told()
    {
        var volume = Start();
        Begin(volume, Create, NameIsFree);
        _worker.ExpectMsg<RunAttempt>();
        var result = Journal.HoldNext<OperationFinished>();
        Report(volume, Create);
        await result.Arrived;
        Assert.False(_owner.HasMessages);
        result.LetGo();

        Assert.True(_owner.ExpectMsg<OperationEnded>().Outcome.Succeeded);
        Assert.IsType<OperationFinished>(Events[^1]);
    }

    [Fact]
    public void The_same_request_again_gets_the_same_result()
    {
        var volume = Start();
        var first = Carry(volume, Create, NameIsFree);
        _owner.Send(volume, Create);

        Assert.Equal(first, _owner.ExpectMsg<OperationEnded>());
        Assert.Equal(2, Events.Count);
        Assert.False(_dispatcher.HasMessages);
    }

    [Fact]
    public void The_same_request_again_while_it_runs_begins_nothing()
    {
        _owner.IgnoreMessages(_ => false);
        var volume = Start();
        Begin(volume, Create, NameIsFree);
        _worker.ExpectMsg<RunAttempt>();
        _owner.ExpectMsg<OperationRunning>();
        _owner.Send(volume, Create);

        Assert.Equal(1, _owner.ExpectMsg<OperationRunning>().Attempt);
        Assert.False(_dispatcher.HasMessages);
    }

    [Fact]
    public void A_second_change_waits_for_the_first()
    {
        var volume = Start();
        Begin(volume, Create, NameIsFree);
        _worker.ExpectMsg<RunAttempt>();
        _owner.Send(volume, Delete);
        // Handled after Delete was.
        _owner.Send(volume, new HoldSource(Name, Id("other"), Source));
        _owner.ExpectMsg<SourceHoldAnswered>();
        Assert.False(_dispatcher.HasMessages);
        Report(volume, Create);
        _owner.ExpectMsg<OperationEnded>(e => e.Operation == Create.Operation);

        Assert.Equal(Delete.Operation, _dispatcher.ExpectMsg<RequestWorker>().Operation);
    }

    [Fact]
    public void What_waits_for_one_volume_is_bounded()
    {
        Services = Services with { Settings = Settings with { VolumeQueueMax = 1 } };
        var volume = Start();
        var surplus = new ExecuteOperation(Id("surplus"), new ResizeVolume(Name, 20, false));
        Begin(volume, Create, NameIsFree);
        _owner.Send(volume, Delete);
        _owner.Send(volume, surplus);
        _worker.ExpectMsg<RunAttempt>();
        Report(volume, Create);
        _owner.ExpectMsg<OperationEnded>();
        Begun(volume, Delete, Exists);
        Report(volume, Delete);
        _owner.ExpectMsg<OperationEnded>();

        // The owner sends it again.
        Assert.False(_dispatcher.HasMessages);
        _owner.Send(volume, surplus);
        Assert.Equal(surplus.Operation, _dispatcher.ExpectMsg<RequestWorker>().Operation);
    }

    [Fact]
    public void An_attempt_in_doubt_is_made_again_by_another_connection_that_knows_whom_to_fence()
    {
        var volume = Start();
        Begin(volume, Create, NameIsFree, "w1");
        _worker.ExpectMsg<RunAttempt>();
        volume.Tell(new AttemptReport(Create.Operation, 1, null, new OperationError(ErrorKind.TimedOut, "late"), true, false));
        var second = Retried(volume, Create, "w2");

        Assert.Equal(["w1", "w2"], second.Active.Workers.Select(w => w.Value));
        Assert.Equal(2, Assert.IsType<OperationStarted>(Events[^1]).Attempt);
        Report(volume, Create, attempt: 2);
        Assert.Equal(2, _owner.ExpectMsg<OperationEnded>().Outcome.Attempts);
    }

    [Fact]
    public void A_late_report_of_an_earlier_attempt_changes_nothing()
    {
        var volume = Start();
        Begin(volume, Create, NameIsFree, "w1");
        _worker.ExpectMsg<RunAttempt>();
        volume.Tell(new AttemptReport(Create.Operation, 1, null, new OperationError(ErrorKind.TimedOut, "late"), true, false));
        Retried(volume, Create, "w2");
        Report(volume, Create, attempt: 1, new OperationError(ErrorKind.NotFound, "from the grave"));
        Report(volume, Create, attempt: 2);

        Assert.True(_owner.ExpectMsg<OperationEnded>().Outcome.Succeeded);
    }

    [Fact]
    public void An_intent_without_result_is_attempted_again_after_a_restart()
    {
        var volume = Start();
        Begin(volume, Create, NameIsFree, "w1");
        _worker.ExpectMsg<RunAttempt>();
        StopAndWait(volume);
        volume = Start();
        var run = Retried(volume, Create, "w2");

        Assert.Equal(["w1", "w2"], run.Active.Workers.Select(w => w.Value));
    }

    [Fact]
    public void A_result_is_known_after_a_restart()
    {
        var volume = Start();
        var ended = Carry(volume, Create, NameIsFree);
        StopAndWait(volume);
        _owner.Send(Start(), Create);

        Assert.Equal(ended, _owner.ExpectMsg<OperationEnded>());
    }

    [Fact]
    public void When_its_worker_dies_the_operation_is_attempted_again()
    {
        var volume = Start();
        Begin(volume, Create, NameIsFree);
        _worker.ExpectMsg<RunAttempt>();
        Sys.Stop(_worker.Ref);

        var request = _dispatcher.ExpectMsg<RequestWorker>();
        Assert.Null(request.Observe);
        Assert.Equal(Create.Operation, request.Operation);
    }

    [Fact]
    public void When_its_worker_starts_anew_the_operation_is_attempted_again()
    {
        var volume = Start();
        Begin(volume, Create, NameIsFree, "w1");
        _worker.ExpectMsg<RunAttempt>();
        _worker.Send(volume, new WorkerLost(Create.Operation));

        Assert.Equal(2, Retried(volume, Create, "w2").Active.Attempt);
    }

    [Fact]
    public void What_the_store_s_state_forbids_ends_without_an_attempt()
    {
        var volume = Start();
        Begin(volume, Create, Exists);

        Assert.Equal(Create.Operation, _worker.ExpectMsg<ReturnWorker>().Operation);
        var outcome = _owner.ExpectMsg<OperationEnded>().Outcome;
        Assert.Equal((ErrorKind.AlreadyExists, 0), (outcome.Error!.Kind, outcome.Attempts));
        Assert.IsType<OperationFinished>(Assert.Single(Events));
    }

    [Fact]
    public void A_worker_that_cannot_look_now_is_asked_for_again_and_one_that_finds_it_impossible_ends_it()
    {
        var volume = Start();
        _owner.Send(volume, Create);
        _dispatcher.ExpectMsg<RequestWorker>();
        _dispatcher.Reply(new WorkerRefused(Create.Operation, new OperationError(ErrorKind.Unavailable, "not now")));
        _dispatcher.ExpectMsg<RequestWorker>();
        _dispatcher.Reply(new WorkerRefused(Create.Operation, new OperationError(ErrorKind.NotFound, "no such pool")));

        Assert.Equal(ErrorKind.NotFound, _owner.ExpectMsg<OperationEnded>().Outcome.Error!.Kind);
    }

    [Fact]
    public void Progress_reaches_the_owner()
    {
        _owner.IgnoreMessages(_ => false);
        var volume = Start();
        Begin(volume, Create, NameIsFree);
        _worker.ExpectMsg<RunAttempt>();
        volume.Tell(new AttemptProgressed(Create.Operation, 1, 0.5));

        Assert.Equal(0, _owner.ExpectMsg<OperationRunning>().Progress);
        Assert.Equal(0.5, _owner.ExpectMsg<OperationRunning>().Progress);
    }

    [Fact]
    public void A_copy_holds_its_source_and_releases_it_after_its_result()
    {
        var volume = Start();
        BeginCopy(volume);
        _worker.ExpectMsg<RunAttempt>();
        Report(volume, Copy, leftovers: true);
        Assert.False(_owner.ExpectMsg<OperationEnded>().Settled);
        _dispatcher.ExpectMsg<RequestWorker>(r => r.Operation == Copy.Operation && r.Observe is null);
        _dispatcher.Reply(Ready(Copy, null, "w2"));
        _worker.ExpectMsg<RunCleanUp>();
        Assert.False(_region.HasMessages);
        volume.Tell(new CleanUpEnded(Copy.Operation, null));
        Assert.Equal(new ReleaseSource(Source, Copy.Operation), _region.ExpectMsg<ReleaseSource>());
        _region.Reply(new SourceHoldReleased(Copy.Operation));

        Assert.True(_owner.ExpectMsg<OperationEnded>().Settled);
        Assert.Equal(new OperationSettled(Copy.Operation), Events[^1]);
    }

    [Fact]
    public void A_source_is_released_again_until_it_answers()
    {
        var volume = Start();
        RefuseCopy(volume);
        _region.ExpectMsg<ReleaseSource>();
        _region.ExpectMsg<ReleaseSource>();
        _region.Reply(new SourceHoldReleased(Copy.Operation));

        Assert.True(_owner.ExpectMsg<OperationEnded>().Settled);
    }

    [Fact]
    public void A_source_that_was_not_released_is_released_after_a_restart()
    {
        var volume = Start();
        RefuseCopy(volume);
        _region.ExpectMsg<ReleaseSource>();
        StopAndWait(volume);
        Start();

        _region.ExpectMsg<ReleaseSource>();
    }

    [Fact]
    public void A_clean_up_that_fails_or_whose_worker_dies_is_done_again()
    {
        var volume = Start();
        BeginCopy(volume);
        _worker.ExpectMsg<RunAttempt>();
        Report(volume, Copy, leftovers: true);
        CleanUpBegun(_worker);
        volume.Tell(new CleanUpEnded(Copy.Operation, new OperationError(ErrorKind.Busy, "still watched")));
        var mortal = CreateTestProbe("mortal");
        CleanUpBegun(mortal);
        Sys.Stop(mortal.Ref);
        CleanUpBegun(_worker);
        _worker.Send(volume, new WorkerLost(Copy.Operation));
        CleanUpBegun(_worker);
        volume.Tell(new CleanUpEnded(Copy.Operation, null));

        _region.ExpectMsg<ReleaseSource>();
    }

    [Fact]
    public void A_worker_for_a_clean_up_is_asked_for_until_there_is_one()
    {
        var volume = Start();
        BeginCopy(volume);
        _worker.ExpectMsg<RunAttempt>();
        Report(volume, Copy, leftovers: true);

        _dispatcher.ExpectMsg<RequestWorker>();
        _dispatcher.ExpectMsg<RequestWorker>();
    }

    [Fact]
    public void A_busy_source_is_asked_again_and_given_up_when_its_time_is_over()
    {
        Services = Services with { Settings = Settings with { SourceWaitMax = TimeSpan.FromMilliseconds(300) } };
        var volume = Start();
        _region.SetAutoPilot(new DelegateAutoPilot((asker, message) =>
        {
            if (message is HoldSource)
                asker.Tell(new SourceHoldAnswered(Copy.Operation, false, Delete.Operation));
            return AutoPilot.KeepRunning;
        }));
        _owner.Send(volume, Copy);
        // Whatever becomes of the time of day.
        Clock.Advance(-TimeSpan.FromHours(1));

        var ended = _owner.ExpectMsg<OperationEnded>();
        _region.ExpectMsg<HoldSource>();
        _region.ExpectMsg<HoldSource>();
        Assert.Equal(ErrorKind.Busy, ended.Outcome.Error!.Kind);
        Assert.Contains(Delete.Operation.Value, ended.Outcome.Error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_source_that_does_not_answer_is_asked_again()
    {
        var volume = Start();
        _owner.Send(volume, Copy);

        _region.ExpectMsg<HoldSource>();
        _region.ExpectMsg<HoldSource>();
    }

    [Fact]
    public void A_held_volume_refuses_to_change_until_it_is_released()
    {
        var volume = Start();
        _region.Send(volume, new HoldSource(Name, Id("reader"), Source));
        Assert.True(_region.ExpectMsg<SourceHoldAnswered>().Granted);
        Assert.IsType<SourceHeld>(Assert.Single(Events));
        _owner.Send(volume, Delete);
        _region.ExpectMsg<ConfirmHold>();
        Assert.Equal(ErrorKind.Busy, _owner.ExpectMsg<OperationEnded>().Outcome.Error!.Kind);
        _region.Send(volume, new ReleaseSource(Name, Id("reader")));
        _region.ExpectMsg<SourceHoldReleased>();

        _owner.Send(volume, new ExecuteOperation(Id("again"), new DeleteVolume(Name)));
        _dispatcher.ExpectMsg<RequestWorker>();
    }

    [Fact]
    public void A_change_waits_a_moment_for_a_held_volume_to_be_released()
    {
        Services = Services with { Settings = Settings with { HoldGrace = Limit } };
        var volume = Start();
        _region.Send(volume, new HoldSource(Name, Id("reader"), Source));
        _region.ExpectMsg<SourceHoldAnswered>();
        _owner.Send(volume, Delete);
        _owner.Send(volume, Delete);
        _region.Send(volume, new ReleaseSource(Name, Id("reader")));

        _dispatcher.ExpectMsg<RequestWorker>(r => r.Operation == Delete.Operation);
        Assert.False(_owner.HasMessages);
    }

    [Fact]
    public void A_volume_that_is_being_changed_cannot_be_held()
    {
        var volume = Start();
        _owner.Send(volume, Create);
        _dispatcher.ExpectMsg<RequestWorker>();
        _region.Send(volume, new HoldSource(Name, Id("reader"), Source));

        Assert.Equal(new SourceHoldAnswered(Id("reader"), false, Create.Operation), _region.ExpectMsg<SourceHoldAnswered>());
    }

    [Fact]
    public void A_hold_is_questioned_after_a_restart_and_ended_by_a_target_that_is_done()
    {
        var volume = Start();
        RefuseCopy(volume);
        _region.ExpectMsg<ReleaseSource>();
        _region.Reply(new SourceHoldReleased(Copy.Operation));
        _owner.ExpectMsg<OperationEnded>();
        _region.Send(volume, new HoldSource(Name, Id("reader"), Source));
        _region.ExpectMsg<SourceHoldAnswered>();
        StopAndWait(volume);
        volume = Start();

        Assert.Equal(new ConfirmHold(Source, Id("reader"), Name), _region.ExpectMsg<ConfirmHold>());
        _region.Send(volume, new ConfirmHold(Name, Copy.Operation, Source));
        Assert.Equal(new ReleaseSource(Source, Copy.Operation), _region.ExpectMsg<ReleaseSource>());
    }

    [Fact]
    public void A_hold_that_came_late_is_questioned_by_whom_it_hinders_and_ended()
    {
        Services = Services with { Settings = Settings with { HoldGrace = Limit } };
        var volume = Start();
        _region.Send(volume, new HoldSource(Name, Id("reader"), Source) { Sequence = 5 });
        _region.ExpectMsg<SourceHoldAnswered>();
        _owner.Send(volume, Delete with { Sequence = 9 });
        Assert.Equal(new ConfirmHold(Source, Id("reader"), Name) { Sequence = 5 }, _region.ExpectMsg<ConfirmHold>());

        // As its target answers.
        _region.Send(volume, new ReleaseSource(Name, Id("reader")));
        Assert.Equal(Delete.Operation, _dispatcher.ExpectMsg<RequestWorker>().Operation);
    }

    [Fact]
    public void A_hold_for_what_was_recorded_and_forgotten_is_ended()
    {
        var volume = Start();
        _owner.Send(volume, new OutcomeRecorded(Name, Before: 6));
        _region.Send(volume, new ConfirmHold(Name, Id("unknown"), Source) { Sequence = 6 });
        _region.Send(volume, new ConfirmHold(Name, Id("forgotten"), Source) { Sequence = 5 });

        Assert.Equal(new ReleaseSource(Source, Id("forgotten")), _region.ExpectMsg<ReleaseSource>());
    }

    [Fact]
    public void It_stops_only_after_the_operation_that_runs()
    {
        var volume = Start();
        _region.Watch(volume);
        Begin(volume, Create, NameIsFree);
        _worker.ExpectMsg<RunAttempt>();
        volume.Tell(new StopVolume());
        _owner.Send(volume, Delete);
        Report(volume, Create);

        _owner.ExpectMsg<OperationEnded>(e => e.Operation == Create.Operation);
        _region.ExpectTerminated(volume);
        Assert.False(_dispatcher.HasMessages);
    }

    [Fact]
    public void It_stops_at_once_when_nothing_runs()
    {
        var volume = Start();
        _region.Watch(volume);
        volume.Tell(new StopVolume());

        _region.ExpectTerminated(volume);
    }

    [Fact]
    public async Task It_stops_when_the_journal_does_not_take_the_intent()
    {
        var volume = Start();
        _region.Watch(volume);
        var intent = Journal.HoldNext<OperationStarted>();
        Begin(volume, Create, NameIsFree);
        await intent.Arrived;
        intent.Refuse();

        _region.ExpectTerminated(volume);
        Assert.False(_worker.HasMessages);
    }

    [Fact]
    public void A_snapshot_keeps_results_and_holds()
    {
        Services = Services with { Settings = Settings with { VolumeSnapshotEvery = 1 } };
        var volume = Start();
        var ended = Carry(volume, Create, NameIsFree);
        _region.Send(volume, new HoldSource(Name, Id("reader"), Source));
        _region.ExpectMsg<SourceHoldAnswered>();
        _owner.Send(volume, Delete);
        var refused = _owner.ExpectMsg<OperationEnded>();
        StopAndWait(volume);
        volume = Start();

        _region.ExpectMsg<ConfirmHold>(c => c.Operation == Id("reader"));
        _owner.Send(volume, Create);
        AssertSame(ended, _owner.ExpectMsg<OperationEnded>());
        _owner.Send(volume, Delete);
        AssertSame(refused, _owner.ExpectMsg<OperationEnded>());
    }

    // Recovery reads a snapshot, then the events after it. Another incarnation that does not know yet that it is replaced may remove those in between.
    [Fact]
    public async Task Who_recovers_while_a_replaced_incarnation_removes_events_recovers_once_more()
    {
        Services = Services with { Settings = Settings with { VolumeSnapshotEvery = 2 } };
        var replaced = Start();
        Carry(replaced, Create, NameIsFree);
        Eventually(() => Assert.Equal(2, Journal.DeletedTo($"volume-{Name}")));
        _region.Send(replaced, new HoldSource(Name, Id("reader"), Source));
        _region.ExpectMsg<SourceHoldAnswered>();
        var replay = Journal.HoldNextReplay();
        var next = Start();
        await replay.Arrived;
        _owner.Send(replaced, Delete);
        var refused = _owner.ExpectMsg<OperationEnded>();
        Eventually(() => Assert.Equal(4, Journal.DeletedTo($"volume-{Name}")));
        replay.LetGo();

        _region.ExpectMsg<ConfirmHold>(c => c.Operation == Id("reader"));
        _owner.Send(next, Delete);
        AssertSame(refused, _owner.ExpectMsg<OperationEnded>());
    }

    private static void AssertSame(OperationEnded expected, OperationEnded actual) => Assert.Equal(
        (expected.Operation, expected.Settled, expected.Outcome.Error, expected.Outcome.Attempts, expected.Outcome.FinishedAt),
        (actual.Operation, actual.Settled, actual.Outcome.Error, actual.Outcome.Attempts, actual.Outcome.FinishedAt));

    private IActorRef Start() => Sys.ActorOf(VolumeActor.Props(Name, Services, _dispatcher.Ref, _region.Ref));

    private WorkerReady Ready(ExecuteOperation request, VolumeObservation? seen, string address = "w1") =>
        new(request.Operation, _worker.Ref, new FenceAddress(address), seen);

    private void Begin(IActorRef volume, ExecuteOperation request, VolumeObservation seen, string address = "w1")
    {
        _owner.Send(volume, request);
        var asked = _dispatcher.ExpectMsg<RequestWorker>();
        Assert.Equal(request.Command, asked.Observe);
        _dispatcher.Reply(Ready(request, seen, address));
    }

    private void Begun(IActorRef volume, ExecuteOperation request, VolumeObservation seen)
    {
        _dispatcher.ExpectMsg<RequestWorker>(r => r.Operation == request.Operation);
        volume.Tell(Ready(request, seen));
        _worker.ExpectMsg<RunAttempt>();
    }

    private RunAttempt Retried(IActorRef volume, ExecuteOperation request, string address)
    {
        _dispatcher.ExpectMsg<RequestWorker>(r => r.Operation == request.Operation && r.Observe is null);
        volume.Tell(Ready(request, null, address));
        return _worker.ExpectMsg<RunAttempt>();
    }

    private static void Report(IActorRef volume, ExecuteOperation request, int attempt = 1, OperationError? error = null, bool leftovers = false) =>
        volume.Tell(new AttemptReport(request.Operation, attempt, null, error, false, leftovers));

    private OperationEnded Carry(IActorRef volume, ExecuteOperation request, VolumeObservation seen)
    {
        Begin(volume, request, seen);
        _worker.ExpectMsg<RunAttempt>();
        Report(volume, request);
        return _owner.ExpectMsg<OperationEnded>();
    }

    private void BeginCopy(IActorRef volume)
    {
        _owner.Send(volume, Copy);
        Assert.Equal(new HoldSource(Source, Copy.Operation, Name), _region.ExpectMsg<HoldSource>());
        _region.Reply(new SourceHoldAnswered(Copy.Operation, true, null));
        _dispatcher.ExpectMsg<RequestWorker>();
        _dispatcher.Reply(Ready(Copy, SourceExists));
    }

    // The target exists: there is a result without an attempt, and a source to be released.
    private void RefuseCopy(IActorRef volume)
    {
        _owner.Send(volume, Copy);
        _region.ExpectMsg<HoldSource>();
        _region.Reply(new SourceHoldAnswered(Copy.Operation, true, null));
        _dispatcher.ExpectMsg<RequestWorker>();
        _dispatcher.Reply(Ready(Copy, Exists));
        _worker.ExpectMsg<ReturnWorker>();
        Assert.False(_owner.ExpectMsg<OperationEnded>().Settled);
    }

    private void CleanUpBegun(TestProbe worker)
    {
        _dispatcher.ExpectMsg<RequestWorker>(r => r.Observe is null);
        _dispatcher.Reply(new WorkerReady(Copy.Operation, worker.Ref, new FenceAddress("w9"), null));
        worker.ExpectMsg<RunCleanUp>();
    }
}
