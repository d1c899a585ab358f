using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.TestActors;
using Xunit.Sdk;

namespace Mooring.Tests.Engine.TestKitSpecs;

public class TestKitSpec : Akka.TestKit.Xunit2.TestKit
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);

    private readonly IActorRef _echo;

    public TestKitSpec() => _echo = ActorOf(SimpleEchoActor.Props(), "echo");

    [Fact]
    public void The_test_actor_is_the_implicit_sender()
    {
        _echo.Tell("hello");
        Assert.Equal("hello", ExpectMsg<string>());
        Assert.Equal(_echo, LastSender);
    }

    [Fact]
    public async Task The_test_actor_is_the_implicit_sender_behind_an_await()
    {
        await Task.Yield();
        _echo.Tell(1);
        await ExpectMsgAsync(1);
        _echo.Tell(2);
        await ExpectMsgAsync<int>(i => i == 2);
    }

    [Fact]
    public void An_expectation_fails_on_another_type_another_value_and_on_silence()
    {
        _echo.Tell("text");
        Assert.Contains("Expected a message of type System.Int32", Assert.Throws<XunitException>(() => ExpectMsg<int>()).Message);
        _echo.Tell("one");
        Assert.Throws<XunitException>(() => ExpectMsg("other"));
        Assert.Contains("Timeout", Assert.Throws<XunitException>(() => ExpectMsg<int>(Short)).Message);
    }

    [Fact]
    public void Silence_is_expected_and_broken_silence_noticed()
    {
        ExpectNoMsg(Short);
        _echo.Tell("noise");
        Assert.Throws<XunitException>(() => ExpectNoMsg(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Expectations_inside_within_share_its_time()
    {
        Within(TimeSpan.FromSeconds(2), () =>
        {
            _echo.Tell(1);
            ExpectMsg(1);
            Assert.True(Remaining < TimeSpan.FromSeconds(2));
        });
        Assert.Throws<InvalidOperationException>(() => Remaining);
        Assert.Throws<XunitException>(() => Within(Short, () => ExpectMsg<int>()));
        Assert.Throws<XunitException>(() => Within(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), () => { }));
    }

    [Fact]
    public void Messages_are_fished_received_in_numbers_and_while_they_are_of_a_kind()
    {
        foreach (var message in (object[])[1, 2, "fish", 3, 4, "end"]) _echo.Tell(message);
        Assert.Equal("fish", FishForMessage<string>(text => text.StartsWith('f')));
        Assert.Equal([3, 4], ReceiveN(2));
        ExpectMsg("end");

        foreach (var message in (object[])["a", "b", 1]) _echo.Tell(message);
        Assert.Equal(["a", "b"], ReceiveWhile(message => message as string, TimeSpan.FromSeconds(1), msgs: 2));
        ExpectMsg(1);
    }

    [Fact]
    public void All_of_some_messages_are_expected_in_any_order()
    {
        foreach (var message in (string[])["b", "a"]) _echo.Tell(message);
        ExpectMsgAllOf("a", "b");
        _echo.Tell("c");
        Assert.Equal("c", ExpectMsgAnyOf(["x", "c"]));
        _echo.Tell("d");
        Assert.Throws<XunitException>(() => ExpectMsgAllOf("e"));
    }

    [Fact]
    public void Ignored_messages_are_left_out()
    {
        IgnoreMessages<string>(text => text == "no");
        foreach (var message in (string[])["no", "yes", "no"]) _echo.Tell(message);
        ExpectMsg("yes");
        IgnoreNoMessages();
        _echo.Tell("no");
        ExpectMsg("no");
    }

    [Fact]
    public void A_probe_replies_forwards_and_can_be_used_as_a_reference()
    {
        var probe = CreateTestProbe("probe");
        probe.Tell("question");
        probe.ExpectMsg("question");
        Assert.Equal(TestActor, probe.Sender);
        probe.Reply("answer");
        Assert.Equal("answer", ExpectMsg<string>());
        Assert.Equal(probe.Ref, LastSender);

        var other = CreateTestProbe();
        probe.Send(other, "to the other");
        other.ExpectMsg("to the other");
        other.Forward(TestActor);
        ExpectMsgFrom(probe.Ref, "to the other");
    }

    [Fact]
    public void A_watched_actor_is_seen_to_terminate()
    {
        Watch(_echo);
        Sys.Stop(_echo);
        ExpectTerminated(_echo);

        var probe = CreateTestProbe();
        Watch(probe);
        Sys.Stop(probe);
        ExpectTerminated(probe);
    }

    [Fact]
    public void An_auto_pilot_answers_until_it_is_told_otherwise()
    {
        var probe = CreateTestProbe();
        probe.SetAutoPilot(new DelegateAutoPilot((sender, message) =>
        {
            sender.Tell($"auto {message}", ActorRefs.NoSender);
            return message is 2 ? AutoPilot.NoAutoPilot : AutoPilot.KeepRunning;
        }));
        foreach (var i in (int[])[1, 2, 3]) probe.Tell(i);
        ExpectMsg("auto 1");
        ExpectMsg("auto 2");
        probe.ReceiveN(3);
        Assert.False(HasMessages);
    }

    [Fact]
    public async Task Awaited_assertions_and_conditions_are_tried_again()
    {
        var tries = 0;
        AwaitAssert(() => Assert.True(++tries > 2));
        await AwaitAssertAsync(() => Assert.True(++tries > 5));
        AwaitCondition(() => ++tries > 8);
        await AwaitConditionAsync(() => ++tries > 10);
        Assert.Throws<XunitException>(() => AwaitCondition(() => false, Short));
        Assert.Throws<TrueException>(() => AwaitAssert(() => Assert.True(false), Short));
    }

    [Fact]
    public void A_test_actor_ref_shows_the_actor_and_runs_on_this_thread()
    {
        var counter = ActorOfAsTestActorRef<Counter>("counter");
        counter.Tell("up");
        Assert.Equal(1, counter.UnderlyingActor.Count);
        Assert.Equal(Environment.CurrentManagedThreadId, counter.UnderlyingActor.Thread);
        Assert.Throws<ArgumentException>(() => counter.Receive("fail"));
        Watch(counter);
        Sys.Stop(counter);
        ExpectTerminated(counter);
    }

    [Fact]
    public void A_probe_has_children_supervised_as_the_test_says()
    {
        var probe = CreateTestProbe();
        var child = probe.ChildActorOf(Props.Create<Counter>(), "child", new OneForOneStrategy(_ => Directive.Resume));
        Assert.Equal(probe.Ref.Path, child.Path.Parent);
        child.Tell("up");
        EventFilter.Warning(contains: "asked to").ExpectOne(() => child.Tell("fail"));
        child.Tell("count");
        ExpectMsg(1);
    }

    private sealed class Counter : UntypedActor
    {
        public int Count { get; private set; }

        public int Thread { get; private set; }

        protected override void OnReceive(object message)
        {
            Thread = Environment.CurrentManagedThreadId;
            switch (message)
            {
                case "up":
                    Count++;
                    break;
                case "count":
                    Sender.Tell(Count);
                    break;
                case "fail":
                    throw new ArgumentException("asked to fail");
            }
        }
    }
}
