using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote;
using Xunit.Abstractions;

namespace Mooring.Tests.Engine.Remote;

/// <summary>Two systems talk.</summary>
public sealed class RemotingSpec(ITestOutputHelper output) : RemotingTestKit(output)
{
    public sealed record Numbered(int Number, string Text);

    public sealed record Introduction(string Name, IActorRef Who);

    [Fact]
    public void An_actor_of_another_system_receives_what_it_is_told_and_answers()
    {
        var right = Another();
        var echo = right.ActorOf(Props.Create<Echo>(), "echo");

        SeenFromLeft(right, echo).Tell(new Numbered(7, "seven"), TestActor);

        ExpectMsg(new Numbered(7, "seven"), Limit);
        Assert.Equal(AddressOf(right), LastSender.Path.Address);
        Assert.Equal(echo.Path.Uid, LastSender.Path.Uid);
    }

    [Fact]
    public async Task An_ask_is_answered()
    {
        var right = Another();
        var echo = SeenFromLeft(right, right.ActorOf(Props.Create<Echo>()));

        for (var i = 0; i < 20; i++)
            Assert.Equal(i, await echo.Ask<int>(i, Limit));
    }

    [Fact]
    public void Messages_of_one_sender_keep_their_order()
    {
        const int Count = 20_000;
        var right = Another();
        var echo = SeenFromLeft(right, right.ActorOf(Props.Create<Echo>()));

        for (var i = 0; i < Count; i++)
            echo.Tell(i, TestActor);

        for (var i = 0; i < Count; i++)
            Assert.Equal(i, ExpectMsg<int>(Limit));
    }

    [Fact]
    public void References_in_messages_work_at_the_other_end()
    {
        var right = Another();
        var third = Another("third");
        var probe = CreateTestProbe(third);
        var forwarder = SeenFromLeft(right, right.ActorOf(Props.Create(() => new Forwarder(SeenFrom(right, third, probe.Ref)))));

        forwarder.Tell(new Introduction("left", TestActor));
        var introduction = probe.ExpectMsg<Introduction>(Limit);
        introduction.Who.Tell("hello", probe.Ref);

        ExpectMsg("hello", Limit);
        Assert.Equal(probe.Ref.Path.WithUid(0).ToStringWithoutAddress(), LastSender.Path.WithUid(0).ToStringWithoutAddress());
    }

    [Fact]
    public async Task A_selection_finds_remote_actors_and_tells_when_there_are_none()
    {
        var right = Another();
        var echo = right.ActorOf(Props.Create<Echo>(), "echo");

        var found = await Sys.ActorSelection(new RootActorPath(AddressOf(right)) / "user" / "echo").ResolveOne(Limit);
        Assert.Equal(echo.Path.Uid, found.Path.Uid);
        Sys.ActorSelection($"{AddressOf(right)}/user/e*").Tell("all", TestActor);
        ExpectMsg("all", Limit);

        await Assert.ThrowsAsync<ActorNotFoundException>(() => Sys.ActorSelection($"{AddressOf(right)}/user/nobody").ResolveOne(Limit));
    }

    [Fact]
    public async Task A_failure_travels_as_a_status()
    {
        var right = Another();
        var failing = SeenFromLeft(right, right.ActorOf(Props.Create<Failing>()));

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => failing.Ask<string>("please", Limit));
        Assert.Equal("not today", failure.Message);
    }

    [Fact]
    public void A_message_that_is_larger_than_a_frame_is_refused_and_the_next_one_arrives()
    {
        var right = Another();
        var echo = SeenFromLeft(right, right.ActorOf(Props.Create<Echo>()));
        var errors = EventsOf<AssociationErrorEvent>();

        echo.Tell(new byte[200_000], TestActor);
        echo.Tell("small", TestActor);

        ExpectMsg("small", Limit);
        Assert.IsType<OversizedPayloadException>(errors.ExpectMsg<AssociationErrorEvent>(Limit).Cause);
    }

    [Fact]
    public void A_message_of_full_size_arrives()
    {
        var right = Another();
        var echo = SeenFromLeft(right, right.ActorOf(Props.Create<Echo>()));
        var large = new byte[120_000];
        large[^1] = 1;

        echo.Tell(large, TestActor);
        echo.Tell(large, TestActor);

        Assert.Equal(large, ExpectMsg<byte[]>(Limit));
        Assert.Equal(large, ExpectMsg<byte[]>(Limit));
    }

    [Fact]
    public async Task Garbage_on_the_port_is_harmless()
    {
        var right = Another();
        var address = AddressOf(right);
        var echo = SeenFromLeft(right, right.ActorOf(Props.Create<Echo>()));
        Assert.Equal("before", await echo.Ask<string>("before", Limit));

        foreach (var garbage in new byte[][] { [.. "GET / HTTP/1.1\r\n\r\n"u8], [0, 0, 0, 0, 0, 0], [5, 0, 0, 0, 1, 9, 9, 9, 9], new byte[100_000] })
        {
            using var stranger = new TcpClient();
            await stranger.ConnectAsync(address.Host!, address.Port!.Value);
            await stranger.GetStream().WriteAsync(garbage);
            try
            {
                Assert.Equal(0, await stranger.GetStream().ReadAsync(new byte[10]).AsTask().WaitAsync(Limit));
            }
            catch (IOException)
            {
                // reset instead of an orderly end: closed is closed
            }
        }

        Assert.Equal("after", await echo.Ask<string>("after", Limit));
    }

    [Fact]
    public void What_cannot_be_read_costs_only_its_message()
    {
        var right = Another(hocon: """akka.actor.serialization-settings.hyperion.allowed-types = ["Nothing, Nowhere"]""");
        var echo = SeenFromLeft(right, right.ActorOf(Props.Create<Echo>()));

        echo.Tell(new Numbered(1, "refused"), TestActor);
        echo.Tell("accepted", TestActor);

        ExpectMsg("accepted", Limit);
    }

    [Fact]
    public void What_cannot_be_written_costs_only_its_message()
    {
        var right = Another();
        var echo = SeenFromLeft(right, right.ActorOf(Props.Create<Echo>()));

        echo.Tell(new Action(() => { }), TestActor);
        echo.Tell("fine", TestActor);

        ExpectMsg("fine", Limit);
    }

    [Fact]
    public void A_port_that_is_taken_fails_the_start_of_the_system()
    {
        var failure = Assert.ThrowsAny<Exception>(() => Another("second", LeftAddress.Port!.Value));

        Assert.Contains("Failed to listen on 127.0.0.1:" + LeftAddress.Port, failure.ToString(), StringComparison.Ordinal);
        Assert.Contains(nameof(RemoteTransportException), failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Messages_beyond_the_outbound_buffer_become_dead_letters()
    {
        var small = Another("small", hocon: "akka.remote.outbound-buffer-size = 10\nakka.remote.dot-netty.tcp.connection-timeout = 60s");
        var deadLetters = EventsOf<DeadLetter>(small);
        using var silent = new TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start(); // accepts nothing: the greeting is never answered
        var target = ((ExtendedActorSystem)small).Provider.ResolveActorRef(
            $"akka.tcp://silent@127.0.0.1:{((System.Net.IPEndPoint)silent.LocalEndpoint).Port}/user/somebody");

        for (var i = 0; i < 15; i++)
            target.Tell(i);

        for (var i = 10; i < 15; i++)
            Assert.Equal(i, deadLetters.ExpectMsg<DeadLetter>(Limit).Message);
        deadLetters.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public async Task What_was_told_before_the_end_is_still_sent()
    {
        const int Count = 2_000;
        var right = Another();
        var target = SeenFrom(right, Sys, TestActor);

        for (var i = 0; i < Count; i++)
            target.Tell(i);
        await right.Terminate().WaitAsync(Limit);

        for (var i = 0; i < Count; i++)
            Assert.Equal(i, ExpectMsg<int>(Limit));
    }

    [Fact]
    public void Actors_are_not_deployed_to_other_systems()
    {
        var right = Another();
        var props = Props.Create<Echo>().WithDeploy(new Deploy(new RemoteScope(AddressOf(right))));

        Assert.Throws<ConfigurationException>(() => Sys.ActorOf(props));
        Assert.NotNull(Sys.ActorOf(Props.Create<Echo>().WithDeploy(new Deploy(new RemoteScope(LeftAddress)))));
    }

    public sealed class Failing : ReceiveActor
    {
        public Failing() => ReceiveAny(_ => Sender.Tell(new Status.Failure(new InvalidOperationException("not today"))));
    }
}
