using Akka.Actor;

namespace Mooring.Tests.Engine.ActorSpecs;

public sealed class SupervisionSpec : ActorSpec
{
    private sealed class Trouble(string message) : Exception(message);

    private sealed class MoreTrouble(string message) : Exception(message);

    /// <summary>A child that reports what happens to it; on a string it fails, on a number it counts.</summary>
    private static Props Child(Probe probe, string name = "child") => Acting.Props(me =>
    {
        var sum = 0;
        me.OnPreStart = () => probe.Ref.Tell(name + " starts");
        me.OnPostStop = () => probe.Ref.Tell(name + " stopped");
        me.On<int>(number => me.Sender.Tell(sum += number));
        me.On<Exception>(failure => throw failure);
    });

    private IActorRef Parent(Props child, SupervisorStrategy strategy, out IActorRef started, int count = 1)
    {
        var made = new TaskCompletionSource<IActorRef>();
        var parent = Start(me =>
        {
            for (var i = 0; i < count; i++)
            {
                var one = me.Context.ActorOf(child, "child-" + i);
                if (i == 0) made.TrySetResult(one);
            }
            me.OnAny(message => me.Context.Child("child-0").Forward(message));
        }, strategy: strategy);
        started = made.Task.WaitAsync(Limit).Result;
        return parent;
    }

    [Fact]
    public void A_failed_child_is_restarted_with_new_state_and_the_same_reference()
    {
        var probe = NewProbe();
        Parent(Child(probe), SupervisorStrategy.DefaultStrategy, out var child);
        probe.Expect("child starts");
        probe.Send(child, 5);
        probe.Expect(5);
        probe.Send(child, new Trouble("restart"));
        probe.Send(child, 3);
        probe.Expect("child stopped", "child starts", 3);
    }

    [Fact]
    public void A_resumed_child_keeps_its_state()
    {
        var probe = NewProbe();
        Parent(Child(probe), new OneForOneStrategy(_ => Directive.Resume), out var child);
        probe.Expect("child starts");
        probe.Send(child, 5);
        probe.Send(child, new Trouble("resume"));
        probe.Send(child, 3);
        probe.Expect(5, 8);
    }

    [Fact]
    public void A_stopped_child_is_gone_and_its_waiting_messages_are_dead_letters()
    {
        var probe = NewProbe();
        var dead = NewProbe();
        Sys.EventStream.Subscribe(dead.Ref, typeof(Akka.Event.DeadLetter));
        Parent(Child(probe), SupervisorStrategy.StoppingStrategy, out var child);
        probe.Expect("child starts");
        probe.Watch(child);
        probe.Send(child, new Trouble("stop"));
        probe.Send(child, 3);
        probe.Expect("child stopped");
        probe.ExpectTerminated(child);
        Assert.Equal(3, dead.Expect<Akka.Event.DeadLetter>().Message);
    }

    [Fact]
    public void The_hooks_of_a_restart_come_in_their_order_with_cause_and_message()
    {
        var probe = NewProbe();
        var props = Acting.Props(me =>
        {
            me.OnPreStart = () => probe.Ref.Tell("PreStart");
            me.OnPreRestart = (cause, message) => probe.Ref.Tell($"PreRestart {cause.Message} {message}");
            me.OnPostRestart = cause => probe.Ref.Tell($"PostRestart {cause.Message}");
            me.OnPostStop = () => probe.Ref.Tell("PostStop");
            me.On<string>(text => throw new Trouble("because"));
        });
        Parent(props, SupervisorStrategy.DefaultStrategy, out var child);
        probe.Send(child, "this");
        probe.Send(child, PoisonPill.Instance);
        probe.Expect("PreStart", "PreRestart because this", "PostRestart because", "PostStop");
    }

    [Fact]
    public void A_restart_stops_the_children_and_waits_for_them()
    {
        var probe = NewProbe();
        var props = Acting.Props(me =>
        {
            me.OnPreStart = () =>
            {
                me.Context.ActorOf(Child(probe, "grandchild"), "same-name");
                probe.Ref.Tell("child starts");
            };
            me.On<Exception>(failure => throw failure);
        });
        Parent(props, SupervisorStrategy.DefaultStrategy, out var child);
        Assert.Equal(["child starts", "grandchild starts"], new[] { probe.Receive(), probe.Receive() }.Cast<string>().Order());
        probe.Send(child, new Trouble("restart"));
        // the name of the grandchild can be used again only because the restart waited
        probe.Expect("grandchild stopped");
        Assert.Equal(["child starts", "grandchild starts"], new[] { probe.Receive(), probe.Receive() }.Cast<string>().Order());
    }

    [Fact]
    public void The_decider_chooses_by_the_type_of_the_failure()
    {
        var probe = NewProbe();
        var strategy = new OneForOneStrategy(Decider.From(
            Directive.Stop, Directive.Resume.When<Trouble>(), Directive.Restart.When<MoreTrouble>()));
        Parent(Child(probe), strategy, out var child);
        probe.Watch(child);
        probe.Expect("child starts");
        probe.Send(child, 1);
        probe.Send(child, new Trouble("resume"));
        probe.Send(child, 1);
        probe.Send(child, new MoreTrouble("restart"));
        probe.Send(child, 1);
        probe.Send(child, new InvalidOperationException("stop"));
        probe.Expect(1, 2, "child stopped", "child starts", 1, "child stopped");
        probe.ExpectTerminated(child);
    }

    [Fact]
    public void More_restarts_than_allowed_stop_the_child()
    {
        var probe = NewProbe();
        Parent(Child(probe), new OneForOneStrategy(2, (int)Limit.TotalMilliseconds, _ => Directive.Restart), out var child);
        probe.Watch(child);
        probe.Expect("child starts");
        for (var i = 0; i < 3; i++) probe.Send(child, new Trouble("again"));
        probe.Expect("child stopped", "child starts", "child stopped", "child starts", "child stopped");
        probe.ExpectTerminated(child);
    }

    [Fact]
    public void Restarts_count_only_within_the_time_range()
    {
        var probe = NewProbe();
        Parent(Child(probe), new OneForOneStrategy(1, 50, _ => Directive.Restart), out var child);
        probe.Expect("child starts");
        for (var i = 0; i < 4; i++)
        {
            probe.Send(child, new Trouble("again"));
            probe.Expect("child stopped", "child starts");
            // each failure comes in a window of its own
            var later = Sys.Scheduler.MonotonicClock + TimeSpan.FromMilliseconds(60);
            SpinWait.SpinUntil(() => Sys.Scheduler.MonotonicClock > later, Limit);
        }
        probe.Send(child, 7);
        probe.Expect(7);
    }

    [Fact]
    public void All_for_one_restarts_every_child()
    {
        var probe = NewProbe();
        Parent(Child(probe), new AllForOneStrategy(_ => Directive.Restart), out var child, count: 3);
        for (var i = 0; i < 3; i++) probe.Expect("child starts");
        probe.Send(child, new Trouble("all"));
        var events = Enumerable.Range(0, 6).Select(_ => (string)probe.Receive()).ToList();
        Assert.Equal(3, events.Count(e => e == "child stopped"));
        Assert.Equal(3, events.Count(e => e == "child starts"));
    }

    [Fact]
    public void An_escalated_failure_is_decided_one_level_up_and_restarts_what_is_below()
    {
        var probe = NewProbe();
        var middle = Acting.Props(me =>
        {
            me.OnPreStart = () =>
            {
                probe.Ref.Tell("middle starts");
                me.Context.ActorOf(Child(probe), "child");
            };
            me.OnAny(message => me.Context.Child("child").Forward(message));
        }, new OneForOneStrategy(_ => Directive.Escalate));
        Parent(middle, SupervisorStrategy.DefaultStrategy, out var started);
        probe.Expect("middle starts", "child starts");
        probe.Send(started, new Trouble("up"));
        probe.Expect("child stopped", "middle starts", "child starts");
        probe.Send(started, 4);
        probe.Expect(4);
    }

    [Fact]
    public void An_actor_whose_constructor_fails_is_stopped_by_default()
    {
        var probe = NewProbe();
        var actor = Start(_ => throw new Trouble("constructor"));
        probe.Watch(actor);
        probe.ExpectTerminated(actor);
    }

    [Fact]
    public void A_failure_while_restarting_goes_to_the_supervisor_again()
    {
        var probe = NewProbe();
        var attempts = 0;
        var props = Acting.Props(me =>
        {
            if (++attempts is 2 or 3) throw new Trouble("constructor " + attempts);
            me.On<int>(number => me.Sender.Tell(number));
            me.On<Exception>(failure => throw failure);
        });
        Parent(props, new OneForOneStrategy(_ => Directive.Restart), out var child);
        probe.Send(child, new Trouble("first"));
        probe.Send(child, 9);
        probe.Expect(9);
        Assert.Equal(4, attempts);
    }

    [Fact]
    public void A_failing_actor_handles_no_further_message_before_the_decision()
    {
        var probe = NewProbe();
        var decided = false;
        var strategy = new OneForOneStrategy(_ =>
        {
            decided = true;
            return Directive.Resume;
        });
        Parent(Acting.Props(me =>
        {
            me.On<Exception>(failure => throw failure);
            me.On<int>(_ => me.Sender.Tell(Volatile.Read(ref decided)));
        }), strategy, out var child);
        for (var i = 0; i < 50; i++)
        {
            Volatile.Write(ref decided, false);
            probe.Send(child, new Trouble("once"));
            probe.Send(child, i);
            probe.Expect(true);
        }
    }

    [Fact]
    public void Kill_fails_the_actor_which_is_then_stopped()
    {
        var probe = NewProbe();
        var actor = Sys.ActorOf(Child(probe));
        probe.Watch(actor);
        probe.Expect("child starts");
        actor.Tell(Kill.Instance);
        probe.Expect("child stopped");
        probe.ExpectTerminated(actor);
    }
}
