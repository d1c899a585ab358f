using Akka.Actor;

namespace Mooring.Tests.Engine.ActorSpecs;

public sealed class AsyncReceiveSpec : ActorSpec
{
    [Fact]
    public void The_next_message_waits_until_the_async_handler_is_done()
    {
        var probe = NewProbe();
        var gate = new TaskCompletionSource();
        var actor = Start(me =>
        {
            me.OnAsync<string>(async text =>
            {
                probe.Ref.Tell("begin " + text);
                await gate.Task;
                probe.Ref.Tell("end " + text);
            });
            me.On<int>(number => probe.Ref.Tell(number));
        });
        actor.Tell("a");
        actor.Tell(1);
        probe.Expect("begin a");
        probe.ExpectNothingMore();
        gate.SetResult();
        probe.Expect("end a", 1);
    }

    [Fact]
    public void Context_Sender_and_Self_are_there_after_each_await()
    {
        var probe = NewProbe();
        var actor = Start(me => me.OnAsync<string>(async text =>
        {
            await Task.Yield();
            me.Sender.Tell((text, me.Self.Equals(me.Context.Self)));
            await Task.Run(() => { });
            var child = me.Context.ActorOf(Acting.Props(it => it.OnAny(message => it.Sender.Tell(message))), "child");
            child.Forward("from the child");
        }), "parent");
        probe.Send(actor, "x");
        probe.Expect(("x", true), "from the child");
        Assert.Equal("akka://spec/user/parent/child", probe.LastSender.Path.ToString());
    }

    [Fact]
    public void A_failure_after_an_await_goes_to_the_supervisor()
    {
        var probe = NewProbe();
        var actor = Start(me =>
        {
            me.OnPreRestart = (cause, message) => probe.Ref.Tell($"{cause.Message} by {message}");
            me.OnAsync<string>(async text =>
            {
                await Task.Yield();
                throw new InvalidOperationException("failed");
            });
            me.On<int>(number => me.Sender.Tell(number));
        });
        probe.Send(actor, "it");
        probe.Send(actor, 5);
        probe.Expect("failed by it", 5);
    }

    [Fact]
    public void A_failure_before_the_first_await_goes_to_the_supervisor()
    {
        var probe = NewProbe();
        var actor = Start(me =>
        {
            me.OnPreRestart = (cause, _) => probe.Ref.Tell(cause.Message);
            me.OnAsync<string>(_ => throw new InvalidOperationException("at once"));
            me.On<int>(number => me.Sender.Tell(number));
        });
        probe.Send(actor, "it");
        probe.Send(actor, 5);
        probe.Expect("at once", 5);
    }

    [Fact]
    public void A_handler_that_is_done_at_once_keeps_the_order()
    {
        var probe = NewProbe();
        var actor = Start(me => me.OnAsync<int>(number =>
        {
            me.Sender.Tell(number);
            return Task.CompletedTask;
        }));
        for (var i = 0; i < 1000; i++) probe.Send(actor, i);
        for (var i = 0; i < 1000; i++) probe.Expect(i);
    }

    [Fact]
    public void Many_awaits_keep_the_order()
    {
        var probe = NewProbe();
        var actor = Start(me => me.OnAsync<int>(async number =>
        {
            await Task.Yield();
            await Task.Delay(0);
            await Task.Run(() => { });
            me.Sender.Tell(number);
        }));
        for (var i = 0; i < 500; i++) probe.Send(actor, i);
        for (var i = 0; i < 500; i++) probe.Expect(i);
    }

    [Fact]
    public void A_message_can_be_stashed_after_an_await()
    {
        var probe = NewProbe();
        var open = false;
        var actor = Start(me =>
        {
            me.OnAsync<int>(async number =>
            {
                await Task.Yield();
                if (open) me.Sender.Tell(number);
                else me.Stash.Stash();
            });
            me.On<string>(_ =>
            {
                open = true;
                me.Stash.UnstashAll();
            });
        });
        probe.Send(actor, 1);
        probe.Send(actor, 2);
        probe.Send(actor, "open");
        probe.Expect(1, 2);
    }

    [Fact]
    public void An_actor_can_be_stopped_while_its_handler_waits()
    {
        var probe = NewProbe();
        var gate = new TaskCompletionSource();
        var actor = Start(me => me.OnAsync<string>(async _ =>
        {
            probe.Ref.Tell("waiting");
            await gate.Task;
            probe.Ref.Tell("never");
        }));
        probe.Watch(actor);
        actor.Tell("go");
        probe.Expect("waiting");
        Sys.Stop(actor);
        probe.ExpectTerminated(actor);
        gate.SetResult();
        probe.ExpectNothingMore();
    }
}
