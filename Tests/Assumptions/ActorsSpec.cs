using Akka.Actor;

namespace Mooring.Tests.Assumptions;

/// <summary>What holds for one actor: the order of its messages, its timers, its watches.</summary>
public sealed class ActorsSpec : Akka.TestKit.Xunit2.TestKit
{
    /// <summary>Holds an actor in the middle of a message.</summary>
    private static readonly AutoResetEvent Gate = new(false);

    public ActorsSpec()
        : base("akka { loglevel = OFF, stdout-loglevel = OFF, log-dead-letters = off }")
    {
    }

    [Fact]
    public void A_poison_pill_ends_an_actor_after_what_was_sent_before_and_before_what_was_sent_after()
    {
        var pilled = Sys.ActorOf(Echo.Props(TestActor));
        pilled.Tell("hold");
        ExpectMsg("hold");
        pilled.Tell("one");
        pilled.Tell(PoisonPill.Instance);
        pilled.Tell("two");
        Watch(pilled);
        Gate.Set();
        ExpectMsg("one");
        ExpectTerminated(pilled);
        ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void A_timer_that_was_cancelled_or_belongs_to_an_earlier_incarnation_is_not_heard_even_when_it_waits_in_the_mailbox()
    {
        var timed = Sys.ActorOf(Props.Create(() => new Timed(TestActor)));
        timed.Tell("cancel");
        ExpectMsg("cancelled");
        timed.Tell("restart");
        ExpectMsg("restarted");
        // Whatever had been in the mailbox was before this.
        timed.Tell("last");
        ExpectMsg("last");
    }

    [Fact]
    public void After_unwatch_no_end_is_heard_even_when_it_waits_in_the_mailbox()
    {
        var watched = Sys.ActorOf(Echo.Props(TestActor));
        var watcher = Sys.ActorOf(Props.Create(() => new Unwatcher(watched, TestActor)));
        watcher.Tell("hold");
        ExpectMsg("hold");
        watcher.Tell("unwatch");
        Watch(watched);
        Sys.Stop(watched);
        ExpectTerminated(watched);
        Gate.Set();
        ExpectMsg("unwatched");
        watcher.Tell("last");
        ExpectMsg("last");
    }

    private sealed class Echo : ReceiveActor
    {
        public Echo(IActorRef to)
        {
            Receive<string>(text =>
            {
                to.Tell(text);
                if (text == "hold")
                    Gate.WaitOne();
            });
        }

        public static Props Props(IActorRef to) => Akka.Actor.Props.Create(() => new Echo(to));
    }

    private sealed class Timed : ReceiveActor, IWithTimers
    {
        private readonly IActorRef _to;

        public Timed(IActorRef to)
        {
            _to = to;
            Receive<string>(text => text == "cancel", _ =>
            {
                FireIntoMailbox();
                Timers.Cancel("timer");
                to.Tell("cancelled");
            });
            Receive<string>(text => text == "restart", _ =>
            {
                FireIntoMailbox();
                throw new InvalidOperationException("restart");
            });
            ReceiveAny(to.Tell);
        }

        public ITimerScheduler Timers { get; set; } = null!;

        protected override void PostRestart(Exception reason) => _to.Tell("restarted");

        private void FireIntoMailbox()
        {
            Timers.StartSingleTimer("timer", "fired", TimeSpan.Zero);
            SpinWait.SpinUntil(() => ((ActorCell)Context).NumberOfMessages > 0, TimeSpan.FromSeconds(30));
        }
    }

    private sealed class Unwatcher : ReceiveActor
    {
        public Unwatcher(IActorRef watched, IActorRef to)
        {
            Context.Watch(watched);
            Receive<string>(text => text == "hold", text =>
            {
                to.Tell(text);
                Gate.WaitOne();
            });
            Receive<string>(text => text == "unwatch", _ =>
            {
                Context.Unwatch(watched);
                to.Tell("unwatched");
            });
            // As text: an actor takes no Terminated that was not meant for it.
            ReceiveAny(message => to.Tell($"{message}"));
        }
    }
}
