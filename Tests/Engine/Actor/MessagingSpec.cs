using Akka.Actor;

namespace Mooring.Tests.Engine.ActorSpecs;

public sealed class MessagingSpec : ActorSpec
{
    private sealed record Ping(int Number);

    [Fact]
    public void Messages_of_one_sender_arrive_in_their_order()
    {
        var probe = NewProbe();
        var echo = Start(me => me.On<int>(number => me.Sender.Tell(number)));
        for (var i = 0; i < 10_000; i++) probe.Send(echo, i);
        for (var i = 0; i < 10_000; i++) probe.Expect(i);
    }

    [Fact]
    public void Messages_of_each_of_many_senders_arrive_in_their_order()
    {
        const int senders = 8, each = 20_000;
        var done = new TaskCompletionSource();
        var next = new int[senders];
        var count = 0;
        var receiver = Start(me => me.On<(int Sender, int Number)>(message =>
        {
            if (next[message.Sender]++ != message.Number) done.TrySetException(new InvalidOperationException("out of order"));
            if (++count == senders * each) done.TrySetResult();
        }));
        Parallel.For(0, senders, sender =>
        {
            for (var i = 0; i < each; i++) receiver.Tell((sender, i), ActorRefs.NoSender);
        });
        Assert.True(done.Task.Wait(Limit));
    }

    [Fact]
    public void The_first_handler_that_matches_type_and_condition_gets_the_message()
    {
        var probe = NewProbe();
        var actor = Start(me =>
        {
            me.On<Ping>(_ => me.Sender.Tell("small"), ping => ping.Number < 10);
            me.On<Ping>(_ => me.Sender.Tell("large"));
            me.On<IComparable>(_ => me.Sender.Tell("comparable"));
            me.OnAny(_ => me.Sender.Tell("any"));
        });
        probe.Send(actor, new Ping(5));
        probe.Send(actor, new Ping(50));
        probe.Send(actor, 7);
        probe.Send(actor, new object());
        probe.Send(actor, new Ping(6));
        probe.Expect("small", "large", "comparable", "any", "small");
    }

    [Fact]
    public void No_handler_can_follow_one_that_takes_everything()
    {
        var probe = NewProbe();
        Start(me =>
        {
            me.OnAny(_ => { });
            var refused = Assert.Throws<InvalidOperationException>(() => me.On<string>(_ => { }));
            probe.Ref.Tell(refused.Message, ActorRefs.NoSender);
        });
        probe.Expect("A handler that catches all messages has been added. No handler can be added after that.");
    }

    [Fact]
    public void What_nobody_handles_is_published()
    {
        var probe = NewProbe();
        Sys.EventStream.Subscribe(probe.Ref, typeof(Akka.Event.UnhandledMessage));
        var actor = Start(me => me.On<int>(_ => { }));
        probe.Send(actor, "what?");
        var unhandled = probe.Expect<Akka.Event.UnhandledMessage>();
        Assert.Equal("what?", unhandled.Message);
        Assert.Equal(actor, unhandled.Recipient);
        Assert.Equal(probe.Ref, unhandled.Sender);
    }

    [Fact]
    public void Forward_keeps_the_sender_and_Tell_implies_the_own_actor()
    {
        var probe = NewProbe();
        var last = Start(me => me.OnAny(message => me.Sender.Tell(((string)message, me.Sender.Path.Name))));
        var first = Start(me => me.On<string>(message => last.Forward(message)), "first");
        probe.Send(first, "hello");
        probe.Expect(("hello", probe.Ref.Path.Name));
        Assert.Equal(last, probe.LastSender);
    }

    [Fact]
    public void A_null_message_is_refused()
    {
        var actor = Start(me => me.OnAny(_ => { }));
        Assert.Throws<InvalidMessageException>(() => actor.Tell(null!, ActorRefs.NoSender));
    }

    [Fact]
    public void Become_replaces_the_behaviour_and_stacked_ones_come_back()
    {
        var probe = NewProbe();
        var actor = Start(me =>
        {
            void Second()
            {
                me.On<string>(_ => me.UnbecomeStacked(), text => text == "back");
                me.On<string>(_ => me.Sender.Tell("second"));
            }

            me.On<string>(_ => me.BecomeStacked(Second), text => text == "stack");
            me.On<string>(_ => me.Become(Second), text => text == "become");
            me.On<string>(_ => me.Sender.Tell("first"));
        });
        foreach (var message in new[] { "?", "stack", "?", "back", "?", "become", "?" }) probe.Send(actor, message);
        probe.Expect("first", "second", "first", "second");
    }

    [Fact]
    public void An_actor_cannot_be_made_with_new()
    {
        // on a thread of its own: those of the pool may still be inside a test kit's actor
        Exception? thrown = null;
        var thread = new Thread(() => thrown = Record.Exception(() => new Plain()));
        thread.Start();
        Assert.True(thread.Join(Limit));
        Assert.IsType<ActorInitializationException>(thrown);
    }

    [Fact]
    public void Props_from_an_expression_evaluate_its_arguments_once()
    {
        var probe = NewProbe();
        var evaluated = 0;
        Func<int> next = () => ++evaluated;
        var props = Props.Create(() => new WithArgument(next(), probe.Ref));
        Assert.Equal(1, evaluated);
        Sys.ActorOf(props);
        Sys.ActorOf(props);
        probe.Expect(1, 1);
        Assert.Equal(typeof(WithArgument), props.Type);
    }

    [Fact]
    public void Names_must_be_valid_and_unique()
    {
        Start(_ => { }, "taken");
        Assert.Throws<InvalidActorNameException>(() => Start(_ => { }, "taken"));
        Assert.Throws<InvalidActorNameException>(() => Start(_ => { }, "a/b"));
        Assert.Throws<InvalidActorNameException>(() => Start(_ => { }, "$mine"));
        Assert.Throws<InvalidActorNameException>(() => Start(_ => { }, ""));
    }

    private sealed class Plain : UntypedActor
    {
        protected override void OnReceive(object message) { }
    }

    private sealed class WithArgument : UntypedActor
    {
        public WithArgument(int value, IActorRef to) => to.Tell(value);

        protected override void OnReceive(object message) { }
    }
}
