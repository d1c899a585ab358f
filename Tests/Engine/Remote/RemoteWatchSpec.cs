using Akka.Actor;
using Akka.Remote;
using Xunit.Abstractions;

namespace Mooring.Tests.Engine.Remote;

/// <summary>Death watch across systems. Silence is tolerated for long: what is heard here is not heard by the failure detector.</summary>
public sealed class RemoteWatchSpec(ITestOutputHelper output) : RemotingTestKit(output, """
    akka.remote.watch-failure-detector {
      heartbeat-interval = 100 ms
      acceptable-heartbeat-pause = 1 h
      unreachable-nodes-reaper-interval = 100 ms
      expected-response-after = 100 ms
    }
    """)
{
    [Fact]
    public async Task A_watcher_hears_that_a_remote_actor_stopped()
    {
        var right = Another();
        var watched = SeenFromLeft(right, right.ActorOf(Props.Create<Echo>()));
        Watch(watched);
        Assert.Equal(1, await watched.Ask<int>(1, Limit));

        watched.Tell(PoisonPill.Instance);

        var terminated = ExpectTerminated(watched, Limit);
        Assert.True(terminated.ExistenceConfirmed);
        Assert.False(terminated.AddressTerminated);
    }

    [Fact]
    public void A_watcher_of_an_actor_that_is_not_there_hears_so()
    {
        var right = Another();
        var gone = right.ActorOf(Props.Create<Echo>());
        var seen = SeenFromLeft(right, gone);
        right.Stop(gone);

        Watch(seen);

        ExpectTerminated(seen, Limit);
    }

    [Fact]
    public void What_an_actor_sent_before_it_stopped_comes_before_the_notice()
    {
        var right = Another();
        var talker = right.ActorOf(Props.Create<Talker>());
        var seen = SeenFromLeft(right, talker);
        Watch(seen);

        seen.Tell("talk", TestActor);

        for (var i = 0; i < 100; i++)
            ExpectMsg(i, Limit);
        ExpectTerminated(seen, Limit);
    }

    [Fact]
    public async Task A_watcher_hears_at_once_that_the_process_of_a_remote_actor_is_gone()
    {
        var right = Another();
        var watched = SeenFromLeft(right, right.ActorOf(Props.Create<Echo>()));
        Watch(watched);
        Assert.Equal(1, await watched.Ask<int>(1, Limit));

        Crash(right);

        Assert.True(ExpectTerminated(watched, Limit).AddressTerminated);
    }

    [Fact]
    public async Task An_unwatched_actor_may_stop_unheard()
    {
        var right = Another();
        var watched = SeenFromLeft(right, right.ActorOf(Props.Create<Echo>()));
        Watch(watched);
        Unwatch(watched);
        Assert.Equal(1, await watched.Ask<int>(1, Limit));

        watched.Tell(PoisonPill.Instance);

        ExpectNoMsg(TimeSpan.FromMilliseconds(200));
    }

    [Fact]
    public async Task A_watch_survives_the_loss_of_the_connection()
    {
        var right = Another();
        var actor = right.ActorOf(Props.Create<Echo>());
        var watched = SeenFromLeft(right, actor);
        Watch(watched);
        Assert.Equal(1, await watched.Ask<int>(1, Limit));

        AssociationWith(right).BreakConnection();
        right.Stop(actor);

        ExpectTerminated(watched, Limit);
    }

    [Fact]
    public async Task A_watcher_hears_of_the_end_when_a_system_terminates()
    {
        var right = Another();
        var watched = SeenFromLeft(right, right.ActorOf(Props.Create<Echo>()));
        Watch(watched);
        Assert.Equal(1, await watched.Ask<int>(1, Limit));

        await right.Terminate().WaitAsync(Limit);

        ExpectTerminated(watched, Limit);
    }

    [Fact]
    public async Task The_watcher_counts_who_watches()
    {
        var right = Another();
        var watched = SeenFromLeft(right, right.ActorOf(Props.Create<Echo>()));
        Watch(watched);
        Assert.Equal(1, await watched.Ask<int>(1, Limit));
        var watcher = Sys.ActorSelection("/system/remote-watcher");

        await AwaitAssertAsync(async () => Assert.Equal(RemoteWatcher.Stats.Counts(1, 1), await watcher.Ask<RemoteWatcher.Stats>(RemoteWatcher.Stats.Empty, Limit)), Limit);
        Unwatch(watched);
        await AwaitAssertAsync(async () => Assert.Equal(RemoteWatcher.Stats.Empty, await watcher.Ask<RemoteWatcher.Stats>(RemoteWatcher.Stats.Empty, Limit)), Limit);
    }

    public sealed class Talker : ReceiveActor
    {
        public Talker() => ReceiveAny(_ =>
        {
            for (var i = 0; i < 100; i++)
                Sender.Tell(i);
            Context.Stop(Self);
        });
    }
}
