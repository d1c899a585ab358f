using System.Collections.Concurrent;
using Akka.Actor;
using Akka.TestKit;
using Mooring.Actors.Nodes;
using Mooring.Actors.Vip;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;
using Mooring.Tests.Actors.Fakes;

namespace Mooring.Tests.Actors;

/// <summary>The owner of the virtual IP on a lease store, an address and a watchdog that are all fakes. Its steps arrive at one probe.</summary>
public sealed class VipOwnerActorSpec : ActorSpec
{
    private static readonly VolumeId Name = VolumeId.Parse("rbd/v");
    private static readonly LeaseHolder Stranger = new(new NodeName("node-2"), "there", new FenceAddress("stranger"));

    private readonly TestProbe _client;
    private readonly TestProbe _health;
    private readonly TestProbe _region;
    private readonly TestProbe _holders;
    private readonly TestProbe _standby;
    private readonly IActorRef _dispatcher;
    private readonly ConcurrentQueue<string> _calls = new();

    public VipOwnerActorSpec()
        : base(clustered: true)
    {
        (_client, _region) = (CreateTestProbe("client"), CreateTestProbe("region"));
        _region.IgnoreMessages<AnnounceOperation>();
        _health = CreateTestProbe();
        _health.IgnoreMessages<VipHeld>(held => held.Taking);
        _holders = CreateTestProbe("dispatcher");
        _dispatcher = _holders.Ref;
        var health = _health.Ref;
        _holders.ChildActorOf(Props.Create(() => new Forwarder(health)), NodeHealthActor.Name, SupervisorStrategy.StoppingStrategy);
        _standby = CreateTestProbe();
        var standby = _standby.Ref;
        _holders.ChildActorOf(Props.Create(() => new Forwarder(standby)), StandbyActor.Name, SupervisorStrategy.StoppingStrategy);
        Store.Before = Calling((_, _) => { });
    }

    [Fact]
    public void It_takes_the_lease_then_the_address_and_then_opens_the_book()
    {
        var owner = Start();

        ExpectConnected();
        VipEvents.ExpectMsg("acquire-lease");
        VipEvents.ExpectMsg(new FakeVirtualAddress.PutOn(new Epoch(1)));
        Assert.Equal(new Epoch(1), _health.ExpectMsg<VipHeld>().Epoch);
        Submit(owner);
        _client.ExpectMsg<OperationAccepted>();
        _region.ExpectMsg<ExecuteOperation>();
        Assert.Equal(new Epoch(1), Journal.Events("pending-operations").OfType<OwnershipTaken>().Single().Epoch);
    }

    [Fact]
    public void The_lease_is_kept_from_before_it_was_asked_for_on_a_connection_of_its_own()
    {
        Own();

        var kept = LeaseKeeper.Kept!;
        Assert.Equal((new Epoch(1), LeaseKeeper.Now), (kept.Epoch, kept.AskedAt));
        Assert.Equal(kept.Store.Address, kept.Holder.Fence);
        Assert.Equal(["vip-lease#1", "vip-owner#2"], Store.Connections.Select(c => c.Address.Value));
    }

    [Fact]
    public void What_comes_before_it_owns_the_address_is_answered_afterwards()
    {
        Store.Lease = new LeaseAttempt(false, new Epoch(5), Stranger);
        var owner = Start();
        Submit(owner);
        VipEvents.FishForMessage(m => m is "acquire-lease");
        Assert.False(_client.HasMessages);
        Store.Lease = new LeaseAttempt(true, new Epoch(6), Stranger);

        _client.ExpectMsg<OperationAccepted>();
    }

    [Fact]
    public void It_waits_while_another_holds_the_lease_and_fences_it_afterwards()
    {
        Store.Lease = new LeaseAttempt(false, new Epoch(5), Stranger);
        Start();
        ExpectConnected();
        VipEvents.ExpectMsg("acquire-lease");
        VipEvents.ExpectMsg("acquire-lease");
        VipEvents.ExpectMsg("acquire-lease");
        Store.Lease = new LeaseAttempt(true, new Epoch(6), Stranger);

        VipEvents.FishForMessage(m => m is FakeVirtualAddress.PutOn { Epoch.Value: 6 });
        Eventually(() => Assert.Equal([Stranger.Fence], Store.Fenced.Keys));
    }

    [Fact]
    public void A_holder_whose_process_has_ended_is_evicted_at_once_and_named_in_the_history()
    {
        Store.Lease = new LeaseAttempt(false, new Epoch(5), Stranger);
        _holders.SetAutoPilot(new DelegateAutoPilot((sender, message) =>
        {
            sender.Tell(new HolderEnded(((LeaseHeldBy)message).Holder), ActorRefs.NoSender);
            return AutoPilot.KeepRunning;
        }));
        Start();

        VipEvents.FishForMessage(m => m is "evict node-2");
        VipEvents.FishForMessage(m => m is FakeVirtualAddress.PutOn { Epoch.Value: 6 });
        Assert.Equal([Stranger.Fence], Store.Fenced.Keys);
        Assert.Equal("took over from node-2, whose process has ended", Store.Reason);
        Assert.DoesNotContain("fence", _calls);
    }

    [Fact]
    public void A_holder_that_is_only_silent_is_waited_for()
    {
        Store.Lease = new LeaseAttempt(false, new Epoch(5), Stranger);
        Start();

        Assert.Equal(Stranger, _holders.ExpectMsg<LeaseHeldBy>().Holder);
        _holders.ExpectMsg<LeaseHeldBy>();
        Assert.Empty(Store.Fenced);
    }

    [Fact]
    public void The_history_says_from_whom_a_released_lease_was_taken_over()
    {
        Store.History = [new LeaseOwnership(new Epoch(5), Stranger, DateTimeOffset.UnixEpoch, "first start")];
        Own();

        Assert.Equal("took over from node-2, which had left or was silent", Store.Reason);
    }

    [Fact]
    public void It_does_not_fence_itself()
    {
        Store.Lease = new LeaseAttempt(true, new Epoch(2), new LeaseHolder(Node, "here", new FenceAddress("vip-lease#1")));
        Own();

        Assert.DoesNotContain("fence", _calls);
    }

    [Fact]
    public void A_fence_that_fails_is_put_up_again()
    {
        var failures = 1;
        Store.Lease = new LeaseAttempt(true, new Epoch(2), Stranger);
        Store.Before = Calling((call, _) =>
        {
            if (call == "fence" && failures-- > 0)
                throw new BlockStoreException(ErrorKind.TimedOut, "no monitor");
        });
        Own();

        Eventually(() => Assert.Equal([Stranger.Fence], Store.Fenced.Keys));
    }

    [Fact]
    public void A_store_that_cannot_be_reached_is_tried_again()
    {
        var failures = 2;
        Store.Before = Calling((call, _) =>
        {
            if (call == "connect" && failures-- > 0)
                throw new BlockStoreException(ErrorKind.Unavailable, "no monitor");
        });

        Own();
    }

    [Theory]
    [InlineData("connect")]
    [InlineData("history")]
    public void Connections_that_it_gets_after_its_end_are_closed(string call) => EndDuring(call, Start);

    [Fact]
    public void A_history_that_cannot_be_read_says_why()
    {
        var owner = Own();
        Store.Before = Calling((call, _) =>
        {
            if (call == "history")
                throw new BlockStoreException(ErrorKind.TimedOut, "no answer");
        });
        _client.Send(owner, new GetVipHistory());

        Assert.Equal("no answer", _client.ExpectMsg<QueryFailed>().Error.Detail);
    }

    [Fact]
    public void Connections_are_closed_when_the_history_cannot_be_read()
    {
        Store.Before = Calling((call, _) =>
        {
            if (call == "history")
                throw new BlockStoreException(ErrorKind.TimedOut, "no answer");
        });
        Start();

        Eventually(() => Assert.True(Store.Connections.Count > 4));
        Eventually(() => Assert.All(Store.Connections.Take(4), connection => Assert.True(connection.Disposed)));
    }

    [Fact]
    public void A_lease_that_it_gets_after_its_end_is_given_back()
    {
        EndDuring("acquire-lease", Start);

        Assert.Contains("release-lease 1", _calls);
    }

    [Fact]
    public void A_lease_that_is_lost_takes_the_address_off_and_everything_begins_again()
    {
        var owner = Own();
        _health.ExpectMsg<VipHeld>();
        Store.Lease = new LeaseAttempt(true, new Epoch(9), null);
        LeaseKeeper.Lose(1, "the lease ran out");

        VipEvents.ExpectMsg<FakeVirtualAddress.TakenOff>();
        Assert.Null(_health.ExpectMsg<VipHeld>().Epoch);
        VipEvents.FishForMessage(m => m is FakeVirtualAddress.PutOn { Epoch.Value: 9 });
        Assert.Equal(new Epoch(9), _health.ExpectMsg<VipHeld>().Epoch);
        Assert.Equal("again, after: the lease ran out", Store.Reason);
        Submit(owner);
        _client.ExpectMsg<OperationAccepted>();
        Assert.True(Store.Connections.First().Disposed);
    }

    [Fact]
    public void The_loss_of_an_earlier_epoch_is_not_for_it()
    {
        var owner = Own();
        LeaseKeeper.Lose(0);
        _client.Send(owner, new GetVipHistory());

        Assert.Equal(Address.Endpoint, _client.ExpectMsg<VipHistory>().Endpoint);
        VipEvents.ExpectMsg("history");
        Assert.False(VipEvents.HasMessages);
    }

    [Fact]
    public void An_address_that_somebody_else_has_is_an_error_and_is_tried_for_again()
    {
        var failures = 1;
        Address.Acquiring = _ => failures-- > 0 ? throw new VirtualAddressTakenException("taken by 02:00:00:00:00:01") : Task.CompletedTask;

        EventFilter.Error(contains: "taken by 02:00:00:00:00:01").ExpectOne(() => Start());
        VipEvents.FishForMessage(m => m is FakeVirtualAddress.PutOn { Epoch.Value: 1 });
    }

    [Fact]
    public void When_it_stops_the_address_is_taken_off_and_the_lease_released()
    {
        var owner = Own();
        _health.ExpectMsg<VipHeld>();
        StopAndWait(owner);

        VipEvents.ExpectMsg<FakeVirtualAddress.TakenOff>();
        VipEvents.ExpectMsg("release-lease 1");
        Assert.Null(_health.ExpectMsg<VipHeld>().Epoch);
        Assert.Null(LeaseKeeper.Kept);
        Eventually(() => Assert.All(Store.Connections, c => Assert.True(c.Disposed)));
    }

    [Fact]
    public void It_hands_over_by_ending_while_the_address_stays_until_the_successor_asks_for_it()
    {
        var standby = new OwnerStandby(Services);
        var owner = Own(standby);
        Watch(owner);

        owner.Tell(HandOver.Instance);

        ExpectTerminated(owner);
        Assert.Equal(new Epoch(1), _standby.ExpectMsg<OwnerStays>().Epoch);
        Assert.Equal((new Epoch(1), false), (LeaseKeeper.Kept!.Epoch, LeaseKeeper.Renews));
        Assert.False(VipEvents.HasMessages);
        Assert.False(standby.Leaving.Ended.IsCompleted);
        standby.Leaving.End();
        VipEvents.ExpectMsg<FakeVirtualAddress.TakenOff>();
        VipEvents.ExpectMsg("release-lease 1");
        Eventually(() => Assert.True(standby.Leaving.Ended.IsCompleted));
        Assert.Null(LeaseKeeper.Kept);
        Eventually(() => Assert.All(Store.Connections, c => Assert.True(c.Disposed)));
    }

    [Fact]
    public void One_that_has_not_got_the_address_yet_gives_the_lease_back_before_it_ends()
    {
        _ = HoldAddress();
        var standby = new OwnerStandby(Services);
        var owner = Start(standby);
        VipEvents.FishForMessage(m => m is "acquire-lease");
        Eventually(() => Assert.NotNull(LeaseKeeper.Kept));
        Watch(owner);

        owner.Tell(HandOver.Instance);

        VipEvents.ExpectMsg<FakeVirtualAddress.TakenOff>();
        VipEvents.ExpectMsg("release-lease 1");
        ExpectTerminated(owner);
        Assert.True(standby.Leaving.Ended.IsCompleted);
        Assert.Null(LeaseKeeper.Kept);
    }

    [Fact]
    public void A_store_that_does_not_answer_keeps_nobody_waiting_for_a_hand_over()
    {
        _ = HoldAddress();
        var owner = Start();
        VipEvents.FishForMessage(m => m is "acquire-lease");
        Eventually(() => Assert.NotNull(LeaseKeeper.Kept));
        Store.Before = (_, _) => new TaskCompletionSource().Task;
        Watch(owner);

        owner.Tell(HandOver.Instance);

        ExpectTerminated(owner);
    }

    [Fact]
    public void What_a_predecessor_offers_is_taken_while_that_one_serves_and_put_on_when_it_says_that_it_does_not()
    {
        var (standby, predecessor) = (new OwnerStandby(Services), CreateTestProbe("predecessor"));
        standby.Offer = new VipOffer(new Epoch(5), predecessor);
        Store.History = [new LeaseOwnership(new Epoch(5), Stranger, DateTimeOffset.UnixEpoch, "first start")];
        Store.Lease = new LeaseAttempt(true, new Epoch(6), Stranger);
        Start(standby);

        Assert.Equal(new Epoch(5), predecessor.ExpectMsg<TakeVipOff>().Epoch);
        Assert.Equal((new Epoch(5), "took over from node-2, which handed it over"), (Store.Agreed, Store.Reason));
        VipEvents.FishForMessage(m => m is "acquire-lease");
        Assert.False(VipEvents.HasMessages);
        predecessor.Reply(new VipIsOff(new Epoch(4)));
        predecessor.Reply(new VipIsOff(new Epoch(5)));
        VipEvents.ExpectMsg(new FakeVirtualAddress.PutOn(new Epoch(6)));
        Assert.Empty(Store.Fenced);
    }

    [Fact]
    public void A_predecessor_that_does_not_say_that_the_address_is_off_is_waited_out_and_fenced()
    {
        var (standby, predecessor) = (new OwnerStandby(Services), CreateTestProbe("predecessor"));
        standby.Offer = new VipOffer(new Epoch(5), predecessor);
        Store.Lease = new LeaseAttempt(true, new Epoch(6), Stranger);
        Start(standby);

        predecessor.ExpectMsg<TakeVipOff>();
        VipEvents.FishForMessage(m => m is FakeVirtualAddress.PutOn { Epoch.Value: 6 });
        Eventually(() => Assert.Equal([Stranger.Fence], Store.Fenced.Keys));
    }

    [Fact]
    public void A_predecessor_that_ends_while_it_hands_over_is_evicted_and_not_waited_out()
    {
        var (standby, predecessor) = (new OwnerStandby(Services), CreateTestProbe("predecessor"));
        standby.Offer = new VipOffer(new Epoch(5), predecessor);
        Store.Lease = new LeaseAttempt(true, new Epoch(6), Stranger);
        _holders.SetAutoPilot(new DelegateAutoPilot((sender, message) =>
        {
            sender.Tell(new HolderEnded(((LeaseHeldBy)message).Holder), ActorRefs.NoSender);
            return AutoPilot.KeepRunning;
        }));
        Start(standby);

        VipEvents.FishForMessage(m => m is "evict node-2");
        VipEvents.FishForMessage(m => m is FakeVirtualAddress.PutOn { Epoch.Value: 6 });
        Assert.DoesNotContain("fence", _calls);
    }

    [Fact]
    public void A_predecessor_that_has_given_the_address_up_by_itself_is_not_asked_for_it()
    {
        var (standby, predecessor) = (new OwnerStandby(Services), CreateTestProbe("predecessor"));
        (standby.Offer, standby.Over) = (new VipOffer(new Epoch(5), predecessor), new Epoch(5));
        Store.Lease = new LeaseAttempt(true, new Epoch(6), Stranger);
        Start(standby);

        VipEvents.FishForMessage(m => m is FakeVirtualAddress.PutOn { Epoch.Value: 6 });
        Assert.False(predecessor.HasMessages);
    }

    [Fact]
    public void What_counts_is_the_offer_that_the_lease_was_taken_by()
    {
        var (standby, predecessor, other) = (new OwnerStandby(Services), CreateTestProbe("predecessor"), CreateTestProbe("other"));
        standby.Offer = new VipOffer(new Epoch(5), predecessor);
        Store.Before = Calling((call, _) =>
        {
            if (call == "acquire-lease")
                standby.Offer = new VipOffer(new Epoch(3), other);
        });
        Store.Lease = new LeaseAttempt(true, new Epoch(6), Stranger);
        Start(standby);

        predecessor.ExpectMsg<TakeVipOff>();
        predecessor.Reply(new VipIsOff(new Epoch(5)));
        VipEvents.FishForMessage(m => m is FakeVirtualAddress.PutOn { Epoch.Value: 6 });
        Assert.False(other.HasMessages);
    }

    [Fact]
    public void What_stays_of_an_earlier_owner_ends_before_the_next_one_begins()
    {
        var standby = new OwnerStandby(Services);
        var owner = Own(standby);
        Watch(owner);
        owner.Tell(HandOver.Instance);
        ExpectTerminated(owner);
        Store.Lease = new LeaseAttempt(true, new Epoch(7), null);

        Own(standby);
        standby.Leaving.End();

        Assert.Equal((new Epoch(7), true), (LeaseKeeper.Kept!.Epoch, LeaseKeeper.Renews));
        Assert.False(standby.Leaving.Ended.IsCompleted);
    }

    [Fact]
    public void An_offer_of_an_earlier_epoch_does_not_count()
    {
        var (standby, predecessor) = (new OwnerStandby(Services), CreateTestProbe("predecessor"));
        standby.Offer = new VipOffer(new Epoch(3), predecessor);
        Store.Lease = new LeaseAttempt(true, new Epoch(6), Stranger);
        Start(standby);

        VipEvents.FishForMessage(m => m is FakeVirtualAddress.PutOn { Epoch.Value: 6 });
        Eventually(() => Assert.Equal([Stranger.Fence], Store.Fenced.Keys));
        Assert.False(predecessor.HasMessages);
    }

    [Fact]
    public void A_lease_that_is_lost_while_the_predecessor_is_waited_for_puts_nothing_on()
    {
        var (standby, predecessor) = (new OwnerStandby(Services), CreateTestProbe("predecessor"));
        standby.Offer = new VipOffer(new Epoch(5), predecessor);
        Store.Lease = new LeaseAttempt(true, new Epoch(6), Stranger);
        Start(standby);
        predecessor.ExpectMsg<TakeVipOff>();
        Store.Lease = new LeaseAttempt(true, new Epoch(8), Stranger);
        LeaseKeeper.Lose(6);

        Assert.Equal(new Epoch(8), ((FakeVirtualAddress.PutOn)VipEvents.FishForMessage(m => m is FakeVirtualAddress.PutOn)).Epoch);
    }

    [Fact]
    public void What_was_made_ready_for_it_is_taken()
    {
        var standby = new OwnerStandby(Services);
        standby.Prepare();
        ExpectConnected();
        Start(standby);

        VipEvents.ExpectMsg("acquire-lease");
        VipEvents.ExpectMsg(new FakeVirtualAddress.PutOn(new Epoch(1)));
        Assert.Equal(2, Store.Connections.Count);
        standby.Drop();
        Assert.All(Store.Connections, c => Assert.False(c.Disposed));
    }

    [Fact]
    public void What_was_made_ready_for_nothing_is_closed()
    {
        var standby = new OwnerStandby(Services);
        standby.Prepare();
        ExpectConnected();

        standby.Drop();

        Eventually(() => Assert.All(Store.Connections, c => Assert.True(c.Disposed)));
    }

    [Fact]
    public async Task An_address_that_comes_on_after_the_owner_stepped_down_is_taken_off_again()
    {
        var (began, goOn) = HoldAddress();
        Start();
        await began.Task.WaitAsync(Limit);
        Store.Lease = new LeaseAttempt(false, new Epoch(2), Stranger);
        LeaseKeeper.Lose(1);
        VipEvents.FishForMessage(m => m is FakeVirtualAddress.TakenOff);
        goOn.SetResult();

        VipEvents.FishForMessage(m => m is FakeVirtualAddress.PutOn);
        VipEvents.FishForMessage(m => m is FakeVirtualAddress.TakenOff);
        Assert.False(_health.HasMessages && _health.FishForMessage<VipHeld>(_ => true).Epoch is not null);
    }

    [Fact]
    public async Task An_address_that_comes_on_after_the_owner_stopped_is_taken_off_again()
    {
        var (began, goOn) = HoldAddress();
        var owner = Start();
        await began.Task.WaitAsync(Limit);
        StopAndWait(owner);
        VipEvents.FishForMessage(m => m is FakeVirtualAddress.TakenOff);
        goOn.SetResult();

        VipEvents.FishForMessage(m => m is FakeVirtualAddress.PutOn);
        VipEvents.FishForMessage(m => m is FakeVirtualAddress.TakenOff);
    }

    [Fact]
    public async Task When_the_book_fails_the_owner_begins_again()
    {
        var owner = Own();
        var entry = Journal.HoldNext<RequestAccepted>();
        Submit(owner);
        await entry.Arrived;
        Store.Lease = new LeaseAttempt(true, new Epoch(2), null);
        entry.Refuse();

        VipEvents.FishForMessage(m => m is FakeVirtualAddress.TakenOff);
        VipEvents.FishForMessage(m => m is FakeVirtualAddress.PutOn { Epoch.Value: 2 });
        Submit(owner);
        _client.ExpectMsg<OperationAccepted>();
    }

    private (TaskCompletionSource Began, TaskCompletionSource GoOn) HoldAddress()
    {
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Address.Acquiring = _ =>
        {
            began.TrySetResult();
            return goOn.Task;
        };
        return (began, goOn);
    }

    private void ExpectConnected()
    {
        VipEvents.ExpectMsg("connect");
        VipEvents.ExpectMsg("connect");
        VipEvents.ExpectMsg("history");
    }

    // Every call is told to the probe.
    private Func<string, FakeStore, Task> Calling(Action<string, FakeStore> then) => (call, store) =>
    {
        _calls.Enqueue(call);
        VipEvents.Ref.Tell(call, ActorRefs.NoSender);
        then(call, store);
        return Task.CompletedTask;
    };

    private IActorRef Start() => Start(new OwnerStandby(Services));

    private IActorRef Start(OwnerStandby standby) =>
        Sys.ActorOf(VipOwnerActor.Props(Services, _dispatcher, _region.Ref, standby), "owner");

    private IActorRef Own() => Own(new OwnerStandby(Services));

    private IActorRef Own(OwnerStandby standby)
    {
        var owner = Start(standby);
        VipEvents.FishForMessage(m => m is FakeVirtualAddress.PutOn);
        return owner;
    }

    private void Submit(IActorRef owner) => _client.Send(owner, new SubmitOperation(new RequestId("create"), new CreateVolume(Name, 10), Deliver: false));

    private sealed class Forwarder : ReceiveActor
    {
        public Forwarder(IActorRef to) => ReceiveAny(to.Forward);
    }
}
