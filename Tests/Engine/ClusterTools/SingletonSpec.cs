using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Tools.Singleton;
using Akka.Coordination;
using Mooring.Tests.Engine.ClusterSpecs;

namespace Mooring.Tests.Engine.ClusterToolsSpecs;

/// <summary>A singleton on three nodes of this process; each instance notes when it starts and stops.</summary>
[Collection(nameof(ClusterCollection))]
public sealed class SingletonSpec : IAsyncLifetime
{
    private const string Settings = """
        akka.cluster.singleton { hand-over-retry-interval = 200ms, lease-retry-interval = 100ms }
        akka.cluster.singleton-proxy.singleton-identification-interval = 100ms
        test-lease {
          lease-class = "Mooring.Tests.Engine.ClusterToolsSpecs.TestLease, Mooring.Tests.Engine"
          heartbeat-interval = 1s
          heartbeat-timeout = 10s
          lease-operation-timeout = 1s
        }
        """;

    private readonly List<ClusterNode> _nodes = [];
    private readonly Journal _journal = new();

    public Task InitializeAsync()
    {
        TestLease.Reset();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
    }

    [Fact]
    public async Task It_runs_on_the_oldest_node_and_a_proxy_finds_it_from_anywhere()
    {
        var proxies = await StartThree();
        await _journal.Has($"start {_nodes[0].Address}");
        foreach (var proxy in proxies) Assert.Equal(_nodes[0].Address.ToString(), await Where(proxy));
        Assert.Single(_journal.Lines);
    }

    [Fact]
    public async Task When_the_oldest_leaves_the_next_one_starts_after_it_has_stopped()
    {
        var proxies = await StartThree();
        await _journal.Has($"start {_nodes[0].Address}");
        _nodes[0].Cluster.Leave(_nodes[0].Address);
        await _journal.Has($"start {_nodes[1].Address}");
        Assert.Equal([$"start {_nodes[0].Address}", $"stop {_nodes[0].Address}", $"start {_nodes[1].Address}"], _journal.Lines);
        await _nodes[0].System.WhenTerminated.WaitAsync(ClusterNode.Limit);
        Assert.Equal(_nodes[1].Address.ToString(), await Where(proxies[2]));
    }

    [Fact]
    public async Task When_the_oldest_crashes_the_next_one_starts_after_its_removal()
    {
        var proxies = await StartThree();
        await _journal.Has($"start {_nodes[0].Address}");
        await _nodes[0].Crash();
        await _journal.Has($"start {_nodes[1].Address}");
        await _nodes[1].Sees<ClusterEvent.MemberRemoved>(_nodes[0].Address);
        Assert.Equal(_nodes[1].Address.ToString(), await Where(proxies[2]));
    }

    [Fact]
    public async Task When_a_younger_node_goes_nothing_happens_to_it()
    {
        var proxies = await StartThree();
        await _journal.Has($"start {_nodes[0].Address}");
        await _nodes[2].Crash();
        await _nodes[0].Sees<ClusterEvent.MemberRemoved>(_nodes[2].Address);
        Assert.Equal(_nodes[0].Address.ToString(), await Where(proxies[1]));
        Assert.Single(_journal.Lines);
    }

    [Fact]
    public async Task A_rolling_restart_moves_it_on_each_time()
    {
        await StartThree();
        await _journal.Has($"start {_nodes[0].Address}");
        _nodes[0].Cluster.Leave(_nodes[0].Address);
        await _journal.Has($"start {_nodes[1].Address}");
        _nodes[1].Cluster.Leave(_nodes[1].Address);
        await _journal.Has($"start {_nodes[2].Address}");
        Assert.Equal(5, _journal.Lines.Count);
    }

    [Fact]
    public async Task A_node_that_handed_over_to_a_newer_version_and_stayed_takes_over_again_when_that_one_leaves()
    {
        var (journal, proxies) = (_journal, new List<IActorRef>());
        foreach (var version in new[] { "1.0.0", "1.0.0", "2.0.0" })
        {
            // Its manager is there before it joins, as in a program.
            var node = ClusterNode.Start($"akka.cluster {{ app-version = \"{version}\", singleton.consider-app-version = on }}\n{Settings}");
            _nodes.Add(node);
            var settings = ClusterSingletonManagerSettings.Create(node.System).WithSingletonName("one");
            node.System.ActorOf(ClusterSingletonManager.Props(Props.Create(() => new Singleton(journal)), Stop.Instance, settings), "manager");
            proxies.Add(node.System.ActorOf(ClusterSingletonProxy.Props("/user/manager", ClusterSingletonProxySettings.Create(node.System).WithSingletonName("one"))));
            node.Cluster.Join(_nodes[0].Address);
            await ClusterNode.AllSeeUp([.. _nodes]);
        }
        await _journal.Has($"start {_nodes[2].Address}");
        _nodes[2].Cluster.Leave(_nodes[2].Address);
        await _journal.Has($"start {_nodes[0].Address}", times: 2);
        Assert.Equal(
            [
                $"start {_nodes[0].Address}", $"stop {_nodes[0].Address}", $"start {_nodes[2].Address}", $"stop {_nodes[2].Address}", $"start {_nodes[0].Address}",
            ],
            _journal.Lines);
        Assert.Equal(_nodes[0].Address.ToString(), await Where(proxies[1]));
    }

    [Fact]
    public async Task It_is_not_handed_over_to_a_node_of_another_cluster()
    {
        await StartThree();
        await _journal.Has($"start {_nodes[0].Address}");
        await using var stranger = ClusterNode.Start(Settings);
        SingletonDefaults.Ensure(stranger.System);
        stranger.Cluster.Join(stranger.Address);
        await ClusterNode.AllSeeUp(stranger);
        var answer = new TaskCompletionSource<object>();
        var asker = stranger.System.ActorOf(Props.Create(() => new FirstMessage(answer)));
        var manager = stranger.System.ActorSelection(new RootActorPath(_nodes[0].Address) / "user" / "manager");
        manager.Tell(HandOverToMe.Instance, asker);
        manager.Tell(TakeOverFromMe.Instance, asker);

        // The answer to the second message is that of one that still runs it.
        Assert.IsType<HandOverToMe>(await answer.Task.WaitAsync(ClusterNode.Limit));
    }

    [Fact]
    public async Task It_runs_among_the_members_with_the_role_only()
    {
        var without = await StartNode("");
        var with = await StartNode("akka.cluster.roles = [host]");
        var settings = ClusterSingletonManagerSettings.Create(with.System).WithSingletonName("one").WithRole("host");
        var journal = _journal;
        with.System.ActorOf(ClusterSingletonManager.Props(Props.Create(() => new Singleton(journal)), settings), "manager");
        var proxy = without.System.ActorOf(ClusterSingletonProxy.Props(
            "/user/manager", ClusterSingletonProxySettings.Create(without.System).WithSingletonName("one").WithRole("host")));
        Assert.Equal(with.Address.ToString(), await Where(proxy));
    }

    [Fact]
    public async Task With_a_lease_it_starts_only_when_that_is_granted()
    {
        TestLease.Grant = _ => false;
        await StartThree(lease: true);
        await TestLease.WaitFor(l => l.Count(e => e.StartsWith("refused", StringComparison.Ordinal)) >= 2);
        Assert.Empty(_journal.Lines);
        TestLease.Grant = _ => true;
        await _journal.Has($"start {_nodes[0].Address}");
    }

    [Fact]
    public async Task With_a_lease_the_hand_over_gives_it_back_after_the_instance_has_stopped()
    {
        await StartThree(lease: true);
        await _journal.Has($"start {_nodes[0].Address}");
        TestLease.OnRelease = owner => _journal.Add($"release {owner}");
        _nodes[0].Cluster.Leave(_nodes[0].Address);
        await _journal.Has($"start {_nodes[1].Address}");
        Assert.Equal(
            [$"start {_nodes[0].Address}", $"stop {_nodes[0].Address}", $"release {_nodes[0].Address.HostPort()}", $"start {_nodes[1].Address}"],
            _journal.Lines);
    }

    [Fact]
    public async Task With_a_lease_that_a_crashed_owner_still_holds_it_waits_until_that_runs_out()
    {
        await StartThree(lease: true);
        await _journal.Has($"start {_nodes[0].Address}");
        TestLease.HoldFor(_nodes[0].Address.HostPort());
        await _nodes[0].Crash();
        await _nodes[1].Sees<ClusterEvent.MemberRemoved>(_nodes[0].Address);
        await TestLease.WaitFor(l => l.Contains($"refused {_nodes[1].Address.HostPort()}"));
        Assert.DoesNotContain($"start {_nodes[1].Address}", _journal.Lines);
        TestLease.RunOut();
        await _journal.Has($"start {_nodes[1].Address}");
    }

    [Fact]
    public async Task When_the_lease_is_lost_the_instance_stops_and_starts_again_when_it_is_granted_again()
    {
        await StartThree(lease: true);
        await _journal.Has($"start {_nodes[0].Address}");
        TestLease.Lose(new LeaseException("gone"));
        await _journal.Has($"stop {_nodes[0].Address}");
        await _journal.Has($"start {_nodes[0].Address}", times: 2);
        Assert.DoesNotContain($"start {_nodes[1].Address}", _journal.Lines);
    }

    [Fact]
    public async Task The_extension_starts_manager_and_proxy()
    {
        var node = await StartNode("");
        var journal = _journal;
        var singleton = SingletonActor.Create(Props.Create(() => new Singleton(journal)), "two");
        var proxy = ClusterSingleton.Get(node.System).Init(singleton);
        Assert.Equal(node.Address.ToString(), await Where(proxy));
        Assert.Equal(proxy, ClusterSingleton.Get(node.System).Init(singleton));
    }

    [Fact]
    public void A_manager_needs_a_name_and_times()
    {
        Assert.Throws<ArgumentException>(() => new ClusterSingletonManagerSettings("", null, TimeSpan.Zero, TimeSpan.FromSeconds(1), false));
        Assert.Throws<ArgumentException>(() => new ClusterSingletonManagerSettings("x", null, TimeSpan.Zero, TimeSpan.Zero, false));
        Assert.Throws<ArgumentException>(() => new ClusterSingletonProxySettings("x", null, TimeSpan.FromSeconds(1), -1, false));
    }

    private async Task<List<IActorRef>> StartThree(bool lease = false)
    {
        var proxies = new List<IActorRef>();
        var journal = _journal;
        for (var i = 0; i < 3; i++)
        {
            var node = await StartNode(lease ? "akka.cluster.singleton.use-lease = test-lease" : "");
            var settings = ClusterSingletonManagerSettings.Create(node.System).WithSingletonName("one");
            node.System.ActorOf(ClusterSingletonManager.Props(Props.Create(() => new Singleton(journal)), Stop.Instance, settings), "manager");
            proxies.Add(node.System.ActorOf(ClusterSingletonProxy.Props(
                "/user/manager", ClusterSingletonProxySettings.Create(node.System).WithSingletonName("one"))));
        }
        return proxies;
    }

    private async Task<ClusterNode> StartNode(string settings)
    {
        var node = ClusterNode.Start(settings + "\n" + Settings);
        _nodes.Add(node);
        node.Cluster.Join(_nodes[0].Address);
        await ClusterNode.AllSeeUp([.. _nodes]);
        return node;
    }

    /// <summary>Asks until there is an answer: what a proxy sends to a singleton that has just gone is lost.</summary>
    private static async Task<string> Where(IActorRef proxy)
    {
        using var limit = new CancellationTokenSource(ClusterNode.Limit);
        while (true)
        {
            try
            {
                return await proxy.Ask<string>("where", TimeSpan.FromSeconds(1), limit.Token);
            }
            catch (AskTimeoutException) when (!limit.IsCancellationRequested)
            {
                // asked once more
            }
        }
    }

    private sealed class FirstMessage : ReceiveActor
    {
        public FirstMessage(TaskCompletionSource<object> first) => ReceiveAny(message => first.TrySetResult(message));
    }

    private sealed class Stop
    {
        public static readonly Stop Instance = new();
    }

    /// <summary>Says where it runs; its end takes a message to itself, so that a hand-over that does not wait would show.</summary>
    private sealed class Singleton : ReceiveActor
    {
        private readonly Journal _journal;
        private readonly Address _address = Akka.Cluster.Cluster.Get(Context.System).SelfAddress;

        public Singleton(Journal journal)
        {
            _journal = journal;
            Receive<string>(s => s == "where", _ => Sender.Tell(_address.ToString()));
            Receive<Stop>(_ => Context.System.Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(30), Self, PoisonPill.Instance, Self));
        }

        protected override void PreStart() => _journal.Add($"start {_address}");

        protected override void PostStop() => _journal.Add($"stop {_address}");
    }

    private sealed class Journal
    {
        private readonly List<string> _lines = [];
        private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IReadOnlyList<string> Lines
        {
            get
            {
                lock (_lines) return [.. _lines];
            }
        }

        public void Add(string line)
        {
            lock (_lines)
            {
                _lines.Add(line);
                _changed.TrySetResult();
                _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        public async Task Has(string line, int times = 1)
        {
            using var limit = new CancellationTokenSource(ClusterNode.Limit);
            while (true)
            {
                Task changed;
                lock (_lines)
                {
                    if (_lines.Count(l => l == line) >= times) return;
                    changed = _changed.Task;
                }
                try
                {
                    await changed.WaitAsync(limit.Token);
                }
                catch (OperationCanceledException)
                {
                    throw new TimeoutException($"'{line}' did not happen {times} times. What did: {string.Join("; ", Lines)}");
                }
            }
        }
    }
}

/// <summary>One lease for all owners of this process, granted as the test says.</summary>
public sealed class TestLease(LeaseSettings settings) : Lease(settings)
{
    private static readonly Lock Gate = new();
    private static readonly List<string> Events = [];
    private static string? _owner;
    private static string? _dead;
    private static Action<Exception?>? _lost;
    private static TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static Func<string, bool> Grant { get; set; } = _ => true;

    public static Action<string>? OnRelease { get; set; }

    public static void Reset()
    {
        lock (Gate)
        {
            _dead = _owner = null;
            _lost = null;
            Events.Clear();
        }
        Grant = _ => true;
        OnRelease = null;
    }

    /// <summary>This owner will die with the lease: it releases nothing any more.</summary>
    public static void HoldFor(string owner)
    {
        lock (Gate) _dead = _owner = owner;
    }

    public static void RunOut()
    {
        lock (Gate) _dead = _owner = null;
    }

    public static void Lose(Exception reason)
    {
        Action<Exception?>? lost;
        lock (Gate)
        {
            lost = _lost;
            _owner = null;
        }
        lost?.Invoke(reason);
    }

    public static async Task WaitFor(Func<IReadOnlyList<string>, bool> condition)
    {
        using var limit = new CancellationTokenSource(ClusterNode.Limit);
        while (true)
        {
            Task changed;
            lock (Gate)
            {
                if (condition(Events)) return;
                changed = _changed.Task;
            }
            await changed.WaitAsync(limit.Token);
        }
    }

    public override Task<bool> Acquire() => Acquire(_ => { });

    public override Task<bool> Acquire(Action<Exception?> leaseLostCallback)
    {
        lock (Gate)
        {
            var granted = Grant(Settings.OwnerName) && (_owner is null || _owner == Settings.OwnerName);
            if (granted)
            {
                _owner = Settings.OwnerName;
                _lost = leaseLostCallback;
            }
            Note($"{(granted ? "granted" : "refused")} {Settings.OwnerName}");
            return Task.FromResult(granted);
        }
    }

    public override Task<bool> Release()
    {
        lock (Gate)
        {
            if (_dead == Settings.OwnerName) return Task.FromResult(false);
            if (_owner == Settings.OwnerName) _owner = null;
            Note($"released {Settings.OwnerName}");
        }
        OnRelease?.Invoke(Settings.OwnerName);
        return Task.FromResult(true);
    }

    public override bool CheckLease()
    {
        lock (Gate) return _owner == Settings.OwnerName;
    }

    private static void Note(string e)
    {
        Events.Add(e);
        _changed.TrySetResult();
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
