using Akka.Actor;
using Akka.Cluster;
using Akka.Remote;

namespace Mooring.Tests.Assumptions;

/// <summary>Who is a member, who learns of a removal, and what the removed one learns.</summary>
public sealed class MembershipSpec : IAsyncLifetime
{
    /// <summary>A node that never suspects anybody.</summary>
    private const string Trusting = "akka.cluster.failure-detector.acceptable-heartbeat-pause = 1h";

    private IReadOnlyList<ClusterNode> _nodes = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
        SwitchedFailureDetector.Suspects = false;
    }

    [Fact]
    public async Task Who_watches_an_actor_hears_of_its_end_when_its_node_is_removed()
    {
        _nodes = await ClusterNode.FormAsync(3);
        _nodes[2].System.ActorOf(Props.Create(() => new Nobody()), "watched");
        var watched = await _nodes[0].System.ActorSelection(new RootActorPath(_nodes[2].Address) / "user" / "watched").ResolveOne(ClusterNode.Limit);
        var heard = new Occurrences<Terminated>("the watcher");
        var watching = new TaskCompletionSource();
        _nodes[0].System.ActorOf(Props.Create(() => new Watcher(watched, heard, watching)));
        await watching.Task.WaitAsync(ClusterNode.Limit);

        await _nodes[2].CutFrom(_nodes[0], _nodes[1]);

        var ended = await heard.First(_ => true, nameof(Terminated), ClusterNode.Limit);
        Assert.True(ended.AddressTerminated);
        await _nodes[0].Sees<ClusterEvent.MemberRemoved>(_nodes[2].Address);
    }

    [Fact]
    public async Task Down_removes_only_who_is_also_unreachable_and_the_configured_detector_and_provider_say_who_that_is()
    {
        _nodes = await ClusterNode.FormAsync(3, $$"""
            akka.cluster {
              failure-detector.implementation-class = "{{typeof(SwitchedFailureDetector).AssemblyQualifiedName}}"
              downing-provider-class = "{{typeof(HandDowning).AssemblyQualifiedName}}"
            }
            """);
        await _nodes[2].CutFrom(_nodes[0], _nodes[1]);
        var downing = await _nodes[0].System.ActorSelection($"/system/cluster/core/daemon/{HandDowning.ActorName}").ResolveOne(ClusterNode.Limit);

        downing.Tell(_nodes[2].Address);
        await _nodes[1].Sees<ClusterEvent.MemberDowned>(_nodes[2].Address);
        // The leader acts, which is when it would remove: it takes another member in.
        await using var fourth = ClusterNode.Start();
        fourth.Cluster.Join(_nodes[0].Address);
        await _nodes[0].Sees<ClusterEvent.MemberUp>(fourth.Address);
        Assert.False(_nodes[0].HasSeen<ClusterEvent.MemberRemoved>(_nodes[2].Address));
        Assert.False(_nodes[0].HasSeen<ClusterEvent.UnreachableMember>(_nodes[2].Address));

        SwitchedFailureDetector.Suspects = true;
        await _nodes[0].Sees<ClusterEvent.MemberRemoved>(_nodes[2].Address);
        await _nodes[1].Sees<ClusterEvent.MemberRemoved>(_nodes[2].Address);
    }

    [Fact]
    public async Task A_partition_ends_the_smaller_side_and_the_larger_one_goes_on()
    {
        _nodes = await ClusterNode.FormAsync(3);

        await _nodes[0].CutFrom(_nodes[1], _nodes[2]);

        // The cluster extension of the smaller side shuts down, and run-coordinated-shutdown-when-down ends its actor system.
        await _nodes[0].System.WhenTerminated.WaitAsync(ClusterNode.Limit);
        await _nodes[1].Sees<ClusterEvent.MemberRemoved>(_nodes[0].Address);
        await _nodes[2].Sees<ClusterEvent.MemberRemoved>(_nodes[0].Address);
        Assert.False(_nodes[1].HasSeen<ClusterEvent.UnreachableMember>(_nodes[2].Address));
        Assert.False(_nodes[1].System.WhenTerminated.IsCompleted);
        Assert.False(_nodes[2].System.WhenTerminated.IsCompleted);
    }

    [Fact]
    public async Task Who_was_removed_while_it_slept_is_told_by_remoting_alone_and_counts_itself_in()
    {
        _nodes = await ClusterNode.FormAsync(2);
        // One thread for each dispatcher but remoting's: while those are held, the node is as silent as one that is stopped.
        await using var sleeper = ClusterNode.Start($$"""
            {{Trusting}}
            akka.actor {
              default-dispatcher { executor = fork-join-executor, fork-join-executor { parallelism-min = 1, parallelism-max = 1 } }
              internal-dispatcher { executor = fork-join-executor, fork-join-executor { parallelism-min = 1, parallelism-max = 1 } }
            }
            """);
        sleeper.Cluster.Join(_nodes[0].Address);
        await ClusterNode.AllSeeUp(_nodes[0], _nodes[1], sleeper);
        var told = new Occurrences<ThisActorSystemQuarantinedEvent>("the sleeper");
        sleeper.System.EventStream.Subscribe(sleeper.System.ActorOf(Props.Create(() => new Listener(told))), typeof(ThisActorSystemQuarantinedEvent));

        using var sleep = new Sleep();
        foreach (var dispatcher in (string[])["internal", "default"])
            sleeper.System.ActorOf(Props.Create(() => new Sleeping(sleep)).WithDispatcher($"akka.actor.{dispatcher}-dispatcher"));
        await _nodes[0].Sees<ClusterEvent.MemberRemoved>(sleeper.Address);
        await _nodes[1].Sees<ClusterEvent.MemberRemoved>(sleeper.Address);
        sleep.Dispose();

        await told.First(_ => true, nameof(ThisActorSystemQuarantinedEvent), ClusterNode.Limit);
        var status = await sleeper.System.ActorOf(Props.Create(() => new Self())).Ask<MemberStatus>("?", ClusterNode.Limit);
        Assert.Equal(MemberStatus.Up, status);
        Assert.False(sleeper.System.WhenTerminated.IsCompleted);
    }

    [Fact]
    public async Task A_new_incarnation_under_the_same_address_replaces_the_old_one_before_anybody_suspects_that()
    {
        _nodes = await ClusterNode.FormAsync(3, Trusting);
        var (address, before) = (_nodes[2].Address, _nodes[2].Cluster.SelfUniqueAddress);
        await _nodes[2].Crash();
        Assert.Contains(_nodes[0].Cluster.State.Members, m => m.UniqueAddress == before);

        await using var again = ClusterNode.Start(Trusting, address.Port!.Value);
        again.Cluster.JoinSeedNodes([_nodes[0].Address]);
        await again.Sees<ClusterEvent.MemberUp>(address);

        await _nodes[0].Sees<ClusterEvent.MemberRemoved>(address);
        Assert.NotEqual(before, again.Cluster.SelfUniqueAddress);
        Assert.DoesNotContain(_nodes[0].Cluster.State.Members, m => m.UniqueAddress == before);
    }

    private sealed class Nobody : ReceiveActor;

    private sealed class Watcher : ReceiveActor
    {
        public Watcher(IActorRef watched, Occurrences<Terminated> heard, TaskCompletionSource watching)
        {
            Receive<Terminated>(heard.Add);
            Context.Watch(watched);
            watching.SetResult();
        }
    }

    private sealed class Sleep : IDisposable
    {
        private readonly TaskCompletionSource _awake = new();

        public void Await() => _awake.Task.Wait();

        public void Dispose() => _awake.TrySetResult();
    }

    private sealed class Sleeping : ReceiveActor
    {
        public Sleeping(Sleep sleep) => sleep.Await();
    }

    /// <summary>Asks the cluster's own actors, and so has waited for what they had to do before.</summary>
    private sealed class Self : ReceiveActor
    {
        public Self()
        {
            IActorRef asker = ActorRefs.Nobody;
            var cluster = Cluster.Get(Context.System);
            Receive<string>(_ =>
            {
                asker = Sender;
                cluster.SendCurrentClusterState(base.Self);
            });
            Receive<ClusterEvent.CurrentClusterState>(state => asker.Tell(state.Members.Single(m => m.UniqueAddress == cluster.SelfUniqueAddress).Status));
        }
    }

    private sealed class Listener : ReceiveActor
    {
        public Listener(Occurrences<ThisActorSystemQuarantinedEvent> told) => Receive<ThisActorSystemQuarantinedEvent>(told.Add);
    }
}
