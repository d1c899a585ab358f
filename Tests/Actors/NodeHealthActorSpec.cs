using Akka.Actor;
using Akka.TestKit;
using Mooring.Actors.Nodes;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Actors;

/// <summary>A node's check of itself (V4, V7), under a dispatcher that is a probe and answers heartbeats as long as the test wants.</summary>
public sealed class NodeHealthActorSpec : ActorSpec
{
    private readonly TestProbe _dispatcher;
    private volatile bool _answering = true;
    private int _linkFailures;

    public NodeHealthActorSpec()
        : base(clustered: true)
    {
        _dispatcher = CreateTestProbe("dispatcher");
        _dispatcher.SetAutoPilot(new DelegateAutoPilot((sender, message) =>
        {
            if (message is Ping && _answering)
                sender.Tell(Pong.Instance);
            if (message is LinkFailed)
                Interlocked.Increment(ref _linkFailures);
            return AutoPilot.KeepRunning;
        }));
    }

    [Fact]
    public void It_reports_a_healthy_node()
    {
        Start();
        var report = Reported(r => r.Healthy);

        Assert.Equal((Node, Settings.HttpAddress, null), (report.Node, report.Address, report.VipEpoch));
    }

    [Fact]
    public void A_dispatcher_that_falls_silent_is_a_failure_until_it_answers()
    {
        var health = Start();
        Reported(r => r.DispatcherOk);
        _answering = false;
        Assert.True(Reported(r => !r.DispatcherOk).RbdLinkOk);
        _answering = true;
        health.Tell(Pong.Instance);

        Reported(r => r.DispatcherOk);
    }

    [Fact]
    public void A_link_that_is_down_is_reported_at_once_and_given_up_once_after_its_bound()
    {
        Start();
        Reported(r => r.RbdLinkOk);
        Break();
        Assert.True(Reported(r => !r.RbdLinkOk).DispatcherOk);
        var failed = (LinkFailed)_dispatcher.FishForMessage(m => m is LinkFailed);

        Assert.True(failed.Since > Settings.LinkDownMax);
        Assert.Equal("no answer", failed.Detail);
        // Many periods later it was said once.
        for (var i = 0; i < 20; i++)
            _dispatcher.FishForMessage(m => m is Ping);
        Assert.Equal(1, Volatile.Read(ref _linkFailures));
    }

    [Fact]
    public void A_link_that_comes_back_in_time_is_not_given_up()
    {
        Services = Services with { Settings = Settings with { LinkDownMax = TimeSpan.FromMinutes(1) } };
        Start();
        Break();
        Reported(r => !r.RbdLinkOk);
        Store.Before = (_, _) => Task.CompletedTask;
        Reported(r => r.RbdLinkOk);

        for (var i = 0; i < 20; i++)
            _dispatcher.FishForMessage(m => m is Ping);
        Assert.Equal(0, Volatile.Read(ref _linkFailures));
    }

    [Fact]
    public void A_store_that_cannot_be_reached_at_all_is_a_link_that_is_down()
    {
        Store.Before = (call, _) => call == "connect" ? throw new BlockStoreException(ErrorKind.Unavailable, "no monitor") : Task.CompletedTask;
        Start();

        Reported(r => !r.RbdLinkOk);
        _dispatcher.FishForMessage(m => m is LinkFailed);
    }

    [Fact]
    public void A_connection_that_was_fenced_is_replaced()
    {
        Store.Before = (call, store) => call == "probe" && store.Address.Value == "health#1"
            ? throw new BlockStoreException(ErrorKind.Fenced, "blocklisted")
            : Task.CompletedTask;
        Start();
        Reported(r => !r.RbdLinkOk);
        Reported(r => r.RbdLinkOk);

        Assert.Equal(["health#1", "health#2"], Store.Connections.Select(c => c.Address.Value));
        Assert.True(Store.Connections.First().Disposed);
    }

    [Fact]
    public void Ownership_of_the_virtual_IP_is_part_of_the_report()
    {
        var health = Start();
        health.Tell(new VipHeld(new Epoch(7)));
        Reported(r => r.VipEpoch == new Epoch(7));
        health.Tell(new VipHeld(null));

        Reported(r => r.VipEpoch is null);
    }

    [Fact]
    public void Whoever_owns_the_virtual_IP_and_cannot_be_reached_by_clients_has_it_moved()
    {
        var health = Start();
        Address.Problem = "eth1 is not connected";
        Assert.Equal((false, true, "eth1 is not connected"), Reported(r => !r.Healthy) is var report ? (report.VipLinkOk, report.RbdLinkOk, report.Problem) : default);
        health.Tell(new VipHeld(new Epoch(7)));

        Assert.Equal(new MoveVip(Node, null), _dispatcher.FishForMessage(m => m is MoveVip));
        Address.Problem = null;
        Reported(r => r.Healthy);
    }

    [Fact]
    public void Its_connection_is_closed_with_it()
    {
        var health = Start();
        Eventually(() => Assert.NotEmpty(Store.Connections));
        Reported(r => r.Healthy);
        Eventually(() => Assert.False(Store.Connections.Single().Disposed));
        StopAndWait(health);

        Eventually(() => Assert.True(Store.Connections.Single().Disposed));
    }

    [Theory]
    [InlineData("connect")]
    [InlineData("probe")]
    public void Its_connection_is_closed_too_when_it_ends_in_the_middle_of_a_probe(string call) => EndDuring(call, Start);

    private void Break() =>
        Store.Before = (call, _) => call == "probe" ? throw new BlockStoreException(ErrorKind.TimedOut, "no answer") : Task.CompletedTask;

    private IActorRef Start() => _dispatcher.ChildActorOf(NodeHealthActor.Props(Services), NodeHealthActor.Name, SupervisorStrategy.StoppingStrategy);

    private NodeHealthReport Reported(Predicate<NodeHealthReport> wanted) =>
        (NodeHealthReport)_dispatcher.FishForMessage(m => m is NodeHealthReport report && wanted(report));
}
