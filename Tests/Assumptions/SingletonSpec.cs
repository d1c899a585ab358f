using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Tools.Singleton;

namespace Mooring.Tests.Assumptions;

/// <summary>When a cluster singleton starts and stops, and what its proxy does while there is none.</summary>
public sealed class SingletonSpec : IAsyncLifetime
{
    private const string Settings = """
        akka.cluster.singleton.hand-over-retry-interval = 200ms
        akka.cluster.singleton-proxy { singleton-identification-interval = 100ms, buffer-size = 10 }
        """;

    private readonly Occurrences<string> _seen = new("the singleton");
    private IReadOnlyList<ClusterNode> _nodes = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
    }

    [Fact]
    public async Task When_the_oldest_leaves_the_next_starts_after_the_first_has_stopped()
    {
        _nodes = await ClusterNode.FormAsync(2, Settings);
        StartSingleton(_nodes);
        await Seen($"start {_nodes[0].Address}");

        _nodes[0].Cluster.Leave(_nodes[0].Address);

        await Seen($"start {_nodes[1].Address}");
        Assert.Equal([$"start {_nodes[0].Address}", $"stop {_nodes[0].Address}", $"start {_nodes[1].Address}"], _seen.All);
        await _nodes[0].System.WhenTerminated.WaitAsync(ClusterNode.Limit);
    }

    [Fact]
    public async Task After_a_partition_there_are_two_until_the_smaller_side_notices()
    {
        // The oldest notices nothing: as one that is stopped, or whose heartbeats were the last to arrive.
        var oldest = ClusterNode.Start("akka.cluster.failure-detector.acceptable-heartbeat-pause = 1h\n" + Settings);
        _nodes = [oldest, ClusterNode.Start(Settings), ClusterNode.Start(Settings)];
        foreach (var node in _nodes)
        {
            node.Cluster.Join(oldest.Address);
            await oldest.Sees<ClusterEvent.MemberUp>(node.Address);
        }
        await ClusterNode.AllSeeUp([.. _nodes]);
        StartSingleton(_nodes);
        await Seen($"start {oldest.Address}");
        var stale = oldest.System.ActorOf(ProxyOf(oldest));
        Assert.Equal(oldest.Address.ToString(), await stale.Ask<string>("where", ClusterNode.Limit));

        await oldest.CutFrom(_nodes[1], _nodes[2]);

        // The larger side waits for the removal and for nothing else.
        await Seen($"start {_nodes[1].Address}");
        Assert.True(_nodes[1].HasSeen<ClusterEvent.MemberRemoved>(oldest.Address));
        Assert.Equal(_nodes[1].Address.ToString(), await _nodes[2].System.ActorOf(ProxyOf(_nodes[2])).Ask<string>("where", ClusterNode.Limit));
        Assert.Equal(oldest.Address.ToString(), await stale.Ask<string>("where", ClusterNode.Limit));

        // It stops with the membership, not before.
        oldest.Cluster.Down(oldest.Address);
        await Seen($"stop {oldest.Address}");
    }

    [Fact]
    public async Task While_there_is_none_a_proxy_keeps_the_latest_up_to_its_bound_and_delivers_them_in_order_and_once()
    {
        _nodes = await ClusterNode.FormAsync(1, Settings);
        var proxy = _nodes[0].System.ActorOf(ProxyOf(_nodes[0]));

        foreach (var number in Enumerable.Range(1, 13))
            proxy.Tell(number);
        // The proxy has taken them all before the singleton is there.
        await proxy.Ask<ActorIdentity>(new Identify("proxy"), ClusterNode.Limit);
        StartSingleton(_nodes);

        await Seen("13");
        Assert.Equal(Enumerable.Range(4, 10).Select(n => $"{n}"), _seen.All.Skip(1));
    }

    [Fact]
    public async Task What_was_sent_to_one_that_has_died_is_lost_and_what_comes_after_the_removal_reaches_its_successor()
    {
        _nodes = await ClusterNode.FormAsync(3, Settings);
        StartSingleton(_nodes);
        await Seen($"start {_nodes[0].Address}");
        var proxy = _nodes[2].System.ActorOf(ProxyOf(_nodes[2]));
        Assert.Equal(_nodes[0].Address.ToString(), await proxy.Ask<string>("where", ClusterNode.Limit));

        await _nodes[0].CutFrom(_nodes[1], _nodes[2]);
        proxy.Tell(1);
        await _nodes[2].Sees<ClusterEvent.MemberRemoved>(_nodes[0].Address);
        await _nodes[2].HasToldEverybody();
        await Seen($"start {_nodes[1].Address}");
        Assert.Equal(_nodes[1].Address.ToString(), await proxy.Ask<string>("where", ClusterNode.Limit));
        proxy.Tell(2);

        await Seen("2");
        Assert.DoesNotContain("1", _seen.All);
    }

    private static Props ProxyOf(ClusterNode node) =>
        ClusterSingletonProxy.Props("/user/manager", ClusterSingletonProxySettings.Create(node.System));

    private void StartSingleton(IReadOnlyList<ClusterNode> nodes)
    {
        var seen = _seen;
        foreach (var node in nodes)
            node.System.ActorOf(ClusterSingletonManager.Props(Props.Create(() => new One(seen)), PoisonPill.Instance, ClusterSingletonManagerSettings.Create(node.System)), "manager");
    }

    private Task Seen(string line) => _seen.First(l => l == line, line, ClusterNode.Limit);

    private sealed class One : ReceiveActor
    {
        private readonly Occurrences<string> _seen;
        private readonly string _address = Cluster.Get(Context.System).SelfAddress.ToString();

        public One(Occurrences<string> seen)
        {
            _seen = seen;
            Receive<string>(_ => Sender.Tell(_address));
            Receive<int>(number => _seen.Add($"{number}"));
        }

        protected override void PreStart() => _seen.Add($"start {_address}");

        protected override void PostStop() => _seen.Add($"stop {_address}");
    }
}
