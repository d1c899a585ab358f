using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;

namespace Mooring.Tests.Engine.ActorSpecs;

public sealed class DispatcherSpec() : ActorSpec(
    """
    own { type = ForkJoinDispatcher, throughput = 3, dedicated-thread-pool { thread-count = 2 } }
    pinned { type = PinnedDispatcher, executor = fork-join-executor }
    tasks { type = TaskDispatcher }
    alias = own
    small-mailbox { mailbox-type = "Akka.Dispatch.BoundedMailbox, Akka", mailbox-capacity = 2, mailbox-push-timeout-time = 0s }
    akka.actor.deployment {
      /configured { dispatcher = own }
      "/parent/*" { dispatcher = pinned }
    }
    """)
{
    private static Props WhichThread() => Acting.Props(me =>
    {
        me.On<string>(_ => me.Sender.Tell(Thread.CurrentThread.Name ?? "pool"));
        me.On<int>(_ => me.Sender.Tell(me.Context.Dispatcher.Id));
    });

    [Fact]
    public async Task Actors_run_where_their_dispatcher_says()
    {
        Assert.StartsWith("own-", await Sys.ActorOf(WhichThread().WithDispatcher("own")).Ask<string>("?", Limit));
        Assert.StartsWith("own-", await Sys.ActorOf(WhichThread().WithDispatcher("alias")).Ask<string>("?", Limit));
        Assert.StartsWith("pinned-", await Sys.ActorOf(WhichThread().WithDispatcher("pinned")).Ask<string>("?", Limit));
        Assert.Equal("tasks", await Sys.ActorOf(WhichThread().WithDispatcher("tasks")).Ask<string>(1, Limit));
        Assert.Equal("akka.actor.default-dispatcher", await Sys.ActorOf(WhichThread()).Ask<string>(1, Limit));
    }

    [Fact]
    public async Task The_deployment_section_chooses_a_dispatcher_by_path()
    {
        Assert.Equal("own", await Sys.ActorOf(WhichThread(), "configured").Ask<string>(1, Limit));
        var parent = Start(me => me.OnAny(message => me.Context.ActorOf(WhichThread(), "child").Forward(message)), "parent");
        Assert.Equal("pinned", await parent.Ask<string>(1, Limit));
    }

    [Fact]
    public void An_unknown_dispatcher_is_a_configuration_error() =>
        Assert.Throws<ConfigurationException>(() => Sys.ActorOf(WhichThread().WithDispatcher("not-there")));

    [Fact]
    public void A_full_bounded_mailbox_makes_dead_letters()
    {
        var letters = NewProbe();
        Sys.EventStream.Subscribe(letters.Ref, typeof(Akka.Event.DeadLetter));
        var gate = new ManualResetEventSlim();
        var started = new ManualResetEventSlim();
        var actor = Sys.ActorOf(Props.Create(() => new Plain(started, gate)).WithMailbox("small-mailbox"));
        actor.Tell(0);
        started.Wait(Limit);
        for (var i = 1; i <= 3; i++) actor.Tell(i);
        Assert.Equal(3, letters.Expect<Akka.Event.DeadLetter>().Message);
        gate.Set();
    }

    [Fact]
    public void An_actor_with_a_stash_gets_a_mailbox_for_it()
    {
        var actor = (LocalActorRef)Start(_ => { });
        Assert.IsAssignableFrom<IUnboundedDequeBasedMessageQueueSemantics>(actor.Cell.Mailbox.MessageQueue);
        var plain = (LocalActorRef)Sys.ActorOf(Props.Create(() => new Plain(null!, null!)));
        Assert.IsType<Akka.Dispatch.MessageQueues.UnboundedMessageQueue>(plain.Cell.Mailbox.MessageQueue);
    }

    [Fact]
    public void A_mailbox_that_does_not_fit_the_actor_is_refused() =>
        Assert.ThrowsAny<Exception>(() => Sys.ActorOf(Acting.Props(_ => { }).WithMailbox("small-mailbox")));

    [Fact]
    public void The_threads_of_a_dispatcher_end_when_nobody_lives_there()
    {
        var probe = NewProbe();
        var thread = new TaskCompletionSource<Thread>();
        var actor = Sys.ActorOf(Acting.Props(me => me.OnPreStart = () => thread.SetResult(Thread.CurrentThread)).WithDispatcher("pinned"));
        probe.Watch(actor);
        Assert.True(thread.Task.Wait(Limit));
        Sys.Stop(actor);
        probe.ExpectTerminated(actor);
        Assert.True(thread.Task.Result.Join(Limit), "the thread did not end");
    }

    private sealed class Plain(ManualResetEventSlim started, ManualResetEventSlim gate) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            started.Set();
            gate.Wait(Limit);
        }
    }
}
