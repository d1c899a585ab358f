using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Akka.TestKit;
using Mooring.Actors.Membership;
using Mooring.Actors.Nodes;
using Mooring.Actors.Vip;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.Tests.Actors;

/// <summary>A node's dispatcher with one worker, on a store in memory and in a cluster of one node.</summary>
public sealed class DispatcherActorSpec : ActorSpec
{
    private static readonly VolumeId Name = VolumeId.Parse("rbd/v");

    private readonly TestProbe _first;
    private readonly TestProbe _second;

    public DispatcherActorSpec()
        : base(clustered: true) =>
        (_first, _second) = (CreateTestProbe("first"), CreateTestProbe("second"));

    [Fact]
    public void Who_comes_second_gets_the_worker_when_the_first_returns_it()
    {
        var dispatcher = Start();
        var worker = Take(dispatcher, _first).Worker;
        _second.Send(dispatcher, Request("second"));
        Settled(dispatcher);
        Assert.False(_second.HasMessages);
        worker.Tell(new ReturnWorker(Id("first")));

        var ready = _second.ExpectMsg<WorkerReady>();
        Assert.Equal((Id("second"), worker), (ready.Operation, ready.Worker));
    }

    [Fact]
    public void More_than_may_wait_are_refused()
    {
        Services = Services with { Settings = Settings with { WorkerQueueMax = 1 } };
        var dispatcher = Start();
        Take(dispatcher, _first);
        _second.Send(dispatcher, Request("second"));
        var third = CreateTestProbe();
        third.Send(dispatcher, Request("third"));

        var refused = third.ExpectMsg<WorkerRefused>();
        Assert.Equal((Id("third"), ErrorKind.Overloaded), (refused.Operation, refused.Error.Kind));
    }

    [Fact]
    public void Who_dies_waiting_is_forgotten()
    {
        Services = Services with { Settings = Settings with { WorkerQueueMax = 1 } };
        var dispatcher = Start();
        var worker = Take(dispatcher, _first).Worker;
        _second.Send(dispatcher, Request("second"));
        Settled(dispatcher);
        StopAndWait(_second.Ref);
        // As long as the dead one has the only place in the queue others are refused.
        var third = CreateTestProbe();
        Eventually(() =>
        {
            third.Send(dispatcher, Request("third"));
            Settled(dispatcher);
            Assert.False(third.HasMessages && third.ReceiveOne(Limit) is WorkerRefused);
        });
        worker.Tell(new ReturnWorker(Id("first")));

        Assert.Equal(Id("third"), third.ExpectMsg<WorkerReady>().Operation);
    }

    [Fact]
    public void Who_asks_twice_gets_one_worker()
    {
        var dispatcher = Start();
        var worker = Take(dispatcher, _first).Worker;
        _second.Send(dispatcher, Request("second"));
        _second.Send(dispatcher, Request("second"));
        worker.Tell(new ReturnWorker(Id("first")));
        _second.ExpectMsg<WorkerReady>();
        worker.Tell(new ReturnWorker(Id("second")));

        Take(dispatcher, _first);
        Assert.False(_second.HasMessages);
    }

    [Fact]
    public void When_a_worker_ends_for_good_the_dispatcher_starts_anew_with_another()
    {
        var dispatcher = Start();
        var worker = Take(dispatcher, _first).Worker;
        _first.Watch(worker);
        worker.Tell(PoisonPill.Instance);
        _first.ExpectTerminated(worker);
        Eventually(() =>
        {
            _second.Send(dispatcher, Request("second"));
            Assert.Equal(Id("second"), _second.ExpectMsg<WorkerReady>(TimeSpan.FromMilliseconds(200)).Operation);
        });
    }

    [Fact]
    public void Questions_about_volumes_are_answered_from_the_store()
    {
        Store.Add(Name, 10);
        var dispatcher = Start();
        _first.Send(dispatcher, new GetVolume(Name));
        Assert.Equal(10, _first.ExpectMsg<VolumeFound>().Info.SizeBytes);
        _first.Send(dispatcher, new GetVolume(VolumeId.Parse("rbd/none")));

        Assert.Equal(ErrorKind.NotFound, _first.ExpectMsg<QueryFailed>().Error.Kind);
    }

    [Fact]
    public void It_knows_what_the_nodes_report_of_themselves()
    {
        var dispatcher = Start();
        Join();

        Eventually(() =>
        {
            _first.Send(dispatcher, new GetNodes());
            var node = Assert.Single(_first.ExpectMsg<NodesListed>().Items);
            Assert.Equal((Node.Value, Settings.HttpAddress, "up", true), (node.Name, node.Address, node.State, node.Health?.Healthy));
        });
    }

    [Fact]
    public void A_node_whose_link_stays_down_leaves_the_cluster()
    {
        Start();
        var cluster = Join();
        Eventually(() => Assert.Contains(cluster.State.Members, m => m.Status == MemberStatus.Up));
        Store.Before = (_, _) => throw new BlockStoreException(ErrorKind.TimedOut, "no answer");

        Eventually(() => Assert.True(cluster.IsTerminated));
    }

    [Fact]
    public void A_service_with_Mooring_in_it_decides_how_its_node_begins_anew()
    {
        Services = Services with { BeginAnew = (system, cause) => _first.Ref.Tell((system, cause)) };
        Start();
        var cluster = Join();
        Eventually(() => Assert.Contains(cluster.State.Members, m => m.Status == MemberStatus.Up));
        Store.Before = (_, _) => throw new BlockStoreException(ErrorKind.TimedOut, "no answer");

        var (system, cause) = _first.ExpectMsg<(ActorSystem, BeginAnewCause)>();
        Assert.Same(Sys, system);
        Assert.Equal(Departure.Leave, cause.How);
        Assert.Contains("no answer", cause.Detail, StringComparison.Ordinal);
        Assert.False(cluster.IsTerminated);
    }

    [Fact]
    public void A_node_leaves_a_cluster_to_which_the_owner_of_the_virtual_IP_does_not_belong()
    {
        Services = Services with { Settings = Settings with { LeaseDuration = TimeSpan.FromMilliseconds(100) } };
        var dispatcher = Start();
        var cluster = Join();
        Eventually(() => Assert.Contains(cluster.State.Members, m => m.Status == MemberStatus.Up));

        Eventually(() =>
        {
            dispatcher.Tell(new LeaseHeldBy(new LeaseHolder(new NodeName("node-elsewhere"), "there", new FenceAddress("f"))));
            Assert.True(cluster.IsTerminated);
        });
    }

    [Fact]
    public void An_earlier_start_of_a_node_has_ended_and_one_that_is_only_strange_has_not()
    {
        var dispatcher = Start();
        var before = new LeaseHolder(Node, "before", new FenceAddress("f"));
        _first.Send(dispatcher, new LeaseHeldBy(new LeaseHolder(new NodeName("node-2"), "there", new FenceAddress("g"))));
        _first.Send(dispatcher, new LeaseHeldBy(new LeaseHolder(Node, Services.Incarnation, new FenceAddress("h"))));
        _first.Send(dispatcher, new LeaseHeldBy(before));

        Assert.Equal(before, _first.ExpectMsg<HolderEnded>().Holder);
    }

    [Fact]
    public void A_node_that_reports_under_the_address_of_another_has_taken_its_place()
    {
        var dispatcher = Start();
        Join();
        var holder = new LeaseHolder(new NodeName("node-2"), "first", new FenceAddress("f"));
        NodeHealthReport Report(string incarnation) => new(holder.Node, "127.0.0.2:1", true, true, Clock.GetUtcNow(), null, incarnation);
        _first.Send(dispatcher, Report("first"));
        _first.Send(dispatcher, new LeaseHeldBy(holder));
        _first.Send(dispatcher, Report("second"));
        _first.Send(dispatcher, new LeaseHeldBy(holder));

        Assert.Equal(holder, _first.ExpectMsg<HolderEnded>().Holder);
        Assert.False(_first.HasMessages);
    }

    [Fact]
    public void A_node_that_was_taken_in_and_does_not_come_up_in_time_begins_anew()
    {
        Services = Services with { Settings = Settings with { TransitionMax = TimeSpan.FromMilliseconds(100) } };
        // Nobody comes up in this cluster before a second member is there.
        using var alone = ActorSystem.Create("alone", ConfigurationFactory.ParseString("akka.cluster.min-nr-of-members = 2").WithFallback(Sys.Settings.Config));
        alone.ActorOf(DispatcherActor.Props(Services, new OwnerStandby(Services)), DispatcherActor.Name);
        var cluster = Cluster.Get(alone);
        cluster.Join(cluster.SelfAddress);

        Eventually(() => Assert.True(cluster.IsTerminated, $"it is {cluster.SelfMember.Status}"));
    }

    [Fact]
    public async Task Whoever_reports_for_the_first_time_hears_of_this_node_in_turn()
    {
        var dispatcher = Start();
        using var other = await ReportFromElsewhereAsync(dispatcher, "there", uid: 1);
    }

    [Fact]
    public async Task That_a_member_has_ended_says_nothing_of_another_under_its_address()
    {
        var dispatcher = Start();
        using var other = await ReportFromElsewhereAsync(dispatcher, "second", uid: 2);
        var (address, holder) = (((ExtendedActorSystem)other).Provider.DefaultAddress, new LeaseHolder(new NodeName("node-2"), "second", new FenceAddress("f")));
        foreach (var uid in (int[])[1, 2])
        {
            _first.Send(dispatcher, new PeerEnded(new UniqueAddress(address, uid)));
            _first.Send(dispatcher, new LeaseHeldBy(holder));
        }

        Assert.Equal(holder, _first.ExpectMsg<HolderEnded>().Holder);
        Assert.False(_first.HasMessages);
    }

    [Fact]
    public async Task A_node_that_the_others_do_not_let_go_in_time_begins_anew()
    {
        Services = Services with { Settings = Settings with { TransitionMax = TimeSpan.FromSeconds(1) } };
        var config = ConfigurationFactory.ParseString("akka.coordinated-shutdown.run-by-actor-system-terminate = off").WithFallback(Sys.Settings.Config);
        using var leaving = ActorSystem.Create("mooring", config);
        using var other = ActorSystem.Create("mooring", config);
        leaving.ActorOf(DispatcherActor.Props(Services, new OwnerStandby(Services)), DispatcherActor.Name);
        var cluster = Cluster.Get(leaving);
        cluster.Join(cluster.SelfAddress);
        Cluster.Get(other).Join(cluster.SelfAddress);
        Eventually(() => Assert.Equal(2, cluster.State.Members.Count(m => m.Status == MemberStatus.Up)));
        // Nobody takes it for unreachable here, and its consent never comes.
        await other.Terminate();
        cluster.Leave(cluster.SelfAddress);

        Eventually(() => Assert.True(cluster.IsTerminated, $"it is {cluster.SelfMember.Status}"));
    }

    [Fact]
    public void A_node_that_comes_up_in_time_stays()
    {
        Services = Services with { Settings = Settings with { TransitionMax = TimeSpan.FromSeconds(3) } };
        var dispatcher = Start();
        var cluster = Join();
        Eventually(() => Assert.Contains(cluster.State.Members, m => m.Status == MemberStatus.Up));
        // Its time is over when this timer is, which was begun after its own.
        Sys.Scheduler.ScheduleTellOnce(TimeSpan.FromSeconds(3.2), TestActor, "over", dispatcher);
        ExpectMsg("over");
        Settled(dispatcher);

        Assert.False(cluster.IsTerminated);
        Assert.Equal(MemberStatus.Up, cluster.SelfMember.Status);
    }

    [Fact]
    public async Task A_node_that_is_drained_hands_over_and_begins_anew()
    {
        Services = Services with { Seeds = [Cluster.Get(Sys).SelfAddress], BeginAnew = (system, cause) => _first.Ref.Tell((system, cause)) };
        var dispatcher = Start();
        var cluster = Cluster.Get(Sys);
        Eventually(() => Assert.Equal(MemberStatus.Up, cluster.SelfMember.Status));
        await using var store = await Services.Store.ConnectAsync("test", 1, default);
        await DrainRecord.ChangeAsync(store, _ => [new Drain(Node, "127.0.0.1:1", Clock.GetUtcNow())], default);

        Assert.Equal(Departure.HandOver, _first.ExpectMsg<(ActorSystem, BeginAnewCause)>().Item2.How);
        _second.Send(dispatcher, new GetNodes());
        Assert.Equal("draining", _second.ExpectMsg<NodesListed>().Items.Single().State);
    }

    [Fact]
    public async Task A_drained_node_stays_out_of_the_cluster_until_it_is_resumed()
    {
        Services = Services with { Seeds = [Cluster.Get(Sys).SelfAddress] };
        await using var store = await Services.Store.ConnectAsync("test", 1, default);
        await DrainRecord.ChangeAsync(store, _ => [new Drain(Node, "127.0.0.1:1", Clock.GetUtcNow())], default);
        var dispatcher = Start();
        var cluster = Cluster.Get(Sys);
        Eventually(() =>
        {
            _second.Send(dispatcher, new GetNodes());
            Assert.Equal(("drained", "127.0.0.1:1"), _second.ExpectMsg<NodesListed>().Items.Select(n => (n.State, n.Address)).SingleOrDefault());
        });
        Assert.Empty(cluster.State.Members);

        _first.Send(dispatcher, new ResumeNode(Node));
        Assert.Equal(Node.Value, _first.ExpectMsg<NodeOrdered>().Node.Name);

        Eventually(() => Assert.Equal(MemberStatus.Up, cluster.SelfMember.Status));
    }

    private Cluster Join()
    {
        var cluster = Cluster.Get(Sys);
        cluster.Join(cluster.SelfAddress);
        return cluster;
    }

    private IActorRef Start() => Sys.ActorOf(DispatcherActor.Props(Services, new OwnerStandby(Services)), DispatcherActor.Name);

    private static RequestWorker Request(string name) => new(Id(name), new CreateVolume(Name, 10));

    private static WorkerReady Take(IActorRef dispatcher, TestProbe asker)
    {
        asker.Send(dispatcher, Request("first"));
        return asker.ExpectMsg<WorkerReady>();
    }

    // What was sent to the dispatcher before has been handled.
    private void Settled(IActorRef dispatcher)
    {
        var probe = CreateTestProbe();
        probe.Send(dispatcher, Ping.Instance);
        probe.ExpectMsg<Pong>();
    }

    // Another node's report has arrived when that node has heard of this one.
    private async Task<ActorSystem> ReportFromElsewhereAsync(IActorRef dispatcher, string incarnation, int uid)
    {
        Join();
        await AwaitAssertAsync(async () => Assert.NotNull(Assert.Single((await dispatcher.Ask<NodesListed>(new GetNodes(), Limit)).Items).Health), Limit);
        var (other, heard) = (ActorSystem.Create("mooring", Sys.Settings.Config), CreateTestProbe());
        other.ActorOf(Props.Create(() => new Akka.TestKit.TestActors.ForwardActor(heard)), DispatcherActor.Name);
        var address = ((ExtendedActorSystem)Sys).Provider.DefaultAddress;
        var report = new NodeHealthReport(new NodeName("node-2"), "127.0.0.1:2", true, true, default, null, incarnation) { Uid = uid };
        other.ActorSelection(dispatcher.Path.ToStringWithAddress(address)).Tell(report, other.ActorOf(Props.Empty, "health"));
        Assert.Equal(Services.Incarnation, heard.ExpectMsg<NodeHealthReport>(Limit).Incarnation);
        return other;
    }
}
