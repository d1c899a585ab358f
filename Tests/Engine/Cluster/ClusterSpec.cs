using Akka.Actor;
using Akka.Cluster;
using Mooring.Tests.Engine.ClusterToolsSpecs;

namespace Mooring.Tests.Engine.ClusterSpecs;

[CollectionDefinition(nameof(ClusterCollection), DisableParallelization = true)]
public sealed class ClusterCollection;

/// <summary>Several actor systems in this process on loopback TCP.</summary>
[Collection(nameof(ClusterCollection))]
public sealed class ClusterSpec : IAsyncLifetime
{
    private readonly List<ClusterNode> _nodes = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
    }

    [Fact]
    public async Task A_node_that_joins_itself_is_up_and_leads()
    {
        var node = Start();
        await node.Cluster.JoinAsync(node.Address).WaitAsync(ClusterNode.Limit);
        Assert.True(node.Cluster.IsUp);
        await node.Sees<ClusterEvent.LeaderChanged>(node.Address);
        Assert.Equal(node.Address, node.Cluster.State.Leader);
        Assert.Equal(["MemberJoined", "MemberUp"], MemberEvents(node));
        Assert.Equal(MemberStatus.Up, node.Cluster.SelfMember.Status);
    }

    [Fact]
    public async Task Members_are_as_old_as_they_joined_and_all_agree()
    {
        var nodes = await StartCluster(3);
        foreach (var node in nodes)
        {
            Assert.Equal(nodes.Select(n => n.Address), node.Cluster.State.Members.Order(Member.AgeOrdering).Select(m => m.Address));
            Assert.Equal(nodes.Select(n => n.Address).Order(Member.AddressOrdering), node.Cluster.State.Members.Select(m => m.Address));
            Assert.Empty(node.Cluster.State.Unreachable);
        }
    }

    [Fact]
    public async Task Three_nodes_started_together_form_one_cluster()
    {
        var (first, second, third) = (Start(), Start(), Start());
        Address[] seeds = [first.Address, second.Address, third.Address];
        foreach (var node in _nodes) node.Cluster.JoinSeedNodes(seeds);
        await ClusterNode.AllSeeUp(first, second, third);
        Assert.All(_nodes, n => Assert.Equal(3, n.Cluster.State.Members.Count));
    }

    [Fact]
    public async Task The_first_seed_node_joins_what_it_left_behind_instead_of_beginning_another_cluster()
    {
        var nodes = await StartCluster(3);
        var address = nodes[0].Address;
        Address[] seeds = [address, nodes[1].Address, nodes[2].Address];
        await nodes[0].Crash();
        var reborn = Start(port: address.Port!.Value);
        reborn.Cluster.JoinSeedNodes(seeds);
        await reborn.Sees<ClusterEvent.MemberUp>(address);
        foreach (var node in new[] { reborn, nodes[1], nodes[2] })
            await node.Sees<ClusterEvent.MemberUp>(e => e.Member.UniqueAddress == reborn.Cluster.SelfUniqueAddress, "of the new incarnation");
        Assert.Equal(3, reborn.Cluster.State.Members.Count);
        Assert.Equal(reborn.Cluster.SelfUniqueAddress, reborn.Cluster.State.Members.Max(Member.AgeOrdering)!.UniqueAddress);
    }

    // The failure detectors would take an hour: it is the refused connection that tells.
    [Fact]
    public async Task A_crashed_node_is_unreachable_at_once_and_removed()
    {
        var nodes = await StartCluster(3, "akka.cluster.failure-detector { acceptable-heartbeat-pause = 1h, expected-response-after = 1h }");
        var crashed = nodes[0].Address;
        await nodes[0].Crash();
        await Task.WhenAll(nodes[1..].Select(n => n.Sees<ClusterEvent.UnreachableMember>(crashed)));
        await Task.WhenAll(nodes[1..].Select(n => n.Sees<ClusterEvent.MemberRemoved>(crashed)));
        foreach (var node in nodes[1..])
        {
            Assert.Equal(2, node.Cluster.State.Members.Count);
            Assert.Equal(MemberStatus.Down, (await node.Sees<ClusterEvent.MemberRemoved>(crashed)).PreviousStatus);
            Assert.Equal(["UnreachableMember", "MemberDowned", "MemberRemoved"],
                node.Events.Where(e => About(e, crashed)).Select(e => e.GetType().Name).Where(n => n is not ("MemberJoined" or "MemberUp" or "LeaderChanged")));
        }
    }

    [Fact]
    public async Task Death_watch_ends_with_the_removal_of_the_member()
    {
        var nodes = await StartCluster(3);
        var target = nodes[2].System.ActorOf(Props.Create(() => new Silent()), "target");
        var terminated = new TaskCompletionSource<Terminated>(TaskCreationOptions.RunContinuationsAsynchronously);
        var found = await nodes[0].System.ActorSelection(nodes[2].Cluster.RemotePathOf(target)).ResolveOne(ClusterNode.Limit);
        var watching = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        nodes[0].System.ActorOf(Props.Create(() => new Watcher(found, watching, terminated)));
        await watching.Task.WaitAsync(ClusterNode.Limit);
        await nodes[2].Crash();
        var message = await terminated.Task.WaitAsync(ClusterNode.Limit);
        Assert.Equal(found, message.ActorRef);
        Assert.True(nodes[0].HasSeen<ClusterEvent.UnreachableMember>(nodes[2].Address));
        await nodes[0].Sees<ClusterEvent.MemberRemoved>(nodes[2].Address);
    }

    [Fact]
    public async Task A_leaving_node_goes_through_exiting_and_ends_its_actor_system()
    {
        var nodes = await StartCluster(3);
        var left = nodes[1].Address;
        await nodes[1].Cluster.LeaveAsync().WaitAsync(ClusterNode.Limit);
        foreach (var node in new[] { nodes[0], nodes[2] })
        {
            var removed = await node.Sees<ClusterEvent.MemberRemoved>(left);
            Assert.Equal(MemberStatus.Exiting, removed.PreviousStatus);
            Assert.Equal(["MemberJoined", "MemberUp", "MemberLeft", "MemberExited", "MemberRemoved"],
                node.Events.OfType<ClusterEvent.IMemberEvent>().Where(e => e.Member.Address == left).Select(e => e.GetType().Name)
                    .SkipWhile(n => n is not "MemberUp").Prepend("MemberJoined"));
            Assert.False(node.HasSeen<ClusterEvent.MemberDowned>(left));
        }
        await nodes[1].System.WhenTerminated.WaitAsync(ClusterNode.Limit);
    }

    [Fact]
    public async Task The_leader_can_leave_too()
    {
        var nodes = await StartCluster(3);
        var leader = nodes.Single(n => n.Address == nodes[0].Cluster.State.Leader);
        var others = nodes.Where(n => n != leader).ToList();
        leader.Cluster.Leave(leader.Address);
        foreach (var node in others)
        {
            Assert.Equal(MemberStatus.Exiting, (await node.Sees<ClusterEvent.MemberRemoved>(leader.Address)).PreviousStatus);
            Assert.Contains(node.Cluster.State.Leader, others.Select(n => n.Address));
        }
        await leader.System.WhenTerminated.WaitAsync(ClusterNode.Limit);
    }

    [Fact]
    public async Task Terminating_an_actor_system_leaves_gracefully()
    {
        var nodes = await StartCluster(2);
        await nodes[1].System.Terminate().WaitAsync(ClusterNode.Limit);
        Assert.Equal(MemberStatus.Exiting, (await nodes[0].Sees<ClusterEvent.MemberRemoved>(nodes[1].Address)).PreviousStatus);
    }

    [Fact]
    public async Task The_last_node_can_leave()
    {
        var node = (await StartCluster(1))[0];
        await node.System.Terminate().WaitAsync(ClusterNode.Limit);
        Assert.True(node.Cluster.IsTerminated);
    }

    [Fact]
    public async Task A_downed_node_shuts_down_and_the_others_go_on()
    {
        var nodes = await StartCluster(3);
        var downed = nodes[2].Address;
        nodes[0].Cluster.Down(downed);
        await nodes[2].System.WhenTerminated.WaitAsync(ClusterNode.Limit);
        Assert.True(nodes[2].Cluster.IsTerminated);
        foreach (var node in nodes[..2]) Assert.Equal(MemberStatus.Down, (await node.Sees<ClusterEvent.MemberRemoved>(downed)).PreviousStatus);
    }

    [Fact]
    public async Task A_node_restarted_before_its_end_was_noticed_replaces_its_old_incarnation()
    {
        // Nobody is downed automatically here: only the new incarnation shows that the old one is gone.
        const string NoDowning = "akka.cluster.downing-provider-class = \"\"";
        var nodes = await StartCluster(3, NoDowning);
        var old = nodes[2].Cluster.SelfUniqueAddress;
        await nodes[2].Crash();
        var reborn = Start(NoDowning, old.Address.Port!.Value);
        Assert.NotEqual(old, reborn.Cluster.SelfUniqueAddress);
        await reborn.Cluster.JoinAsync(nodes[1].Address).WaitAsync(ClusterNode.Limit);
        foreach (var node in nodes[..2])
        {
            await node.Sees<ClusterEvent.MemberRemoved>(e => e.Member.UniqueAddress == old, "of the old incarnation");
            await node.Sees<ClusterEvent.MemberUp>(e => e.Member.UniqueAddress == reborn.Cluster.SelfUniqueAddress, "of the new incarnation");
            Assert.Equal(3, node.Cluster.State.Members.Count);
        }
    }

    [Fact]
    public async Task A_node_that_has_left_joins_again_under_its_address_as_another_and_younger_member()
    {
        var nodes = await StartCluster(3);
        var old = nodes[0].Cluster.SelfUniqueAddress;
        await nodes[0].Cluster.LeaveAsync().WaitAsync(ClusterNode.Limit);
        await nodes[0].System.WhenTerminated.WaitAsync(ClusterNode.Limit);
        var again = Start(port: old.Address.Port!.Value);
        await again.Cluster.JoinAsync(nodes[1].Address).WaitAsync(ClusterNode.Limit);
        foreach (var node in nodes[1..])
        {
            var removed = await node.Sees<ClusterEvent.MemberRemoved>(e => e.Member.UniqueAddress == old, "of the one that left");
            Assert.Equal(MemberStatus.Exiting, removed.PreviousStatus);
            var up = await node.Sees<ClusterEvent.MemberUp>(e => e.Member.UniqueAddress == again.Cluster.SelfUniqueAddress, "of the one that came back");
            Assert.All(node.Cluster.State.Members.Where(m => m.UniqueAddress != up.Member.UniqueAddress), m => Assert.True(m.IsOlderThan(up.Member)));
        }
    }

    [Fact]
    public async Task Eight_nodes_come_together_and_survive_two_crashes_and_a_leave_at_the_same_time()
    {
        for (var i = 0; i < 8; i++) Start();
        Address[] seeds = [_nodes[0].Address, _nodes[1].Address];
        foreach (var node in _nodes) node.Cluster.JoinSeedNodes(seeds);
        await ClusterNode.AllSeeUp([.. _nodes]);

        var (left, survivors) = (_nodes[4], _nodes.Where((_, i) => i is not (0 or 3 or 4)).ToList());
        left.Cluster.Leave(left.Address);
        await Task.WhenAll(_nodes[0].Crash(), _nodes[3].Crash());
        foreach (var node in survivors)
        {
            foreach (var gone in new[] { _nodes[0], _nodes[3], left }) await node.Sees<ClusterEvent.MemberRemoved>(gone.Address);
            Assert.Equal(survivors.Select(n => n.Address).Order(Member.AddressOrdering), node.Cluster.State.Members.Select(m => m.Address));
            Assert.Empty(node.Cluster.State.Unreachable);
        }
        Assert.Single(survivors.Select(n => n.Cluster.State.Leader).Distinct());
    }

    [Fact]
    public async Task With_lease_majority_the_survivors_ask_for_the_lease_first()
    {
        const string LeaseMajority = """
            akka.cluster.split-brain-resolver {
              active-strategy = lease-majority
              lease-majority { lease-implementation = sbr-lease, release-after = 100ms }
            }
            sbr-lease {
              lease-class = "Mooring.Tests.Engine.ClusterToolsSpecs.TestLease, Mooring.Tests.Engine"
              heartbeat-interval = 1s
              heartbeat-timeout = 10s
            }
            """;
        TestLease.Reset();
        var nodes = await StartCluster(3, LeaseMajority);
        await nodes[2].Crash();
        foreach (var node in nodes[..2]) await node.Sees<ClusterEvent.MemberRemoved>(nodes[2].Address);
        var leader = nodes[..2].Single(n => n.Address == nodes[0].Cluster.State.Leader).Address.HostPort();
        await TestLease.WaitFor(events => events.SequenceEqual([$"granted {leader}", $"released {leader}"]));
    }

    [Fact]
    public async Task With_lease_majority_who_is_refused_downs_itself()
    {
        const string LeaseMajority = """
            akka.cluster.split-brain-resolver { active-strategy = lease-majority, lease-majority.lease-implementation = sbr-lease }
            sbr-lease.lease-class = "Mooring.Tests.Engine.ClusterToolsSpecs.TestLease, Mooring.Tests.Engine"
            """;
        TestLease.Reset();
        TestLease.Grant = _ => false;
        var nodes = await StartCluster(3, LeaseMajority);
        await nodes[2].Crash();
        foreach (var node in nodes[..2])
        {
            await node.System.WhenTerminated.WaitAsync(ClusterNode.Limit);
            Assert.False(node.HasSeen<ClusterEvent.MemberDowned>(nodes[2].Address));
        }
    }

    [Fact]
    public async Task Members_wait_until_there_are_enough()
    {
        const string Three = "akka.cluster.min-nr-of-members = 3";
        var (first, second) = (Start(Three), Start(Three));
        first.Cluster.Join(first.Address);
        second.Cluster.Join(first.Address);
        await first.Sees<ClusterEvent.MemberJoined>(second.Address);
        Assert.False(first.HasSeen<ClusterEvent.MemberUp>(first.Address));
        var third = Start(Three);
        third.Cluster.Join(first.Address);
        await ClusterNode.AllSeeUp(first, second, third);
    }

    [Fact]
    public async Task Roles_have_leaders_and_are_known_to_all()
    {
        var storage = Start("akka.cluster.roles = [storage]");
        var other = Start("akka.cluster.roles = [vip, storage]");
        storage.Cluster.Join(storage.Address);
        other.Cluster.Join(storage.Address);
        await ClusterNode.AllSeeUp(storage, other);
        await storage.Sees<ClusterEvent.RoleLeaderChanged>(e => e.Role == "vip" && e.Leader == other.Address, "for vip");
        Assert.Equal(other.Address, storage.Cluster.State.RoleLeader("vip"));
        Assert.Equal(["storage", "vip"], storage.Cluster.State.AllRoles.Order());
        Assert.Equal(["storage"], other.Cluster.State.Members.Single(m => m.Address == storage.Address).Roles);
    }

    [Fact]
    public async Task A_joining_member_becomes_weakly_up_while_another_is_unreachable()
    {
        const string WeaklyUp = "akka.cluster { allow-weakly-up-members = 300ms, downing-provider-class = \"\" }";
        var nodes = await StartCluster(3, WeaklyUp);
        await nodes[2].Crash();
        await nodes[0].Sees<ClusterEvent.UnreachableMember>(nodes[2].Address);
        await nodes[1].Sees<ClusterEvent.UnreachableMember>(nodes[2].Address);
        var late = Start(WeaklyUp);
        late.Cluster.Join(nodes[0].Address);
        await nodes[1].Sees<ClusterEvent.MemberWeaklyUp>(late.Address);
        Assert.False(nodes[1].HasSeen<ClusterEvent.MemberUp>(late.Address));
        nodes[0].Cluster.Down(nodes[2].Address);
        await nodes[1].Sees<ClusterEvent.MemberUp>(late.Address);
    }

    [Fact]
    public async Task Callbacks_run_when_this_node_is_up_and_when_it_is_gone()
    {
        var node = Start();
        var up = new TaskCompletionSource();
        var removed = new TaskCompletionSource();
        node.Cluster.RegisterOnMemberUp(() => up.TrySetResult());
        node.Cluster.RegisterOnMemberRemoved(() => removed.TrySetResult());
        node.Cluster.Join(node.Address);
        await up.Task.WaitAsync(ClusterNode.Limit);
        Assert.False(removed.Task.IsCompleted);
        var late = new TaskCompletionSource();
        node.Cluster.RegisterOnMemberUp(() => late.TrySetResult());
        await late.Task.WaitAsync(ClusterNode.Limit);
        node.Cluster.Leave(node.Address);
        await removed.Task.WaitAsync(ClusterNode.Limit);
        await node.System.WhenTerminated.WaitAsync(ClusterNode.Limit);
        var after = false;
        node.Cluster.RegisterOnMemberRemoved(() => after = true);
        Assert.True(after);
    }

    [Fact]
    public async Task Joining_fails_when_the_cluster_part_stops()
    {
        var node = Start();
        var nowhere = new Address("akka.tcp", ClusterNode.SystemName, "127.0.0.1", 1);
        var joining = node.Cluster.JoinAsync(nowhere);
        await node.System.Terminate().WaitAsync(ClusterNode.Limit);
        await Assert.ThrowsAsync<ClusterJoinFailedException>(() => joining.WaitAsync(ClusterNode.Limit));
        await Assert.ThrowsAsync<ClusterJoinFailedException>(() => node.Cluster.JoinAsync(node.Address));
    }

    private ClusterNode Start(string settings = "", int port = 0)
    {
        var node = ClusterNode.Start(settings, port);
        _nodes.Add(node);
        return node;
    }

    private async Task<List<ClusterNode>> StartCluster(int size, string settings = "")
    {
        var nodes = new List<ClusterNode>();
        for (var i = 0; i < size; i++)
        {
            nodes.Add(Start(settings));
            nodes[i].Cluster.Join(nodes[0].Address);
            await ClusterNode.AllSeeUp([.. nodes]);
        }
        return nodes;
    }

    private static IEnumerable<string> MemberEvents(ClusterNode node) => node.Events.OfType<ClusterEvent.IMemberEvent>().Select(e => e.GetType().Name);

    private static bool About(ClusterEvent.IClusterDomainEvent e, Address address) => e switch
    {
        ClusterEvent.IMemberEvent m => m.Member.Address == address,
        ClusterEvent.ReachabilityEvent r => r.Member.Address == address,
        _ => false,
    };

    private sealed class Silent : ReceiveActor;

    private sealed class Watcher : ReceiveActor
    {
        public Watcher(IActorRef target, TaskCompletionSource watching, TaskCompletionSource<Terminated> terminated)
        {
            Context.Watch(target);
            Receive<Terminated>(t => terminated.TrySetResult(t));
            // An answer from the other node shows that the watch, sent before, has arrived there.
            target.Tell(new Identify(1), Self);
            Receive<ActorIdentity>(_ => watching.TrySetResult());
        }
    }
}
