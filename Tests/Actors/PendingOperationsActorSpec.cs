using Akka.Actor;
using Akka.TestKit;
using Mooring.Actors.Requests;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.Tests.Actors;

/// <summary>The owner's book of requests between clients and the region of all volumes, which are probes.</summary>
public sealed class PendingOperationsActorSpec : ActorSpec
{
    private static readonly VolumeId Name = VolumeId.Parse("rbd/v");
    private static readonly SubmitOperation Create = Request("create", new CreateVolume(Name, 10));
    private static readonly NodeName Other = new("node-2");

    private readonly TestProbe _client;
    private readonly TestProbe _region;
    private int _epoch;

    public PendingOperationsActorSpec()
    {
        (_client, _region) = (CreateTestProbe("client"), CreateTestProbe("region"));
        Services = Services with { Settings = Settings with { ResendInterval = TimeSpan.FromMinutes(1) } };
        _region.IgnoreMessages<AnnounceOperation>();
    }

    private IReadOnlyList<object> Events => Journal.Events(PendingOperationsActor.Name);

    [Fact]
    public void The_first_event_of_an_owner_is_its_ownership()
    {
        var book = Start();
        Accept(book, Create);

        var taken = Assert.IsType<OwnershipTaken>(Events[0]);
        Assert.Equal((new Epoch(1), Node), (taken.Epoch, taken.Node));
    }

    [Fact]
    public async Task A_request_is_in_the_journal_before_its_volume_and_its_client_are_told()
    {
        var book = Start();
        var entry = Journal.HoldNext<RequestAccepted>();
        _client.Send(book, Create);
        await entry.Arrived;
        Assert.False(_client.HasMessages || _region.HasMessages);
        entry.LetGo();

        Assert.Equal(new ExecuteOperation(Id("create"), Create.Command) { Sequence = 1, RecordedBefore = 1 }, _region.ExpectMsg<ExecuteOperation>());
        Assert.Equal(OperationState.Accepted, _client.ExpectMsg<OperationAccepted>().Operation.State);
    }

    [Fact]
    public async Task A_volume_is_told_what_will_come_while_it_enters_the_journal()
    {
        _region.IgnoreMessages(_ => false);
        var book = Start();
        var entry = Journal.HoldNext<RequestAccepted>();
        _client.Send(book, Create);
        await entry.Arrived;

        Assert.Equal(new AnnounceOperation(Id("create"), Create.Command), _region.ExpectMsg<AnnounceOperation>());
        entry.LetGo();
        _region.ExpectMsg<ExecuteOperation>();
    }

    [Fact]
    public async Task The_same_request_while_the_first_is_on_its_way_into_the_journal_is_one_request()
    {
        var book = Start();
        var entry = Journal.HoldNext<RequestAccepted>();
        _client.Send(book, Create);
        await entry.Arrived;
        var second = CreateTestProbe();
        second.Send(book, Create);
        second.Send(book, Request("create", new DeleteVolume(Name)));
        entry.LetGo();

        var operation = _client.ExpectMsg<OperationAccepted>().Operation;
        Assert.Equal(operation, second.ExpectMsg<OperationAccepted>().Operation);
        Assert.Equal(ErrorKind.RequestConflict, second.ExpectMsg<OperationFailed>().Error.Kind);
        Assert.Single(Events.OfType<RequestAccepted>());
    }

    [Fact]
    public void The_same_request_again_gets_the_same_result()
    {
        var book = Start();
        Accept(book, Create);
        End(Create);
        Eventually(() => Assert.Contains(Events, e => e is RequestFinished));
        _client.Send(book, Create);

        Assert.Equal(OperationState.Succeeded, _client.ExpectMsg<OperationAccepted>().Operation.State);
        Assert.Single(Events.OfType<RequestAccepted>());
    }

    [Fact]
    public void The_same_id_with_other_content_is_refused()
    {
        var book = Start();
        Accept(book, Create);
        _client.Send(book, Request("create", new CreateVolume(Name, 11)));

        Assert.Equal(ErrorKind.RequestConflict, _client.ExpectMsg<OperationFailed>().Error.Kind);
    }

    [Fact]
    public void Requests_without_result_are_bounded()
    {
        Services = Services with { Settings = Services.Settings with { OpenOperationsMax = 1 } };
        var book = Start();
        var second = Request("second", new DeleteVolume(Name));
        Accept(book, Create);
        _client.Send(book, second);
        Assert.Equal(ErrorKind.Overloaded, _client.ExpectMsg<OperationFailed>().Error.Kind);
        End(Create);
        _region.ExpectMsg<OutcomeRecorded>();

        Accept(book, second);
    }

    [Fact]
    public async Task Requests_on_their_way_into_the_journal_count_too()
    {
        Services = Services with { Settings = Services.Settings with { OpenOperationsMax = 1 } };
        var book = Start();
        var entry = Journal.HoldNext<RequestAccepted>();
        _client.Send(book, Create);
        await entry.Arrived;
        _client.Send(book, Request("second", new DeleteVolume(Name)));

        Assert.Equal(ErrorKind.Overloaded, _client.ExpectMsg<OperationFailed>().Error.Kind);
        entry.LetGo();
        _client.ExpectMsg<OperationAccepted>();
    }

    [Fact]
    public async Task A_wish_to_cancel_is_in_the_journal_before_anybody_is_told_and_the_next_owner_has_it()
    {
        var book = Start();
        Accept(book, Create);
        var entry = Journal.HoldNext<CancellationAsked>();
        _client.Send(book, new CancelOperation(Id("create")));
        await entry.Arrived;
        Assert.False(_client.HasMessages || _region.HasMessages);
        entry.LetGo();
        Assert.True(_region.ExpectMsg<ExecuteOperation>().Cancel);
        Assert.True(_client.ExpectMsg<OperationFound>().Operation.CancelAsked);
        StopAndWait(book);
        book = Start();
        Assert.True(_region.ExpectMsg<ExecuteOperation>().Cancel);

        _region.Send(book, new OperationEnded(Id("create"), new OperationOutcome(
            null, new OperationError(ErrorKind.Cancelled, "cancelled"), 0, Clock.GetUtcNow(), Clock.GetUtcNow(), Node), Settled: true));
        _client.Send(book, new AwaitOperation(Id("create"), Limit, Other));
        Assert.Equal(OperationState.Cancelled, _client.ExpectMsg<OperationFound>().Operation.State);
        Assert.Single(Events.OfType<CancellationAsked>());
    }

    [Fact]
    public void What_has_its_result_is_not_cancelled()
    {
        var book = Start();
        Accept(book, Create);
        End(Create);
        _region.ExpectMsg<OutcomeRecorded>();
        _client.Send(book, new CancelOperation(Id("create")));

        Assert.Equal(OperationState.Succeeded, _client.ExpectMsg<OperationFound>().Operation.State);
        Assert.Empty(Events.OfType<CancellationAsked>());
        _client.Send(book, new CancelOperation(Id("nothing")));
        Assert.Equal(ErrorKind.NotFound, _client.ExpectMsg<QueryFailed>().Error.Kind);
    }

    [Fact]
    public void Who_waits_is_answered_when_the_operation_ends()
    {
        var book = Start();
        Accept(book, Create);
        _client.Send(book, new AwaitOperation(Id("create"), Limit, Other));
        End(Create);

        var found = _client.ExpectMsg<OperationFound>().Operation;
        Assert.Equal((OperationState.Succeeded, Other), (found.State, found.DeliveredBy));
        Eventually(() => Assert.Equal(Other, Assert.Single(Events.OfType<ResultDelivered>()).By));
        Assert.Contains(CrashPoint.AfterReply, CrashPoints.Passed);
    }

    [Fact]
    public void Who_waits_is_answered_when_the_time_is_over()
    {
        var book = Start();
        Accept(book, Create);
        _client.Send(book, new AwaitOperation(Id("create"), TimeSpan.FromMilliseconds(20), Other));

        Assert.Equal(OperationState.Accepted, _client.ExpectMsg<OperationFound>().Operation.State);
        Assert.Empty(Events.OfType<ResultDelivered>());
    }

    [Fact]
    public void Who_watches_is_answered_when_the_operation_moves_on()
    {
        var book = Start();
        Accept(book, Create);
        _client.Send(book, new WatchOperation(Id("create"), -1, Limit, Other));
        var seen = _client.ExpectMsg<OperationFound>();
        _client.Send(book, new WatchOperation(Id("create"), seen.Version, Limit, Other));
        _region.Send(book, new OperationRunning(Id("create"), 1, Node, 0.5, Clock.GetUtcNow()));
        var moved = _client.ExpectMsg<OperationFound>();

        Assert.Equal((OperationState.Running, 0.5), (moved.Operation.State, moved.Operation.Progress));
        Assert.True(moved.Version > seen.Version);
        _client.Send(book, new WatchOperation(Id("create"), seen.Version, Limit, Other));
        Assert.Equal(moved.Version, _client.ExpectMsg<OperationFound>().Version);
    }

    [Fact]
    public void Those_who_wait_are_bounded()
    {
        Services = Services with { Settings = Services.Settings with { WaiterCountMax = 1 } };
        var book = Start();
        Accept(book, Create);
        _client.Send(book, new AwaitOperation(Id("create"), Limit, Other));
        var second = CreateTestProbe();
        second.Send(book, new AwaitOperation(Id("create"), Limit, Other));
        Assert.Equal(ErrorKind.Overloaded, second.ExpectMsg<QueryFailed>().Error.Kind);
        End(Create);

        _client.ExpectMsg<OperationFound>();
    }

    [Fact]
    public void An_operation_that_nobody_asked_for_is_not_found()
    {
        _client.Send(Start(), new GetOperation(Id("nothing")));

        Assert.Equal(ErrorKind.NotFound, _client.ExpectMsg<QueryFailed>().Error.Kind);
    }

    [Fact]
    public void A_volume_may_forget_a_result_once_it_is_in_the_owner_s_journal()
    {
        var book = Start();
        Accept(book, Create);
        End(Create);

        Assert.Equal(new OutcomeRecorded(Name, Before: 2), _region.ExpectMsg<OutcomeRecorded>());
        Assert.IsType<RequestFinished>(Events[^1]);
        _region.Send(book, Ended(Create));
        _region.ExpectMsg<OutcomeRecorded>();
        Assert.Single(Events.OfType<RequestFinished>());
    }

    [Fact]
    public void A_request_says_what_is_recorded_before_it()
    {
        var book = Start();
        Accept(book, Create);
        End(Create);
        _region.ExpectMsg<OutcomeRecorded>();
        _client.Send(book, Request("second", new DeleteVolume(Name)));

        Assert.Equal((2, 2), _region.ExpectMsg<ExecuteOperation>() is var sent ? (sent.Sequence, sent.RecordedBefore) : default);
    }

    [Fact]
    public void What_a_volume_may_forget_ends_before_its_first_request_that_is_open_whoever_accepted_that()
    {
        Services = Services with { Settings = Services.Settings with { ResendInterval = TimeSpan.FromHours(1) } };
        var second = Request("second", new DeleteVolume(Name));
        var book = Start();
        Accept(book, Create);
        Accept(book, second);
        End(second);
        Assert.Equal(new OutcomeRecorded(Name, Before: 1), _region.ExpectMsg<OutcomeRecorded>());
        StopAndWait(book);
        book = Start();
        Assert.Equal(Id("create"), _region.ExpectMsg<ExecuteOperation>().Operation);

        _region.Send(book, Ended(second));
        Assert.Equal(new OutcomeRecorded(Name, Before: 1), _region.ExpectMsg<OutcomeRecorded>());
        _region.Send(book, Ended(Create));
        Assert.Equal(new OutcomeRecorded(Name, Before: 3), _region.ExpectMsg<OutcomeRecorded>());
    }

    [Fact]
    public async Task A_volume_may_not_forget_a_result_before_the_owner_s_journal_says_that_it_is_settled()
    {
        Services = Services with { Settings = Services.Settings with { ResendInterval = TimeSpan.FromHours(1) } };
        var book = Start();
        Accept(book, Create);
        End(Create, settled: false);
        Eventually(() => Assert.Single(Events.OfType<RequestFinished>()));
        var settled = Journal.HoldNext<RequestFinished>();
        End(Create);
        await settled.Arrived;
        End(Create);
        _client.Send(book, new GetOperation(Id("create")));
        _client.ExpectMsg<OperationFound>();

        _region.ExpectNoMsg(TimeSpan.Zero);
        settled.LetGo();
        _region.ExpectMsg<OutcomeRecorded>();
    }

    [Fact]
    public void A_result_is_sent_to_an_actor_until_it_confirms()
    {
        Services = Services with { Settings = Services.Settings with { ResendInterval = TimeSpan.FromMilliseconds(20) } };
        var book = Start();
        Accept(book, Create with { Deliver = true });
        End(Create);

        Assert.Equal(Create.RequestId, _client.ExpectMsg<OperationSucceeded<VolumeDeleted>>().RequestId);
        _client.ExpectMsg<OperationSucceeded<VolumeDeleted>>();
        _client.Send(book, new ConfirmDelivery(Create.RequestId));
        Eventually(() => Assert.Single(Events.OfType<ResultDelivered>()));
        // Everything that was sent before the confirmation is taken out; after it nothing comes any more.
        _client.Send(book, new GetOperation(Id("create")));
        _client.FishForMessage(m => m is OperationFound);
        _region.ExpectMsg<OutcomeRecorded>();
        _client.ExpectNoMsg(100);
    }

    [Fact]
    public void The_next_owner_delivers_what_its_predecessor_has_not()
    {
        var book = Start();
        Accept(book, Create with { Deliver = true });
        End(Create, error: new OperationError(ErrorKind.AlreadyExists, "exists"));
        _client.ExpectMsg<OperationFailed>();
        _region.ExpectMsg<OutcomeRecorded>();
        StopAndWait(book);
        Start();

        Assert.Equal(ErrorKind.AlreadyExists, _client.ExpectMsg<OperationFailed>().Error.Kind);
    }

    [Fact]
    public void The_next_owner_has_what_is_not_settled_carried_out()
    {
        var book = Start();
        var copy = Request("copy", new CopyVolume(Name, VolumeId.Parse("rbd/source")));
        Accept(book, Create);
        Accept(book, copy);
        End(copy, settled: false);
        Eventually(() => Assert.Single(Events.OfType<RequestFinished>()));
        StopAndWait(book);
        Start();

        Assert.Equal(Id("create"), _region.ExpectMsg<ExecuteOperation>().Operation);
        Assert.Equal(Id("copy"), _region.ExpectMsg<ExecuteOperation>().Operation);
        Assert.Equal([1, 2], Events.OfType<OwnershipTaken>().Select(t => t.Epoch.Value));
    }

    [Fact]
    public void A_volume_is_asked_again_until_there_is_a_result()
    {
        Services = Services with { Settings = Services.Settings with { ResendInterval = TimeSpan.FromMilliseconds(20) } };
        var book = Start();
        _client.Send(book, Create);

        _region.ExpectMsg<ExecuteOperation>();
        _region.ExpectMsg<ExecuteOperation>();
    }

    [Fact]
    public void Volumes_are_asked_again_at_once_when_a_node_is_gone()
    {
        var book = Start();
        Accept(book, Create);
        book.Tell(new ResendNow());

        _region.ExpectMsg<ExecuteOperation>();
    }

    [Fact]
    public void Results_are_forgotten_when_their_time_is_over()
    {
        Services = Services with { Settings = Services.Settings with { ResendInterval = TimeSpan.FromMilliseconds(20) } };
        var book = Start();
        Accept(book, Create);
        End(Create);
        _region.FishForMessage(m => m is OutcomeRecorded);
        Clock.Advance(TimeSpan.FromHours(2));

        Eventually(() =>
        {
            _client.Send(book, new GetOperation(Id("create")));
            Assert.IsType<QueryFailed>(_client.ReceiveOne(Limit));
        });
    }

    [Fact]
    public void Nothing_is_lost_through_a_snapshot()
    {
        Services = Services with { Settings = Services.Settings with { OperationsSnapshotEvery = 3 } };
        var book = Start();
        var requests = Enumerable.Range(0, 8).Select(i => Request($"r{i}", new CreateVolume(VolumeId.Parse($"rbd/v{i}"), 10))).ToList();
        foreach (var request in requests)
            Accept(book, request);
        for (var i = 0; i < 4; i++)
        {
            End(requests[i], error: i == 0 ? new OperationError(ErrorKind.NoSpace, "full", 28) : null);
            _region.ExpectMsg<OutcomeRecorded>();
        }
        _client.Send(book, new AwaitOperation(Id("r0"), TimeSpan.Zero, Other));
        _client.ExpectMsg<OperationFound>();
        Eventually(() => Assert.Single(Events.OfType<ResultDelivered>()));
        var before = List(book);
        StopAndWait(book);
        var after = List(Start());

        Assert.Equal(before, after);
        Assert.Equal(4, after.Count(o => o.Ended));
        Assert.Equal(Other, after[^1].DeliveredBy);
        for (var i = 4; i < 8; i++)
            Assert.Equal(Id($"r{i}"), _region.ExpectMsg<ExecuteOperation>().Operation);
    }

    [Fact]
    public void A_request_is_about_the_images_that_had_the_names_when_it_was_accepted()
    {
        var (volume, source) = (Store.Add(Name, 10).Id.Value, Store.Add(VolumeId.Parse("rbd/source"), 10).Id.Value);
        var book = Start();
        _client.Send(book, Request("delete", new DeleteVolume(Name)));
        Assert.Equal(new AcceptedImages(volume, null), _region.ExpectMsg<ExecuteOperation>().Images);
        _client.Send(book, Request("copy", new CopyVolume(VolumeId.Parse("rbd/copy"), VolumeId.Parse("rbd/source"))));
        Assert.Equal(new AcceptedImages(null, source), _region.ExpectMsg<ExecuteOperation>().Images);
        // What becomes of these is the earlier requests' to say.
        _client.Send(book, Request("again", new DeleteVolume(Name)));
        Assert.Null(_region.ExpectMsg<ExecuteOperation>().Images);

        _client.ReceiveN(3);
        StopAndWait(book);
        Start();
        Assert.Equal(
            [new AcceptedImages(volume, null), new AcceptedImages(null, source), null],
            Enumerable.Range(0, 3).Select(_ => _region.FishForMessage<ExecuteOperation>(_ => true).Images));
    }

    [Fact]
    public void A_request_is_not_accepted_when_the_store_does_not_say_what_it_is_about()
    {
        Store.Before = (call, _) => call == "find" ? throw new BlockStoreException(ErrorKind.TimedOut, "no answer") : Task.CompletedTask;
        var book = Start();
        _client.Send(book, Request("delete", new DeleteVolume(Name)));
        Assert.Equal(ErrorKind.Unavailable, _client.ExpectMsg<OperationFailed>().Error.Kind);
        Store.Before = (_, _) => Task.CompletedTask;

        Accept(book, Request("delete", new DeleteVolume(Name)));
    }

    [Fact]
    public async Task It_stops_when_the_journal_does_not_take_a_request()
    {
        var book = Start();
        _region.Watch(book);
        var entry = Journal.HoldNext<RequestAccepted>();
        _client.Send(book, Create);
        await entry.Arrived;
        entry.Refuse();

        _region.ExpectTerminated(book);
        Assert.False(_client.HasMessages);
    }

    private IReadOnlyList<OperationView> List(IActorRef book)
    {
        _client.Send(book, new GetOperations(null, null, null, 100));
        return _client.ExpectMsg<OperationsListed>().Items;
    }

    private IActorRef Start() => Sys.ActorOf(PendingOperationsActor.Props(Services, new Epoch(++_epoch), _region.Ref, Catalog));

    private void Accept(IActorRef book, SubmitOperation request)
    {
        _client.Send(book, request);
        _client.ExpectMsg<OperationAccepted>();
        _region.FishForMessage(m => m is ExecuteOperation e && e.Operation == OperationId.For(request.RequestId));
    }

    // The volume answers the book, which is the last one that wrote to the region.
    private void End(SubmitOperation request, bool settled = true, OperationError? error = null) =>
        _region.Reply(Ended(request, settled, error));

    private OperationEnded Ended(SubmitOperation request, bool settled = true, OperationError? error = null) => new(
        OperationId.For(request.RequestId), new OperationOutcome(null, error, 1, Clock.GetUtcNow(), Clock.GetUtcNow(), Node), settled);

    private static SubmitOperation Request(string id, VolumeCommand command) => new(new RequestId(id), command, Deliver: false);
}
