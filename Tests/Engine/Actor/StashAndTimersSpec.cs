using Akka.Actor;

namespace Mooring.Tests.Engine.ActorSpecs;

public sealed class StashAndTimersSpec : ActorSpec
{
    [Fact]
    public void Stashed_messages_come_back_in_their_order_before_later_ones()
    {
        var probe = NewProbe();
        var actor = Start(me =>
        {
            me.On<string>(_ =>
            {
                me.Stash.UnstashAll();
                me.Become(() => me.On<int>(number => me.Sender.Tell(number)));
            });
            me.On<int>(_ => me.Stash.Stash());
        });
        for (var i = 0; i < 5; i++) probe.Send(actor, i);
        probe.Send(actor, "open");
        for (var i = 5; i < 10; i++) probe.Send(actor, i);
        for (var i = 0; i < 10; i++) probe.Expect(i);
    }

    [Fact]
    public void Unstash_gives_back_the_oldest_message_only()
    {
        var probe = NewProbe();
        var actor = Start(me =>
        {
            var open = 0;
            me.On<string>(_ =>
            {
                open++;
                me.Stash.Unstash();
            });
            me.On<int>(number =>
            {
                if (open == 0)
                {
                    me.Stash.Stash();
                    return;
                }
                open--;
                me.Sender.Tell((number, me.Stash.Count));
            });
        });
        for (var i = 0; i < 3; i++) probe.Send(actor, i);
        probe.Send(actor, "one");
        probe.Send(actor, "two");
        probe.Expect((0, 2), (1, 1));
    }

    [Fact]
    public void The_same_message_cannot_be_stashed_twice()
    {
        var probe = NewProbe();
        var actor = Start(me => me.On<int>(_ =>
        {
            me.Stash.Stash();
            Assert.Throws<IllegalActorStateException>(() => me.Stash.Stash());
            me.Sender.Tell("refused");
        }));
        probe.Send(actor, 1);
        probe.Expect("refused");
    }

    [Fact]
    public void A_bounded_stash_overflows()
    {
        var probe = NewProbe();
        var props = Acting.Props(me => me.On<int>(_ =>
        {
            try
            {
                me.Stash.Stash();
            }
            catch (StashOverflowException)
            {
                me.Sender.Tell("full");
            }
        })).WithStashCapacity(2);
        var actor = Sys.ActorOf(props);
        for (var i = 0; i < 3; i++) probe.Send(actor, i);
        probe.Expect("full");
    }

    [Fact]
    public void A_restart_gives_stashed_messages_to_the_new_instance()
    {
        var probe = NewProbe();
        var incarnation = 0;
        var actor = Start(me =>
        {
            var mine = ++incarnation;
            me.On<int>(number =>
            {
                if (mine == 1) me.Stash.Stash();
                else me.Sender.Tell(number);
            });
            me.On<string>(_ => throw new InvalidOperationException("restart"));
        });
        probe.Send(actor, 1);
        probe.Send(actor, 2);
        probe.Send(actor, "fail");
        probe.Expect(1, 2);
    }

    [Fact]
    public void What_is_stashed_when_the_actor_stops_becomes_dead_letters()
    {
        var letters = NewProbe();
        Sys.EventStream.Subscribe(letters.Ref, typeof(Akka.Event.DeadLetter));
        var actor = Start(me => me.OnAny(_ => me.Stash.Stash()));
        actor.Tell("stashed");
        actor.Tell(PoisonPill.Instance);
        Assert.Equal("stashed", letters.Expect<Akka.Event.DeadLetter>().Message);
    }

    [Fact]
    public void A_single_timer_fires_once_and_is_then_inactive()
    {
        var probe = NewProbe();
        var actor = Start(me =>
        {
            me.OnPreStart = () => me.Timers.StartSingleTimer("key", "tick", TimeSpan.FromMilliseconds(20));
            me.On<string>(text => probe.Ref.Tell((text, me.Timers.IsTimerActive("key"), me.Sender.Equals(me.Self))));
        });
        probe.Expect(("tick", false, true));
        Assert.NotNull(actor);
    }

    [Fact]
    public void A_periodic_timer_fires_until_it_is_cancelled()
    {
        var probe = NewProbe();
        Start(me =>
        {
            var ticks = 0;
            me.OnPreStart = () => me.Timers.StartPeriodicTimer("key", "tick", TimeSpan.FromMilliseconds(10));
            me.On<string>(_ =>
            {
                if (++ticks == 3) me.Timers.Cancel("key");
                probe.Ref.Tell(ticks);
            });
        });
        probe.Expect(1, 2, 3);
        probe.ExpectNothingMore();
    }

    [Fact]
    public void Nothing_of_a_replaced_timer_is_received_even_if_it_is_queued()
    {
        var probe = NewProbe();
        var actor = Start(me =>
        {
            me.On<string>(_ =>
            {
                me.Timers.StartSingleTimer("key", "old", TimeSpan.FromMilliseconds(1));
                // lets the old one reach the mailbox
                var later = me.Context.System.Scheduler.MonotonicClock + TimeSpan.FromMilliseconds(60);
                SpinWait.SpinUntil(() => Sys.Scheduler.MonotonicClock > later, Limit);
                me.Timers.StartSingleTimer("key", "new", TimeSpan.FromMilliseconds(1));
            }, text => text == "go");
            me.On<string>(text => probe.Ref.Tell(text));
        });
        actor.Tell("go");
        probe.Expect("new");
    }

    [Fact]
    public void A_restart_cancels_the_timers_of_the_old_instance()
    {
        var probe = NewProbe();
        var incarnation = 0;
        var actor = Start(me =>
        {
            var mine = ++incarnation;
            if (mine == 1) me.OnPreStart = () => me.Timers.StartSingleTimer("key", "old", TimeSpan.FromMilliseconds(30));
            else me.OnPreStart = () => me.Timers.StartSingleTimer("other", "new", TimeSpan.FromMilliseconds(80));
            me.On<Exception>(failure => throw failure);
            me.On<string>(text => probe.Ref.Tell(text));
        });
        actor.Tell(new InvalidOperationException("restart"));
        probe.Expect("new");
    }

    [Fact]
    public void A_receive_timeout_comes_after_the_time_without_messages_and_again()
    {
        var probe = NewProbe();
        Start(me =>
        {
            me.SetReceiveTimeout(TimeSpan.FromMilliseconds(30));
            me.On<ReceiveTimeout>(timeout => probe.Ref.Tell(timeout));
        });
        probe.Expect(ReceiveTimeout.Instance, ReceiveTimeout.Instance);
    }

    [Fact]
    public void Messages_put_the_receive_timeout_off_unless_they_say_otherwise()
    {
        var probe = NewProbe();
        var idle = new TaskCompletionSource<TimeSpan>();
        var clock = Sys.Scheduler;
        var actor = Start(me =>
        {
            var last = clock.MonotonicClock;
            me.SetReceiveTimeout(TimeSpan.FromMilliseconds(100));
            me.On<ReceiveTimeout>(_ => idle.TrySetResult(clock.MonotonicClock - last));
            me.On<int>(_ => last = clock.MonotonicClock);
            me.OnAny(_ => { });
        });
        using var influencing = new Cancelable(clock);
        using var other = new Cancelable(clock);
        clock.ScheduleTellRepeatedly(TimeSpan.Zero, TimeSpan.FromMilliseconds(20), actor, 1, ActorRefs.NoSender, influencing);
        clock.ScheduleTellRepeatedly(TimeSpan.Zero, TimeSpan.FromMilliseconds(20), actor, new Unnoticed(), ActorRefs.NoSender, other);
        clock.Advanced.ScheduleOnce(TimeSpan.FromMilliseconds(300), influencing.Cancel);
        Assert.True(idle.Task.Wait(Limit));
        Assert.InRange(idle.Task.Result.TotalMilliseconds, 95, 5000);
        Assert.NotNull(probe.Ref);
    }

    [Fact]
    public void A_receive_timeout_that_was_set_to_null_does_not_come()
    {
        var probe = NewProbe();
        Start(me =>
        {
            me.OnPreStart = () =>
            {
                me.SetReceiveTimeout(TimeSpan.FromMilliseconds(10));
                me.SetReceiveTimeout(null);
                me.Timers.StartSingleTimer("end", "end", TimeSpan.FromMilliseconds(80));
            };
            me.OnAny(message => probe.Ref.Tell(message));
        });
        probe.Expect("end");
    }

    private sealed class Unnoticed : INotInfluenceReceiveTimeout;
}
