using Mooring.Actors.Nodes;
using Mooring.Actors.Volumes;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Tests.Actors;

/// <content>What the block store puts off.</content>
public sealed partial class VolumeActorSpec
{
    private static readonly OperationError Later = new(ErrorKind.Overloaded, "later", 11);

    [Fact]
    public void What_is_put_off_is_tried_again_without_a_fence_and_its_owner_knows_why()
    {
        _owner.IgnoreMessages<OperationRunning>(running => running.Setback is null);
        var volume = Start();
        Begin(volume, Create, NameIsFree, "w1");
        _worker.ExpectMsg<RunAttempt>();
        PutOff(volume, attempt: 1);

        var told = _owner.ExpectMsg<OperationRunning>();
        Assert.Equal((1, Later, 1), (told.Attempt, told.Setback!.Reason, told.Setback.Count));
        Assert.Equal(["w2"], Retried(volume, Create, "w2").Active.Workers.Select(w => w.Value));
        Report(volume, Create, attempt: 2);
        Assert.Equal(2, _owner.FishForMessage<OperationEnded>(_ => true).Outcome.Attempts);
    }

    [Fact]
    public void What_is_put_off_for_less_than_that_takes_is_tried_again_at_once()
    {
        Clock.Look = Settings.RetryBackoffMax;
        var volume = Start();
        Begin(volume, Create, NameIsFree, "w1");
        _worker.ExpectMsg<RunAttempt>();
        PutOff(volume, attempt: 1);

        // An actor that had failed in it would fence its worker.
        Assert.Equal(["w2"], Retried(volume, Create, "w2").Active.Workers.Select(w => w.Value));
    }

    [Fact]
    public void What_waits_for_its_next_try_asks_for_no_worker_when_its_owner_asks_again()
    {
        Services = Services with { Settings = Settings with { RetryBackoffMin = TimeSpan.FromMinutes(1), RetryBackoffMax = TimeSpan.FromMinutes(1) } };
        var volume = Start();
        Begin(volume, Create, NameIsFree);
        _worker.ExpectMsg<RunAttempt>();
        PutOff(volume, attempt: 1);
        _owner.IgnoreMessages(_ => false);
        _owner.Send(volume, Create);

        Assert.Equal(Later, _owner.FishForMessage<OperationRunning>(running => running.Setback is not null).Setback!.Reason);
        Assert.False(_dispatcher.HasMessages);
    }

    [Fact]
    public void What_could_not_begin_says_why()
    {
        _owner.IgnoreMessages(_ => false);
        var volume = Start();
        RefuseWorker(volume, Create);

        var told = _owner.ExpectMsg<OperationRunning>();
        Assert.Equal((Create.Operation, 0, Later), (told.Operation, told.Attempt, told.Setback!.Reason));
    }

    [Fact]
    public void What_could_not_begin_for_too_long_fails_and_the_next_one_begins()
    {
        var volume = Start();
        RefuseWorker(volume, Create);
        _owner.Send(volume, Delete);
        _dispatcher.ExpectMsg<RequestWorker>();
        Clock.Advance(Settings.RefusedMax);
        _dispatcher.Reply(new WorkerRefused(Create.Operation, Later));

        var outcome = _owner.ExpectMsg<OperationEnded>().Outcome;
        Assert.Equal((ErrorKind.Overloaded, 11, 0), (outcome.Error!.Kind, outcome.Error.Errno, outcome.Attempts));
        Assert.StartsWith("later; given up after 2 tries in ", outcome.Error.Detail, StringComparison.Ordinal);
        Assert.Equal(Delete.Operation, _dispatcher.ExpectMsg<RequestWorker>().Operation);
    }

    [Fact]
    public void What_is_put_off_for_too_long_fails()
    {
        var volume = Start();
        Begin(volume, Create, NameIsFree);
        _worker.ExpectMsg<RunAttempt>();
        PutOff(volume, attempt: 1);
        Retried(volume, Create, "w2");
        Clock.Advance(Settings.RefusedMax);
        PutOff(volume, attempt: 2);
        Assert.True(Retried(volume, Create, "w3").OnlyLook);
        volume.Tell(new AttemptReport(
            Create.Operation, 3, null, OperationErrors.Cancelled("volume.create"), InDoubt: false, Leftovers: true, EarlierFenced: true), Akka.Actor.ActorRefs.NoSender);

        Assert.Equal(ErrorKind.Overloaded, _owner.ExpectMsg<OperationEnded>().Outcome.Error!.Kind);
    }

    private static void PutOff(Akka.Actor.IActorRef volume, int attempt) =>
        volume.Tell(new AttemptReport(Create.Operation, attempt, null, Later, InDoubt: false, Leftovers: false, EarlierFenced: true), Akka.Actor.ActorRefs.NoSender);

    private void RefuseWorker(Akka.Actor.IActorRef volume, ExecuteOperation request)
    {
        _owner.Send(volume, request);
        _dispatcher.ExpectMsg<RequestWorker>();
        _dispatcher.Reply(new WorkerRefused(request.Operation, Later));
    }
}
