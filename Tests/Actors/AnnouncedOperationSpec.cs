using Akka.Actor;
using Akka.TestKit;
using Mooring.Actors.Nodes;
using Mooring.Actors.Volumes;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Tests.Actors;

/// <summary>What a volume does about an operation that is on its way into the owner's journal.</summary>
public sealed class AnnouncedOperationSpec : ActorSpec
{
    private static readonly VolumeId Name = VolumeId.Parse("rbd/v");
    private static readonly ExecuteOperation Create = new(Id("create"), new CreateVolume(Name, 10));
    private static readonly ExecuteOperation Other = new(Id("other"), new CreateVolume(Name, 20));
    private static readonly AnnounceOperation Announced = new(Create.Operation, Create.Command);

    private readonly TestProbe _owner;
    private readonly TestProbe _dispatcher;
    private readonly TestProbe _region;
    private readonly TestProbe _worker;

    public AnnouncedOperationSpec()
    {
        (_owner, _dispatcher, _region, _worker) = (CreateTestProbe("owner"), CreateTestProbe("dispatcher"), CreateTestProbe("region"), CreateTestProbe("worker"));
        _owner.IgnoreMessages<OperationRunning>();
    }

    private IReadOnlyList<object> Events => Journal.Events($"volume-{Name}");

    [Fact]
    public void It_begins_with_the_worker_that_was_reserved_only_when_it_is_asked_for()
    {
        var volume = Prepared();
        // Handled after the worker was ready.
        volume.Tell(new ConfirmHold(Name, Id("nothing"), Name));
        Assert.Empty(Events);
        Assert.Empty(CrashPoints.Passed);
        _owner.Send(volume, Create);

        Assert.Equal(Create.Operation, _worker.ExpectMsg<RunAttempt>().Active.Operation);
        Assert.Equal([CrashPoint.BeforeIntent, CrashPoint.AfterIntent], CrashPoints.Passed);
        Assert.False(_dispatcher.HasMessages);
    }

    [Fact]
    public void It_begins_when_it_is_asked_for_before_the_worker_is_ready()
    {
        var volume = Start();
        volume.Tell(Announced);
        _dispatcher.ExpectMsg<RequestWorker>();
        _owner.Send(volume, Create);
        _dispatcher.ExpectMsg<RequestWorker>();
        volume.Tell(Ready(Create.Operation));

        _worker.ExpectMsg<RunAttempt>();
        Assert.Single(Events);
    }

    [Fact]
    public void Its_worker_is_returned_when_nobody_asks_for_it()
    {
        Services = Services with { Settings = Settings with { AnnouncedMax = TimeSpan.FromMilliseconds(20) } };
        Prepared();

        Assert.Equal(Create.Operation, _worker.ExpectMsg<ReturnWorker>().Operation);
        Assert.Empty(Events);
    }

    [Fact]
    public void Another_request_goes_before_it()
    {
        var volume = Prepared();
        _owner.Send(volume, Other);

        Assert.Equal(Create.Operation, _worker.ExpectMsg<ReturnWorker>().Operation);
        Assert.Equal(Other.Operation, _dispatcher.ExpectMsg<RequestWorker>().Operation);
    }

    [Fact]
    public void The_same_operation_with_other_content_is_looked_at_anew()
    {
        var volume = Prepared();
        _owner.Send(volume, new ExecuteOperation(Create.Operation, Other.Command));

        _worker.ExpectMsg<ReturnWorker>();
        Assert.Equal(Other.Command, _dispatcher.ExpectMsg<RequestWorker>().Observe);
    }

    [Fact]
    public void A_store_that_cannot_be_looked_at_ends_the_preparation_and_nothing_else()
    {
        var volume = Start();
        volume.Tell(Announced);
        _dispatcher.ExpectMsg<RequestWorker>();
        _dispatcher.Reply(new WorkerRefused(Create.Operation, new OperationError(ErrorKind.NotFound, "no such pool")));
        _owner.Send(volume, Create);

        _dispatcher.ExpectMsg<RequestWorker>();
        Assert.Empty(Events);
    }

    [Fact]
    public void A_worker_that_is_lost_meanwhile_is_replaced_when_it_is_asked_for()
    {
        var volume = Prepared();
        _worker.Send(volume, new WorkerLost(Create.Operation));
        _owner.Send(volume, Create);

        Assert.Equal(Create.Command, _dispatcher.ExpectMsg<RequestWorker>().Observe);
    }

    [Fact]
    public void A_copy_may_read_the_volume_meanwhile()
    {
        var volume = Prepared();
        _owner.Send(volume, new HoldSource(Name, Id("copy"), VolumeId.Parse("rbd/copy")));

        Assert.True(_owner.ExpectMsg<SourceHoldAnswered>().Granted);
        _worker.ExpectMsg<ReturnWorker>();
    }

    [Fact]
    public void It_does_not_keep_a_volume_from_stopping()
    {
        var volume = Prepared();
        Watch(volume);
        volume.Tell(new StopVolume());

        ExpectTerminated(volume);
        _worker.ExpectMsg<ReturnWorker>();
    }

    private IActorRef Start() => Sys.ActorOf(VolumeActor.Props(Name, Services, _dispatcher.Ref, _region.Ref));

    private IActorRef Prepared()
    {
        var volume = Start();
        volume.Tell(Announced);
        Assert.Equal(Create.Command, _dispatcher.ExpectMsg<RequestWorker>().Observe);
        _dispatcher.Reply(Ready(Create.Operation));
        return volume;
    }

    private WorkerReady Ready(OperationId operation) =>
        new(operation, _worker.Ref, new FenceAddress("w1"), new VolumeObservation(null, null, null));
}
