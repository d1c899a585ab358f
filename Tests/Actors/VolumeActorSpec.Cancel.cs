using Akka.Actor;
using Mooring.Actors.Nodes;
using Mooring.Actors.Volumes;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Tests.Actors;

/// <content>Somebody wants an operation to be cancelled.</content>
public sealed partial class VolumeActorSpec
{
    [Fact]
    public void What_waits_is_cancelled_while_another_runs()
    {
        var volume = Start();
        Begin(volume, Create, NameIsFree);
        _worker.ExpectMsg<RunAttempt>();
        _owner.Send(volume, Delete);
        _owner.Send(volume, Delete with { Cancel = true });
        var cancelled = ExpectCancelled(Delete);
        Report(volume, Create);

        Assert.True(_owner.ExpectMsg<OperationEnded>(e => e.Operation == Create.Operation).Outcome.Succeeded);
        _owner.Send(volume, Delete);
        AssertSame(cancelled, _owner.ExpectMsg<OperationEnded>());
        Assert.False(_dispatcher.HasMessages);
    }

    [Fact]
    public void What_waits_for_a_worker_is_cancelled_and_gives_it_back()
    {
        var volume = Start();
        _owner.Send(volume, Create);
        _dispatcher.ExpectMsg<RequestWorker>();
        _owner.Send(volume, Create with { Cancel = true });
        ExpectCancelled(Create);
        volume.Tell(Ready(Create, NameIsFree));

        _worker.ExpectMsg<ReturnWorker>();
        Assert.DoesNotContain(Events, e => e is OperationStarted);
    }

    [Fact]
    public void What_waits_for_its_source_is_cancelled_and_releases_it()
    {
        var volume = Start();
        _owner.Send(volume, Copy);
        _region.ExpectMsg<HoldSource>();
        _owner.Send(volume, Copy with { Cancel = true });

        _region.ExpectMsg<ReleaseSource>();
        Assert.Equal(ErrorKind.Cancelled, _owner.ExpectMsg<OperationEnded>().Outcome.Error!.Kind);
    }

    [Fact]
    public void What_was_announced_is_cancelled()
    {
        var volume = Start();
        volume.Tell(new AnnounceOperation(Create.Operation, Create.Command));
        _dispatcher.ExpectMsg<RequestWorker>();
        _dispatcher.Reply(Ready(Create, NameIsFree));
        _owner.Send(volume, Create with { Cancel = true });

        ExpectCancelled(Create);
        _worker.ExpectMsg<ReturnWorker>();
    }

    [Fact]
    public void The_attempt_that_runs_is_asked_to_end_and_its_result_counts()
    {
        var volume = Start();
        Begin(volume, Create, NameIsFree);
        _worker.ExpectMsg<RunAttempt>();
        _owner.Send(volume, Create with { Cancel = true });
        Assert.Equal(Create.Operation, _worker.ExpectMsg<CancelAttempt>().Operation);
        Report(volume, Create);

        Assert.True(_owner.ExpectMsg<OperationEnded>().Outcome.Succeeded);
    }

    [Fact]
    public void What_the_store_has_put_off_is_looked_at_before_it_is_cancelled()
    {
        var volume = Start();
        Begin(volume, Create, NameIsFree);
        _worker.ExpectMsg<RunAttempt>();
        volume.Tell(new AttemptReport(
            Create.Operation, 1, null, new OperationError(ErrorKind.Overloaded, "not now"), InDoubt: false, Leftovers: false, EarlierFenced: true));
        _owner.Send(volume, Create with { Cancel = true });
        // At once, and nothing more is done.
        _dispatcher.ExpectMsg<RequestWorker>(r => r.Operation == Create.Operation && r.Observe is null);
        Assert.False(_owner.HasMessages);
        _dispatcher.Reply(Ready(Create, null));
        Assert.True(_worker.ExpectMsg<RunAttempt>().OnlyLook);
        volume.Tell(new AttemptReport(Create.Operation, 2, null, OperationErrors.Cancelled("volume.create"), InDoubt: false, Leftovers: true, EarlierFenced: true));

        Assert.Equal(ErrorKind.Cancelled, _owner.ExpectMsg<OperationEnded>().Outcome.Error!.Kind);
    }

    [Fact]
    public void What_is_in_doubt_is_not_cancelled_before_it_has_been_looked_at()
    {
        var volume = Start();
        Begin(volume, Create, NameIsFree);
        _worker.ExpectMsg<RunAttempt>();
        volume.Tell(new AttemptReport(
            Create.Operation, 1, null, new OperationError(ErrorKind.TimedOut, "no answer"), InDoubt: true, Leftovers: false, EarlierFenced: true));
        _owner.Send(volume, Create with { Cancel = true });
        // It comes again when the time of the next try has come.
        _dispatcher.ExpectMsg<RequestWorker>(r => r.Operation == Create.Operation && r.Observe is null);

        Assert.False(_owner.HasMessages);
    }

    [Fact]
    public void What_has_its_result_keeps_it()
    {
        var volume = Start();
        var first = Carry(volume, Create, NameIsFree);
        _owner.Send(volume, Create with { Cancel = true });

        Assert.Equal(first, _owner.ExpectMsg<OperationEnded>());
    }

    private OperationEnded ExpectCancelled(ExecuteOperation request)
    {
        var ended = _owner.ExpectMsg<OperationEnded>();
        Assert.Equal((request.Operation, ErrorKind.Cancelled, 0), (ended.Operation, ended.Outcome.Error!.Kind, ended.Outcome.Attempts));
        return ended;
    }
}
