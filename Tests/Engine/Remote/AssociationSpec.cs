using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using Xunit.Abstractions;

namespace Mooring.Tests.Engine.Remote;

/// <summary>Connections come, go, and are refused.</summary>
public sealed class AssociationSpec(ITestOutputHelper output) : RemotingTestKit(output)
{
    [Fact]
    public async Task A_connection_is_used_in_both_directions()
    {
        var right = Another();
        var associated = EventsOf<AssociatedEvent>();
        var accepted = EventsOf<AssociatedEvent>(right);

        Assert.Equal("hello", await SeenFromLeft(right, right.ActorOf(Props.Create<Echo>())).Ask<string>("hello", Limit));

        Assert.False(associated.ExpectMsg<AssociatedEvent>(Limit).IsInbound);
        Assert.True(accepted.ExpectMsg<AssociatedEvent>(Limit).IsInbound);
        associated.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public async Task Systems_that_connect_to_each_other_at_once_end_up_connected()
    {
        for (var round = 0; round < 10; round++)
        {
            var right = Another();
            var there = SeenFromLeft(right, right.ActorOf(Props.Create<Echo>()));
            var here = SeenFrom(right, Sys, Sys.ActorOf(Props.Create<Echo>()));

            var moment = TimeSpan.FromSeconds(1);
            var answers = Enumerable.Range(0, 20).SelectMany(i => new[] { there.Ask<int>(i, moment), here.Ask<int>(i, moment) }).ToList();

            // On a busy machine each side may take the other's connection for the one to keep; what was on its way then is lost (at most once).
            await Task.WhenAll(answers).ContinueWith(_ => { }, TaskScheduler.Default);
            foreach (var echo in (IActorRef[])[there, here])
                await AwaitAssertAsync(async () => Assert.Equal(-1, await echo.Ask<int>(-1, moment)), Limit);
        }
    }

    [Fact]
    public async Task A_lost_connection_is_replaced()
    {
        var right = Another();
        var echo = SeenFromLeft(right, right.ActorOf(Props.Create<Echo>()));
        Assert.Equal(1, await echo.Ask<int>(1, Limit));
        var events = EventsOf<AssociatedEvent>();

        AssociationWith(right).BreakConnection();
        events.ExpectMsg<AssociatedEvent>(Limit);

        Assert.Equal(2, await echo.Ask<int>(2, Limit));
    }

    [Fact]
    public async Task A_process_that_is_gone_is_noticed_by_its_refusal_within_moments()
    {
        var right = Another();
        Assert.Equal(1, await SeenFromLeft(right, right.ActorOf(Props.Create<Echo>())).Ask<int>(1, Limit));
        var refusals = EventsOf<PeerConnectionRefused>();
        var uid = AddressUidExtension.Uid(right);

        var begin = Sys.Scheduler.MonotonicClock;
        Crash(right);
        var refusal = refusals.ExpectMsg<PeerConnectionRefused>(Limit);

        Assert.Equal(new PeerConnectionRefused(AddressOf(right), uid), refusal);
        Assert.InRange(Sys.Scheduler.MonotonicClock - begin, TimeSpan.Zero, TimeSpan.FromMilliseconds(300));
        refusals.ExpectNoMsg(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task A_restarted_system_at_the_same_address_is_talked_to_again()
    {
        var right = Another();
        var address = AddressOf(right);
        var path = $"{address}/user/echo";
        right.ActorOf(Props.Create<Echo>(), "echo");
        await Sys.ActorSelection(path).ResolveOne(Limit);

        Crash(right);
        var again = Another(port: address.Port!.Value);
        again.ActorOf(Props.Create<Echo>(), "echo");

        await AwaitAssertAsync(
            async () => Assert.Equal("hello", await Sys.ActorSelection(path).Ask<string>("hello", TimeSpan.FromMilliseconds(200))),
            Limit,
            TimeSpan.FromMilliseconds(20));
        Assert.Equal(AddressUidExtension.Uid(again), AssociationWith(again).RemoteUid);
    }

    [Fact]
    public async Task The_quarantine_of_an_incarnation_of_the_past_does_no_harm_to_the_present_one()
    {
        var right = Another();
        var address = AddressOf(right);
        var path = $"{address}/user/echo";
        right.ActorOf(Props.Create<Echo>(), "echo");
        await Sys.ActorSelection(path).ResolveOne(Limit);
        var past = AddressUidExtension.Uid(right);
        Crash(right);
        var again = Another(port: address.Port!.Value);
        again.ActorOf(Props.Create<Echo>(), "echo");
        await AwaitAssertAsync(
            async () => Assert.Equal("hello", await Sys.ActorSelection(path).Ask<string>("hello", TimeSpan.FromMilliseconds(200))),
            Limit,
            TimeSpan.FromMilliseconds(20));
        var quarantined = EventsOf<QuarantinedEvent>();

        ((RemoteActorRefProvider)((ExtendedActorSystem)Sys).Provider).Quarantine(address, past);

        Assert.Equal("still here", await Sys.ActorSelection(path).Ask<string>("still here", Limit));
        Assert.False(quarantined.HasMessages);
    }

    [Fact]
    public async Task A_quarantined_incarnation_is_not_talked_to_until_it_is_restarted()
    {
        var right = Another();
        var address = AddressOf(right);
        var uid = AddressUidExtension.Uid(right);
        var echo = SeenFromLeft(right, right.ActorOf(Props.Create<Echo>(), "echo"));
        Assert.Equal(1, await echo.Ask<int>(1, Limit));
        var quarantined = EventsOf<QuarantinedEvent>();
        var told = EventsOf<ThisActorSystemQuarantinedEvent>(right);
        var deadLetters = EventsOf<DeadLetter>();

        ((RemoteActorRefProvider)((ExtendedActorSystem)Sys).Provider).Quarantine(address, uid);

        Assert.Equal(uid, quarantined.ExpectMsg<QuarantinedEvent>(Limit).Uid);
        told.ExpectMsg<ThisActorSystemQuarantinedEvent>(Limit);
        echo.Tell("unheard");
        Assert.Equal("unheard", deadLetters.ExpectMsg<DeadLetter>(Limit).Message);
        SeenFrom(right, Sys, TestActor).Tell("unheard, too");
        ExpectNoMsg(TimeSpan.FromMilliseconds(100));

        await right.Terminate().WaitAsync(Limit);
        var again = Another(port: address.Port!.Value);
        again.ActorOf(Props.Create<Echo>(), "echo");
        await AwaitAssertAsync(
            async () => Assert.Equal("heard", await Sys.ActorSelection($"{address}/user/echo").Ask<string>("heard", TimeSpan.FromMilliseconds(200))),
            Limit,
            TimeSpan.FromMilliseconds(20));
    }

    [Fact]
    public void Messages_to_nobody_go_to_dead_letters_while_the_gate_is_closed()
    {
        var deadLetters = EventsOf<DeadLetter>();
        var errors = EventsOf<AssociationErrorEvent>();
        var nobody = ((ExtendedActorSystem)Sys).Provider.ResolveActorRef("akka.tcp://nobody@127.0.0.1:1/user/nobody");

        nobody.Tell("first");

        Assert.IsType<ConnectionRefusedException>(errors.ExpectMsg<AssociationErrorEvent>(Limit).Cause);
        Assert.Equal("first", deadLetters.ExpectMsg<DeadLetter>(Limit).Message);
        nobody.Tell("second");
        Assert.Equal("second", deadLetters.ExpectMsg<DeadLetter>(Limit).Message);
    }
}
