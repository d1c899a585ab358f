using System.Collections;
using System.Reflection;
using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Cluster;
using Akka.Configuration;
using Akka.Remote;

namespace Mooring.Tests.Engine.ClusterSpecs;

/// <summary>
/// A node of a cluster in this process: an actor system with TCP on loopback, and a record of the cluster events it has published.
/// </summary>
internal sealed class ClusterNode : IAsyncDisposable
{
    public const string SystemName = "node";

    /// <summary>Limit for anything that takes milliseconds when all is well.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Quick, but with heartbeats that tolerate a busy machine: a crash must be noticed without them.</summary>
    private const string Settings = """
        akka {
          loglevel = WARNING
          stdout-loglevel = OFF
          log-dead-letters = off
          log-dead-letters-during-shutdown = off
          actor.provider = cluster
          coordinated-shutdown { run-by-clr-shutdown-hook = off, exit-clr = off }
          remote {
            dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
            retry-gate-closed-for = 100ms
            flush-wait-on-shutdown = 200ms
            log-remote-lifecycle-events = off
          }
          cluster {
            periodic-tasks-initial-delay = 100ms
            gossip-interval = 200ms
            leader-actions-interval = 100ms
            unreachable-nodes-reaper-interval = 200ms
            seed-node-timeout = 1s
            allow-weakly-up-members = off
            log-info = off
            down-removal-margin = 0s
            failure-detector { heartbeat-interval = 200ms, acceptable-heartbeat-pause = 10s, expected-response-after = 10s }
            split-brain-resolver { active-strategy = keep-majority, stable-after = 300ms }
          }
        }
        """;

    private readonly EventRecord _record;

    private ClusterNode(ActorSystem system)
    {
        System = system;
        Cluster = Akka.Cluster.Cluster.Get(system);
        var record = _record = new EventRecord();
        Cluster.Subscribe(
            system.ActorOf(Props.Create(() => new Recorder(record))),
            ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents,
            typeof(ClusterEvent.IClusterDomainEvent));
    }

    public ActorSystem System { get; }

    public Akka.Cluster.Cluster Cluster { get; }

    public Address Address => Cluster.SelfAddress;

    /// <summary>All events so far, in order.</summary>
    public IReadOnlyList<ClusterEvent.IClusterDomainEvent> Events => _record.Snapshot();

    public static ClusterNode Start(string settings = "", int port = 0) =>
        new(ActorSystem.Create(SystemName, ConfigurationFactory.ParseString(
            settings + (port == 0 ? "" : $"\nakka.remote.dot-netty.tcp.port = {port}")).WithFallback(ConfigurationFactory.ParseString(Settings))));

    public static async Task AllSeeUp(params ClusterNode[] nodes)
    {
        foreach (var node in nodes)
            foreach (var other in nodes)
                await node.Sees<ClusterEvent.MemberUp>(other.Address);
    }

    /// <summary>Completes with the first such event about that address, past or future.</summary>
    public Task<T> Sees<T>(Address address, TimeSpan? within = null) where T : class, ClusterEvent.IClusterDomainEvent =>
        Sees<T>(e => AddressOf(e) == address, address.ToString(), within);

    public async Task<T> Sees<T>(Func<T, bool> matches, string what, TimeSpan? within = null) where T : class, ClusterEvent.IClusterDomainEvent
    {
        var seen = _record.First(e => e is T t && matches(t));
        try
        {
            return (T)await seen.WaitAsync(within ?? Limit);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{Address} has not seen {typeof(T).Name} {what} within {within ?? Limit}. Seen:\n  {string.Join("\n  ", Events)}");
        }
    }

    /// <summary>Whether there was such an event about that address.</summary>
    public bool HasSeen<T>(Address address) => Events.Any(e => e is T && AddressOf(e) == address);

    /// <summary>The process dies: its sockets close without a word, nobody listens any more, nothing is sent.</summary>
    public async Task Crash()
    {
        var provider = (RemoteActorRefProvider)((ExtendedActorSystem)System).Provider;
        var remoting = provider.Transport;
        foreach (var entry in (IEnumerable)Field(remoting, "_transports")!)
            ((dynamic)entry!.GetType().GetField("Item1")!.GetValue(entry)!).StopListening();
        foreach (var association in remoting.Associations)
        {
            association.GetType().GetField("_shuttingDown", BindingFlags.Instance | BindingFlags.NonPublic)!.SetValue(association, true);
            (Field(association, "_link") as Link)?.Connection.Close();
        }
        ((ActorSystemImpl)System).Abort();
        await System.WhenTerminated.WaitAsync(Limit);
    }

    public async ValueTask DisposeAsync()
    {
        if (!System.WhenTerminated.IsCompleted) ((ActorSystemImpl)System).Abort();
        await System.WhenTerminated.WaitAsync(Limit);
    }

    private static object? Field(object target, string name) =>
        target.GetType().GetField(name, BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(target);

    private static Address? AddressOf(ClusterEvent.IClusterDomainEvent e) => e switch
    {
        ClusterEvent.IMemberEvent m => m.Member.Address,
        ClusterEvent.ReachabilityEvent r => r.Member.Address,
        ClusterEvent.LeaderChanged l => l.Leader,
        _ => null,
    };

    private sealed class EventRecord
    {
        private readonly List<ClusterEvent.IClusterDomainEvent> _events = [];
        private readonly List<(Func<ClusterEvent.IClusterDomainEvent, bool> Matches, TaskCompletionSource<ClusterEvent.IClusterDomainEvent> Seen)> _waiting = [];

        public void Add(ClusterEvent.IClusterDomainEvent e)
        {
            lock (_events)
            {
                _events.Add(e);
                foreach (var (_, seen) in _waiting.Where(w => w.Matches(e))) seen.TrySetResult(e);
                _waiting.RemoveAll(w => w.Seen.Task.IsCompleted);
            }
        }

        public Task<ClusterEvent.IClusterDomainEvent> First(Func<ClusterEvent.IClusterDomainEvent, bool> matches)
        {
            lock (_events)
            {
                if (_events.FirstOrDefault(matches) is { } known) return Task.FromResult(known);
                var seen = new TaskCompletionSource<ClusterEvent.IClusterDomainEvent>(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiting.Add((matches, seen));
                return seen.Task;
            }
        }

        public IReadOnlyList<ClusterEvent.IClusterDomainEvent> Snapshot()
        {
            lock (_events) return [.. _events];
        }
    }

    private sealed class Recorder : ReceiveActor
    {
        public Recorder(EventRecord record) => Receive<ClusterEvent.IClusterDomainEvent>(record.Add);
    }
}
