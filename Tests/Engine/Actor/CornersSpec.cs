using Akka.Actor;
using Akka.Event;

namespace Mooring.Tests.Engine.ActorSpecs;

/// <summary>Where two rules meet: stopping and asynchronous work, restarting and what waits, stashing and changing behaviours.</summary>
public sealed class CornersSpec : ActorSpec
{
    [Fact]
    public void What_a_stopped_actor_had_piped_to_another_one_arrives_with_the_stopped_one_as_its_sender()
    {
        var (probe, watcher) = (NewProbe(), NewProbe());
        var work = new TaskCompletionSource<string>();
        var actor = Start(me => me.On<string>(_ =>
        {
            var self = me.Self;
            work.Task.PipeTo(probe.Ref, self);
            me.Context.Stop(self);
        }));
        watcher.Watch(actor);
        actor.Tell("go");
        watcher.ExpectTerminated(actor);
        work.SetResult("result");

        probe.Expect("result");
        Assert.Equal(actor, probe.LastSender);
    }

    [Fact]
    public void What_a_stopped_actor_had_piped_to_itself_is_a_dead_letter_and_not_for_its_successor()
    {
        var (letters, probe) = (NewProbe(), NewProbe());
        Sys.EventStream.Subscribe(letters.Ref, typeof(DeadLetter));
        var work = new TaskCompletionSource<string>();
        // the parent's Terminated is what frees the name
        var parent = Start(me =>
        {
            me.On<Props>(props => probe.Ref.Tell(me.Context.Watch(me.Context.ActorOf(props, "worker"))));
            me.On<Terminated>(terminated => probe.Ref.Tell(terminated.ActorRef));
        });
        parent.Tell(Acting.Props(me => me.On<string>(_ =>
        {
            var self = me.Self;
            work.Task.PipeTo(self);
            me.Context.Stop(self);
        })));
        var actor = probe.Expect<IActorRef>();
        actor.Tell("go");
        Assert.Equal(actor, probe.Expect<IActorRef>());
        parent.Tell(Acting.Props(me => me.OnAny(message => probe.Ref.Tell(message))));
        var successor = probe.Expect<IActorRef>();
        work.SetResult("result");

        Assert.Equal("result", letters.Expect<DeadLetter>().Message);
        successor.Tell("own");
        probe.Expect("own");
    }

    [Fact]
    public void What_an_actor_had_piped_to_itself_reaches_its_next_incarnation_after_a_restart()
    {
        var probe = NewProbe();
        var work = new TaskCompletionSource<int>();
        var incarnation = 0;
        var actor = Start(me =>
        {
            var mine = ++incarnation;
            me.On<string>(text =>
            {
                if (text == "fail")
                    throw new InvalidOperationException("restart");
                work.Task.PipeTo(me.Self);
                me.Sender.Tell("begun");
            });
            me.On<int>(number => probe.Ref.Tell((mine, number)));
        });
        probe.Send(actor, "work");
        probe.Expect("begun");
        actor.Tell("fail");
        probe.Send(actor, "work");
        probe.Expect("begun");
        work.SetResult(7);

        probe.Expect((2, 7), (2, 7));
    }

    [Fact]
    public void A_restart_keeps_the_mailbox_in_order_behind_what_was_stashed_and_drops_only_the_message_that_failed()
    {
        var probe = NewProbe();
        var (failing, queued) = (new ManualResetEventSlim(), new ManualResetEventSlim());
        var incarnation = 0;
        var actor = Start(me =>
        {
            var mine = ++incarnation;
            me.On<int>(number =>
            {
                if (mine == 1)
                    me.Stash.Stash();
                else
                    probe.Ref.Tell(number);
            });
            me.On<string>(_ =>
            {
                failing.Set();
                Assert.True(queued.Wait(Limit), "the rest was not queued within the limit");
                throw new InvalidOperationException("restart");
            });
        });
        actor.Tell(1);
        actor.Tell(2);
        actor.Tell("fail");
        Assert.True(failing.Wait(Limit), "the failing message did not come within the limit");
        actor.Tell(3);
        actor.Tell(4);
        queued.Set();

        probe.Expect(1, 2, 3, 4);
        probe.ExpectNothingMore();
        Assert.Equal(2, incarnation);
    }

    [Fact]
    public void What_is_unstashed_goes_to_the_behaviour_that_is_current_when_its_turn_comes()
    {
        var probe = NewProbe();
        var actor = Start(me =>
        {
            me.On<int>(_ => me.Stash.Stash());
            me.On<string>(_ =>
            {
                me.Stash.UnstashAll();
                me.BecomeStacked(() => me.On<int>(number =>
                {
                    probe.Ref.Tell(("above", number));
                    if (number == 2)
                        me.UnbecomeStacked();
                }));
            });
            me.On<char>(_ =>
            {
                me.Stash.UnstashAll();
                me.Become(() => me.On<int>(number => probe.Ref.Tell(("last", number))));
            });
        });
        for (var number = 1; number <= 3; number++)
            actor.Tell(number);
        actor.Tell("open");
        actor.Tell(4);
        actor.Tell('c');

        probe.Expect(("above", 1), ("above", 2), ("last", 3), ("last", 4));
    }
}
