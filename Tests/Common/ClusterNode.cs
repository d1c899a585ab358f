using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Akka.Remote;
using Akka.Remote.Transport;

namespace Mooring.Tests.Common;

/// <summary>A node of a cluster in this process: an actor system with TCP on loopback, and a record of the cluster events it has published.</summary>
internal sealed class ClusterNode : IAsyncDisposable
{
    public const string SystemName = "node";

    /// <summary>The most that anything may take that takes milliseconds when all is well.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Quick; the throttling adapter is what a cable is cut with.</summary>
    private const string Settings = """
        akka {
          loglevel = WARNING
          stdout-loglevel = OFF
          loggers = []
          log-dead-letters = off
          log-dead-letters-during-shutdown = off
          actor.provider = cluster
          coordinated-shutdown { run-by-clr-shutdown-hook = off, exit-clr = off }
          remote {
            dot-netty.tcp { hostname = "127.0.0.1", port = 0, applied-adapters = ["trttl"] }
            retry-gate-closed-for = 100ms
            flush-wait-on-shutdown = 200ms
            log-remote-lifecycle-events = off
          }
          cluster {
            periodic-tasks-initial-delay = 100ms
            gossip-interval = 100ms
            leader-actions-interval = 100ms
            unreachable-nodes-reaper-interval = 100ms
            seed-node-timeout = 1s
            retry-unsuccessful-join-after = 500ms
            allow-weakly-up-members = off
            log-info = off
            down-removal-margin = 1ms
            failure-detector { heartbeat-interval = 100ms, acceptable-heartbeat-pause = 3s, expected-response-after = 200ms }
            split-brain-resolver { active-strategy = keep-majority, stable-after = 300ms, down-all-when-unstable = off }
          }
        }
        """;

    private readonly Occurrences<ClusterEvent.IClusterDomainEvent> _events;

    private ClusterNode(ActorSystem system)
    {
        System = system;
        Cluster = Cluster.Get(system);
        var events = _events = new(Cluster.SelfAddress.ToString());
        Cluster.Subscribe(
            system.ActorOf(Props.Create(() => new Recorder(events))),
            ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents,
            typeof(ClusterEvent.IClusterDomainEvent));
    }

    public ActorSystem System { get; }

    public Cluster Cluster { get; }

    public Address Address => Cluster.SelfAddress;

    public static ClusterNode Start(string settings = "", int port = 0) =>
        Start(ConfigurationFactory.ParseString(settings + (port == 0 ? "" : $"\nakka.remote.dot-netty.tcp.port = {port}")));

    public static ClusterNode Start(Config settings) =>
        new(ActorSystem.Create(SystemName, settings.WithFallback(ConfigurationFactory.ParseString(Settings))));

    /// <summary>Starts nodes that have formed one cluster, joined in this order: the first is the oldest.</summary>
    public static async Task<IReadOnlyList<ClusterNode>> FormAsync(int count, string settings = "")
    {
        var nodes = Enumerable.Range(0, count).Select(_ => Start(settings)).ToList();
        foreach (var node in nodes)
        {
            node.Cluster.Join(nodes[0].Address);
            await nodes[0].Sees<ClusterEvent.MemberUp>(node.Address);
        }
        await AllSeeUp([.. nodes]);
        return nodes;
    }

    public static async Task AllSeeUp(params ClusterNode[] nodes)
    {
        foreach (var node in nodes)
        {
            foreach (var other in nodes)
                await node.Sees<ClusterEvent.MemberUp>(other.Address);
        }
    }

    /// <summary>Completes with the first such event about that address, past or future.</summary>
    public async Task<T> Sees<T>(Address address) where T : class, ClusterEvent.IClusterDomainEvent =>
        (T)await _events.First(e => e is T && AddressOf(e) == address, $"{typeof(T).Name} of {address}", Limit);

    /// <summary>Completes when everybody who subscribes has been told of what this node has told anybody: subscribers are told one after the other.</summary>
    public async Task HasToldEverybody()
    {
        using var inbox = Inbox.Create(System);
        Cluster.SendCurrentClusterState(inbox.Receiver);
        Assert.IsType<ClusterEvent.CurrentClusterState>(await inbox.ReceiveAsync(Limit));
    }

    /// <summary>Whether there was such an event about that address.</summary>
    public bool HasSeen<T>(Address address) => _events.All.Any(e => e is T && AddressOf(e) == address);

    /// <summary>Cuts the cable to others, both ways: nothing is refused, nothing arrives.</summary>
    public async Task CutFrom(params ClusterNode[] others)
    {
        foreach (var other in others)
        {
            await CutAsync(this, other);
            await CutAsync(other, this);
        }
    }

    /// <summary>The process dies: nobody listens at its address any more, and it leaves without a word.</summary>
    public async Task Crash()
    {
        ((ExtendedActorSystem)System).Abort();
        await System.WhenTerminated.WaitAsync(Limit);
    }

    public async ValueTask DisposeAsync()
    {
        if (!System.WhenTerminated.IsCompleted)
            await Crash();
    }

    private static Task CutAsync(ClusterNode at, ClusterNode from) => ((RemoteActorRefProvider)((ExtendedActorSystem)at.System).Provider).Transport
        .ManagementCommand(new SetThrottle(from.Address, ThrottleTransportAdapter.Direction.Both, Blackhole.Instance)).WaitAsync(Limit);

    private static Address? AddressOf(ClusterEvent.IClusterDomainEvent e) => e switch
    {
        ClusterEvent.IMemberEvent m => m.Member.Address,
        ClusterEvent.ReachabilityEvent r => r.Member.Address,
        ClusterEvent.LeaderChanged l => l.Leader,
        _ => null,
    };

    private sealed class Recorder : ReceiveActor
    {
        public Recorder(Occurrences<ClusterEvent.IClusterDomainEvent> events) => Receive<ClusterEvent.IClusterDomainEvent>(events.Add);
    }
}
