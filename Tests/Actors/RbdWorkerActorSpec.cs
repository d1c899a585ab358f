using Akka.Actor;
using Akka.TestKit;
using Mooring.Actors.Nodes;
using Mooring.Actors.Volumes;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.Tests.Actors;

/// <summary>One worker on a store in memory, between its dispatcher and a volume's actor, which are probes.</summary>
public sealed class RbdWorkerActorSpec : ActorSpec
{
    private static readonly VolumeId Name = VolumeId.Parse("rbd/v");
    private static readonly CreateVolume Create = new(Name, 10);
    private static readonly OperationId Operation = Id("create");

    private readonly TestProbe _dispatcher;
    private readonly TestProbe _volume;
    private readonly IActorRef _worker;

    public RbdWorkerActorSpec()
    {
        (_dispatcher, _volume) = (CreateTestProbe("dispatcher"), CreateTestProbe("volume"));
        _worker = _dispatcher.ChildActorOf(RbdWorkerActor.Props(Services, 3), "worker", SupervisorStrategy.StoppingStrategy);
        _dispatcher.ExpectMsg(new WorkerIdle(_worker));
    }

    [Fact]
    public void It_looks_and_is_reserved()
    {
        var image = Store.Add(Name, 10);
        var ready = Reserve();

        Assert.Equal((Operation, _worker, new FenceAddress("worker-3#1")), (ready.Operation, ready.Worker, ready.Address));
        Assert.Equal(image.Id.Value, ready.Seen!.ImageId);
    }

    [Fact]
    public void It_runs_an_attempt_reports_it_and_is_free_again()
    {
        Reserve();
        _worker.Tell(new RunAttempt(Attempt(1, "worker-3#1")));

        var report = _volume.ExpectMsg<AttemptReport>();
        Assert.Equal((Operation, 1, false, null), (report.Operation, report.Attempt, report.InDoubt, report.Error));
        Assert.Equal(Name, report.Volume!.Volume);
        _dispatcher.ExpectMsg(new WorkerIdle(_worker));
    }

    [Fact]
    public void A_connection_that_it_gets_after_its_end_is_closed() => EndDuring("connect", () =>
    {
        _volume.Send(_worker, new RequestWorker(Operation, null));
        return _worker;
    });

    [Fact]
    public void A_connection_that_left_something_in_doubt_is_not_used_again()
    {
        Fail("create", ErrorKind.TimedOut);
        Reserve();
        _worker.Tell(new RunAttempt(Attempt(1, "worker-3#1")));
        Assert.True(_volume.ExpectMsg<AttemptReport>().InDoubt);
        _dispatcher.ExpectMsg(new WorkerIdle(_worker));
        var again = Reserve();

        Assert.Equal("worker-3#2", again.Address.Value);
        Assert.True(Store.Connections.First().Disposed);
    }

    [Fact]
    public void A_failure_that_is_a_result_keeps_the_connection()
    {
        Fail("create", ErrorKind.NoSpace);
        Reserve();
        _worker.Tell(new RunAttempt(Attempt(1, "worker-3#1")));
        var report = _volume.ExpectMsg<AttemptReport>();

        Assert.Equal((ErrorKind.NoSpace, false), (report.Error!.Kind, report.InDoubt));
        Assert.Equal("worker-3#1", Reserve().Address.Value);
    }

    [Fact]
    public void What_was_never_expected_is_in_doubt()
    {
        Store.Before = (call, _) => call == "create" ? throw new InvalidOperationException("surprise") : Task.CompletedTask;
        Reserve();
        _worker.Tell(new RunAttempt(Attempt(1, "worker-3#1")));
        var report = _volume.ExpectMsg<AttemptReport>();

        Assert.Equal((ErrorKind.Internal, true), (report.Error!.Kind, report.InDoubt));
    }

    [Fact]
    public void Earlier_workers_are_fenced_before_the_work_is_done_again_and_it_never_fences_itself()
    {
        var order = new List<string>();
        Store.Before = (call, _) =>
        {
            lock (order)
                order.Add(call);
            return Task.CompletedTask;
        };
        Reserve();
        _worker.Tell(new RunAttempt(Attempt(3, "w1", "worker-3#1", "worker-3#1")));
        _volume.ExpectMsg<AttemptReport>();

        Assert.Equal([new FenceAddress("w1")], Store.Fenced.Keys);
        Assert.True(order.IndexOf("fence") < order.IndexOf("create"), string.Join(' ', order));
    }

    // Whatever the reason: the earlier attempt may still take effect.
    [Fact]
    public void What_cannot_be_fenced_stays_in_doubt()
    {
        Fail("fence", ErrorKind.PermissionDenied);
        Reserve();
        _worker.Tell(new RunAttempt(Attempt(2, "w1", "worker-3#1")));

        Assert.True(_volume.ExpectMsg<AttemptReport>().InDoubt);
    }

    [Fact]
    public async Task What_is_cancelled_ends_at_its_next_step()
    {
        var copying = new TaskCompletionSource();
        Store.Copying = async cancellation =>
        {
            copying.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellation);
        };
        Store.Add(VolumeId.Parse("rbd/source"), 10);
        Reserve();
        _worker.Tell(new RunAttempt(Attempt(1, "worker-3#1") with { Command = new CopyVolume(Name, VolumeId.Parse("rbd/source")) }));
        await copying.Task.WaitAsync(Limit);
        _worker.Tell(new CancelAttempt(Id("another")));
        _worker.Tell(new CancelAttempt(Operation));

        var report = _volume.ExpectMsg<AttemptReport>();
        Assert.Equal((ErrorKind.Cancelled, false, true), (report.Error!.Kind, report.InDoubt, report.Leftovers));
        Assert.Equal("worker-3#1", Reserve().Address.Value);
    }

    [Fact]
    public async Task The_work_goes_on_when_the_volume_s_actor_dies()
    {
        var creating = new TaskCompletionSource();
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Store.Before = (call, _) =>
        {
            if (call != "create")
                return Task.CompletedTask;
            creating.TrySetResult();
            return goOn.Task;
        };
        Reserve();
        _worker.Tell(new RunAttempt(Attempt(1, "worker-3#1")));
        await creating.Task.WaitAsync(Limit);
        StopAndWait(_volume.Ref);
        goOn.SetResult();

        _dispatcher.ExpectMsg(new WorkerIdle(_worker));
        Assert.Contains(Name, Store.Images.Keys);
    }

    [Fact]
    public void One_that_is_returned_is_free_again()
    {
        Reserve();
        _volume.Send(_worker, new ReturnWorker(Operation));

        _dispatcher.ExpectMsg(new WorkerIdle(_worker));
    }

    [Fact]
    public void One_whose_volume_dies_before_the_work_is_free_again()
    {
        Reserve();
        StopAndWait(_volume.Ref);

        _dispatcher.ExpectMsg(new WorkerIdle(_worker));
    }

    [Fact]
    public async Task One_whose_volume_dies_while_it_looks_is_free_again_when_it_has_looked()
    {
        var looking = new TaskCompletionSource();
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Store.Before = (call, _) =>
        {
            if (call != "find")
                return Task.CompletedTask;
            looking.TrySetResult();
            return goOn.Task;
        };
        _volume.Send(_worker, new RequestWorker(Operation, Create));
        await looking.Task.WaitAsync(Limit);
        StopAndWait(_volume.Ref);
        goOn.SetResult();

        _dispatcher.ExpectMsg(new WorkerIdle(_worker));
    }

    [Fact]
    public void One_that_cannot_look_says_why_and_is_free_again()
    {
        Fail("find", ErrorKind.NotFound);
        _volume.Send(_worker, new RequestWorker(Operation, Create));

        Assert.Equal(ErrorKind.NotFound, _volume.ExpectMsg<WorkerRefused>().Error.Kind);
        _dispatcher.ExpectMsg(new WorkerIdle(_worker));
        Assert.True(Store.Connections.Single().Disposed);
    }

    [Fact]
    public void A_connection_that_did_not_answer_a_look_is_kept()
    {
        Reserve();
        _worker.Tell(new ReturnWorker(Operation));
        _dispatcher.ExpectMsg(new WorkerIdle(_worker));
        Fail("find", ErrorKind.TimedOut);
        _volume.Send(_worker, new RequestWorker(Operation, Create));
        Assert.Equal(ErrorKind.TimedOut, _volume.ExpectMsg<WorkerRefused>().Error.Kind);
        _dispatcher.ExpectMsg(new WorkerIdle(_worker));
        Store.Before = (_, _) => Task.CompletedTask;

        Assert.Equal("worker-3#1", Reserve().Address.Value);
    }

    [Fact]
    public void Without_a_connection_there_is_no_worker()
    {
        Fail("connect", ErrorKind.Unavailable);
        _volume.Send(_worker, new RequestWorker(Operation, Create));
        Assert.Equal(ErrorKind.Unavailable, _volume.ExpectMsg<WorkerRefused>().Error.Kind);
        _dispatcher.ExpectMsg(new WorkerIdle(_worker));
        Store.Before = (_, _) => Task.CompletedTask;

        Reserve();
    }

    [Fact]
    public void What_attempts_left_is_removed_after_they_were_fenced()
    {
        var work = new VolumeId("rbd", "", $"{VolumeId.ReservedPrefix}{Operation}.1");
        Store.Add(work, 10);
        Store.Add(Name, 10);
        Reserve();
        var copy = Attempt(2, "w1", "w2") with { Command = new CopyVolume(Name, VolumeId.Parse("rbd/source")) };
        _worker.Tell(new RunCleanUp(copy));

        Assert.Null(_volume.ExpectMsg<CleanUpEnded>().Error);
        Assert.Equal([Name], Store.Images.Keys);
        Assert.Contains(new FenceAddress("w1"), Store.Fenced.Keys);
        _dispatcher.ExpectMsg(new WorkerIdle(_worker));
    }

    [Theory]
    [InlineData(true, ErrorKind.Overloaded)]
    [InlineData(false, ErrorKind.Busy)]
    public void A_removal_waits_for_what_attempts_left_and_for_nothing_else(bool leftAlone, ErrorKind expected)
    {
        Store.Add(Name, 10);
        VolumeId[] clones = [new("rbd", "", $"{VolumeId.ReservedPrefix}{Operation}.1"), .. leftAlone ? [] : new[] { VolumeId.Parse("rbd/clone") }];
        Store.Before = (called, _) => called == "remove"
            ? throw new BlockStoreException(ErrorKind.Busy, "it is cloned") { InTheWay = clones }
            : Task.CompletedTask;
        Reserve();
        _worker.Tell(new RunAttempt(Attempt(1, "worker-3#1") with { Command = new DeleteVolume(Name) }));

        Assert.Equal(expected, _volume.ExpectMsg<AttemptReport>().Error?.Kind);
    }

    [Fact]
    public void What_was_renamed_by_half_is_completed_and_not_removed()
    {
        var work = new VolumeId("rbd", "", $"{VolumeId.ReservedPrefix}{Operation}.1");
        Store.Images[work] = Store.Add(Name, 10);
        Reserve();
        _worker.Tell(new RunCleanUp(Attempt(2, "w1", "w2") with { Command = new CopyVolume(Name, VolumeId.Parse("rbd/source")) }));

        Assert.Null(_volume.ExpectMsg<CleanUpEnded>().Error);
        Assert.Equal([Name], Store.Images.Keys);
    }

    [Fact]
    public void Its_connection_is_closed_with_it()
    {
        Reserve();
        StopAndWait(_worker);

        Eventually(() => Assert.True(Store.Connections.Single().Disposed));
    }

    [Fact]
    public void When_it_starts_anew_its_volume_is_told_and_it_is_free_again()
    {
        var worker = _dispatcher.ChildActorOf(RbdWorkerActor.Props(Services, 4), "mortal", SupervisorStrategy.DefaultStrategy);
        _dispatcher.ExpectMsg(new WorkerIdle(worker));
        Store.Before = (call, _) => call switch
        {
            "create" => throw new BlockStoreException(ErrorKind.TimedOut, "late"),
            "dispose" => throw new InvalidOperationException("the adapter is broken"),
            _ => Task.CompletedTask,
        };
        _volume.Send(worker, new RequestWorker(Operation, Create));
        _volume.ExpectMsg<WorkerReady>();
        worker.Tell(new RunAttempt(Attempt(1, "worker-4#1")));

        _volume.ExpectMsgFrom(worker, new WorkerLost(Operation));
        _dispatcher.ExpectMsg(new WorkerIdle(worker));
    }

    private void Fail(string call, ErrorKind kind) =>
        Store.Before = (called, _) => called == call ? throw new BlockStoreException(kind, $"{call} fails") : Task.CompletedTask;

    private WorkerReady Reserve()
    {
        _volume.Send(_worker, new RequestWorker(Operation, Create));
        return _volume.ExpectMsg<WorkerReady>();
    }

    private static ActiveOperation Attempt(int attempt, params string[] workers) =>
        new(Operation, Create, attempt, [.. workers.Select(w => new FenceAddress(w))], null, DateTimeOffset.UnixEpoch, Node);
}
