using Akka.Actor;
using Akka.Event;

namespace Mooring.Tests.Engine.ActorSpecs;

public sealed class LifecycleSpec : ActorSpec
{
    private static Props Silent(Action? stopped = null) => Acting.Props(me =>
    {
        me.OnPostStop = stopped;
        me.OnAny(_ => { });
    });

    [Fact]
    public void A_poison_pill_stops_the_actor_after_the_messages_before_it()
    {
        var probe = NewProbe();
        var actor = Start(me => me.On<int>(number => me.Sender.Tell(number)));
        probe.Watch(actor);
        for (var i = 0; i < 100; i++) probe.Send(actor, i);
        probe.Send(actor, PoisonPill.Instance);
        probe.Send(actor, -1);
        for (var i = 0; i < 100; i++) probe.Expect(i);
        probe.ExpectTerminated(actor);
        probe.ExpectNothingMore();
    }

    [Fact]
    public void Stopping_a_parent_stops_the_children_first()
    {
        var probe = NewProbe();
        var parent = Start(me =>
        {
            for (var i = 0; i < 3; i++) me.Context.ActorOf(Silent(() => probe.Ref.Tell("child")));
            me.OnPostStop = () => probe.Ref.Tell("parent");
        });
        Sys.Stop(parent);
        probe.Expect("child", "child", "child", "parent");
    }

    [Fact]
    public void A_watcher_hears_of_a_death_exactly_once()
    {
        var probe = NewProbe();
        var actor = Sys.ActorOf(Silent());
        probe.Watch(actor);
        probe.Watch(actor);
        Sys.Stop(actor);
        var terminated = probe.ExpectTerminated(actor);
        Assert.True(terminated.ExistenceConfirmed);
        Assert.False(terminated.AddressTerminated);
        probe.ExpectNothingMore();
    }

    [Fact]
    public void Watching_an_actor_that_is_dead_already_tells_at_once()
    {
        var probe = NewProbe();
        var actor = Sys.ActorOf(Silent());
        probe.Watch(actor);
        Sys.Stop(actor);
        probe.ExpectTerminated(actor);
        var late = NewProbe();
        late.Watch(actor);
        late.ExpectTerminated(actor);
        late.ExpectNothingMore();
    }

    [Fact]
    public void What_the_dying_actor_sent_comes_before_its_Terminated()
    {
        var probe = NewProbe();
        var actor = Start(me => me.On<string>(_ =>
        {
            for (var i = 0; i < 10; i++) probe.Ref.Tell(i);
            me.Context.Stop(me.Self);
        }));
        probe.Watch(actor);
        probe.Send(actor, "go");
        for (var i = 0; i < 10; i++) probe.Expect(i);
        probe.ExpectTerminated(actor);
    }

    [Fact]
    public void After_Unwatch_no_Terminated_comes_even_if_it_was_queued()
    {
        var probe = NewProbe();
        var victim = Sys.ActorOf(Silent());
        var gate = new ManualResetEventSlim();
        var watcher = Start(me =>
        {
            me.Context.Watch(victim);
            me.On<string>(_ =>
            {
                gate.Wait(Limit);
                me.Context.Unwatch(victim);
                probe.Ref.Tell("unwatched");
            });
            me.OnAny(message => probe.Ref.Tell(message));
        });
        var other = NewProbe();
        other.Watch(victim);
        watcher.Tell("block");
        Sys.Stop(victim);
        other.ExpectTerminated(victim);
        gate.Set();
        probe.Expect("unwatched");
        watcher.Tell(1);
        probe.Expect(1);
    }

    [Fact]
    public void WatchWith_sends_the_chosen_message()
    {
        var probe = NewProbe();
        var victim = Sys.ActorOf(Silent());
        Start(me =>
        {
            me.Context.WatchWith(victim, "it is dead");
            me.OnAny(message => probe.Ref.Tell(message));
        });
        var ready = NewProbe();
        ready.Watch(victim);
        victim.Tell(PoisonPill.Instance);
        probe.Expect("it is dead");
    }

    [Fact]
    public void An_unhandled_Terminated_ends_the_watcher()
    {
        var probe = NewProbe();
        var victim = Sys.ActorOf(Silent());
        var watcher = Start(me =>
        {
            me.Context.Watch(victim);
            me.On<int>(_ => me.Sender.Tell("ready"));
        });
        probe.Watch(watcher);
        probe.Send(watcher, 1);
        probe.Expect("ready");
        Sys.Stop(victim);
        probe.ExpectTerminated(watcher);
    }

    // Only the parent knows when a name is free: another watcher may hear of the death before the parent does.
    [Fact]
    public void A_parent_that_received_Terminated_can_use_the_name_again_and_references_differ()
    {
        var probe = NewProbe();
        Start(me =>
        {
            var first = me.Context.Watch(me.Context.ActorOf(Silent(), "name"));
            me.Context.Stop(first);
            me.On<Terminated>(terminated => probe.Ref.Tell(
                (terminated.ActorRef, me.Context.ActorOf(Acting.Props(child => child.On<int>(number => child.Sender.Tell(number))), "name"))));
        });
        var (dead, next) = probe.Expect<(IActorRef, IActorRef)>();
        Assert.Equal(dead.Path, next.Path);
        Assert.NotEqual(dead, next);
        probe.Send(dead, 1);
        probe.Send(next, 2);
        probe.Expect(2);
    }

    [Fact]
    public void The_name_of_a_child_is_taken_until_the_child_is_dead()
    {
        var probe = NewProbe();
        Start(me =>
        {
            var first = me.Context.ActorOf(Silent(), "name");
            me.Context.Stop(first);
            probe.Ref.Tell(Record.Exception(() => me.Context.ActorOf(Silent(), "name")));
        });
        Assert.Contains("\"name\" is not unique", probe.Expect<InvalidActorNameException>().Message);
    }

    [Fact]
    public void Messages_to_the_dead_are_dead_letters_unless_they_are_suppressed()
    {
        var letters = NewProbe();
        var suppressed = NewProbe();
        Sys.EventStream.Subscribe(letters.Ref, typeof(DeadLetter));
        Sys.EventStream.Subscribe(suppressed.Ref, typeof(SuppressedDeadLetter));
        var actor = Sys.ActorOf(Silent());
        letters.Watch(actor);
        Sys.Stop(actor);
        letters.ExpectTerminated(actor);
        actor.Tell("late", letters.Ref);
        actor.Tell(PoisonPill.Instance, letters.Ref);
        var letter = letters.Expect<DeadLetter>();
        Assert.Equal("late", letter.Message);
        Assert.Equal(letters.Ref, letter.Sender);
        Assert.Equal(actor, letter.Recipient);
        letters.ExpectNothingMore();
        Assert.IsType<PoisonPill>(suppressed.Expect<SuppressedDeadLetter>().Message);
    }

    [Fact]
    public async Task GracefulStop_is_true_when_the_actor_has_stopped()
    {
        var stopped = false;
        var actor = Sys.ActorOf(Silent(() => Volatile.Write(ref stopped, true)));
        Assert.True(await actor.GracefulStop(Limit));
        Assert.True(stopped);
    }

    [Fact]
    public async Task GracefulStop_is_cancelled_when_the_actor_does_not_stop_in_time()
    {
        var actor = Sys.ActorOf(Silent());
        await Assert.ThrowsAsync<TaskCanceledException>(() => actor.GracefulStop(TimeSpan.FromMilliseconds(50), "not a reason to stop"));
    }

    [Fact]
    public async Task WatchAsync_is_true_when_the_actor_has_died()
    {
        var actor = Sys.ActorOf(Silent());
        var death = actor.WatchAsync();
        Assert.False(death.IsCompleted);
        actor.Tell(PoisonPill.Instance);
        Assert.True(await death.WaitAsync(Limit));
    }

    [Fact]
    public async Task Termination_of_the_system_stops_all_actors_and_runs_callbacks_last_first()
    {
        var order = new List<string>();
        var system = ActorSystem.Create("other", Sys.Settings.Config);
        system.RegisterOnTermination(() => order.Add("first registered"));
        system.RegisterOnTermination(() => order.Add("last registered"));
        system.ActorOf(Silent(() => order.Add("actor")));
        await system.Terminate().WaitAsync(Limit);
        Assert.Equal(["actor", "last registered", "first registered"], order);
        Assert.True(system.WhenTerminated.IsCompletedSuccessfully);
        Assert.Throws<InvalidOperationException>(() => system.ActorOf(Silent()));
    }

    [Fact]
    public void An_actor_that_stops_itself_handles_no_further_message()
    {
        var probe = NewProbe();
        var actor = Start(me => me.On<int>(number =>
        {
            me.Sender.Tell(number);
            me.Context.Stop(me.Self);
        }));
        probe.Watch(actor);
        for (var i = 0; i < 10; i++) probe.Send(actor, i);
        probe.Expect(0);
        probe.ExpectTerminated(actor);
        probe.ExpectNothingMore();
    }
}
