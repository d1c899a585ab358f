using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Configuration;

namespace Mooring.Tests.Engine.ClusterSharding;

/// <summary>
/// A cluster of actor systems in this process, on loopback, with one journal. Entities of the type "counter" remember what they
/// receive; each start and stop of one is recorded, so that two of the same id at the same time are noticed.
/// </summary>
internal sealed class ShardedCluster(string settings = "") : IAsyncDisposable
{
    internal const string TypeName = "counter";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly string _store = Guid.NewGuid().ToString("N");
    private readonly List<ActorSystem> _systems = [];

    internal EntityBook Book { get; } = new();

    internal IReadOnlyList<ActorSystem> Systems => _systems;

    internal async Task<ActorSystem> StartNodeAsync(string more = "")
    {
        var system = ActorSystem.Create("sharded", Configuration(more));
        _systems.Add(system);
        var cluster = Cluster.Get(system);
        cluster.Join(_systems.Count == 1 ? cluster.SelfAddress : Cluster.Get(_systems[0]).SelfAddress);
        await EventuallyAsync(
            () => Running().All(one => Cluster.Get(one).State.Members.Count(member => member.Status == MemberStatus.Up) >= Running().Count()),
            () => "all members are up");
        return system;
    }

    internal IActorRef StartRegion(ActorSystem system, object? stopMessage = null, Func<string, Props>? props = null)
    {
        var sharding = Akka.Cluster.Sharding.ClusterSharding.Get(system);
        var node = Cluster.Get(system).SelfAddress.ToString();
        return sharding.Start(
            TypeName, props ?? (id => Props.Create(() => new Counter(id, node, Book))), sharding.Settings, Extractor(),
            sharding.DefaultShardAllocationStrategy(sharding.Settings), stopMessage ?? PoisonPill.Instance);
    }

    internal async Task<(ActorSystem System, IActorRef Region)> StartAsync(object? stopMessage = null, string more = "")
    {
        var system = await StartNodeAsync(more);
        var region = StartRegion(system, stopMessage);
        await RegisteredAsync(system, region);
        return (system, region);
    }

    /// <summary>Waits until the coordinator knows a region: from then on it gets shards.</summary>
    internal static Task RegisteredAsync(ActorSystem system, IActorRef region)
    {
        var self = Cluster.Get(system).SelfAddress;
        return EventuallyAsync(
            () => region.Ask<CurrentRegions>(GetCurrentRegions.Instance, TimeSpan.FromSeconds(30)).Result.Regions.Contains(self),
            () => $"the region of {self} is registered");
    }

    /// <summary>Ends a node as a crash does: it says goodbye to nobody.</summary>
    internal async Task CrashAsync(ActorSystem system)
    {
        _systems.Remove(system);
        ((ExtendedActorSystem)system).Abort();
        await system.WhenTerminated.WaitAsync(Limit);
    }

    internal async Task LeaveAsync(ActorSystem system)
    {
        await CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClusterLeavingReason.Instance).WaitAsync(Limit);
        _systems.Remove(system);
    }

    internal static HashCodeMessageExtractor Extractor() => HashCodeMessageExtractor.Create(12, _ => null);

    internal static ShardingEnvelope For(string entityId, string message) => new(entityId, message);

    /// <summary>What an entity has received, comma by comma, after the node it runs on.</summary>
    internal static Task<string> ReceivedAsync(IActorRef region, string entityId) => region.Ask<string>(For(entityId, "get"), TimeSpan.FromSeconds(30));

    /// <summary>The same, asked again and again: a message on its way to a node that dies is lost.</summary>
    internal static async Task<string> ReceivedAfterCrashAsync(IActorRef region, string entityId)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            try
            {
                return await region.Ask<string>(For(entityId, "get"), TimeSpan.FromMilliseconds(100), limit.Token);
            }
            catch (AskTimeoutException) when (!limit.IsCancellationRequested)
            {
                // Asked once more below.
            }
        }
    }

    internal static async Task<string> NodeOfAsync(IActorRef region, string entityId) => (await ReceivedAsync(region, entityId)).Split('|')[0];

    internal static async Task EventuallyAsync(Func<bool> condition, Func<string> what, TimeSpan? limit = null)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        var left = (limit ?? Limit).TotalMilliseconds / 10;
        while (!condition())
        {
            Assert.True(left-- > 0, $"Not reached in time: {what()}");
            await timer.WaitForNextTickAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var system in _systems)
            ((ExtendedActorSystem)system).Abort();
        await Task.WhenAll(_systems.Select(system => system.WhenTerminated)).WaitAsync(Limit);
    }

    private IEnumerable<ActorSystem> Running() => _systems;

    private Config Configuration(string more) => ConfigurationFactory.ParseString(more)
        .WithFallback(ConfigurationFactory.ParseString(settings))
        .WithFallback(ConfigurationFactory.ParseString($$"""
            akka {
              loglevel = ERROR
              log-dead-letters = off
              actor.provider = cluster
              remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
              coordinated-shutdown.run-by-actor-system-terminate = off
              coordinated-shutdown.terminate-actor-system = on
              coordinated-shutdown.exit-clr = off
              cluster {
                gossip-interval = 50ms
                leader-actions-interval = 50ms
                periodic-tasks-initial-delay = 50ms
                down-removal-margin = 0s
                singleton.hand-over-retry-interval = 100ms
                sharding {
                  retry-interval = 200ms
                  rebalance-interval = 300ms
                  coordinator-failure-backoff = 200ms
                  passivate-idle-entity-after = off
                  least-shard-allocation-strategy.rebalance-absolute-limit = 20
                  least-shard-allocation-strategy.rebalance-relative-limit = 1.0
                }
              }
              persistence {
                journal.plugin = "akka.persistence.journal.shared"
                journal.shared {
                  class = "Mooring.Tests.Engine.ClusterSharding.SharedBytesJournal, Mooring.Tests.Engine"
                  store = "{{_store}}"
                }
                snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
              }
            }
            """));

    /// <summary>Starts and stops of entities on all nodes.</summary>
    internal sealed class EntityBook
    {
        private readonly ConcurrentDictionary<string, int> _alive = new();

        internal ConcurrentQueue<string> Twice { get; } = new();

        internal ConcurrentQueue<string> Starts { get; } = new();

        internal void Started(string id)
        {
            Starts.Enqueue(id);
            if (_alive.AddOrUpdate(id, 1, (_, count) => count + 1) > 1) Twice.Enqueue(id);
        }

        internal void Stopped(string id) => _alive.AddOrUpdate(id, 0, (_, count) => count - 1);

        internal int StartsOf(string id) => Starts.Count(started => started == id);
    }

    /// <summary>An entity that remembers what it receives.</summary>
    internal sealed class Counter : UntypedActor
    {
        private readonly string _id;
        private readonly string _node;
        private readonly EntityBook _book;
        private readonly List<string> _received = [];

        public Counter(string id, string node, EntityBook book)
        {
            _id = id;
            _node = node;
            _book = book;
        }

        protected override void PreStart() => _book.Started(_id);

        protected override void PostStop() => _book.Stopped(_id);

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case "get":
                    Sender.Tell($"{_node}|{string.Join(',', _received)}");
                    break;
                case "passivate":
                    Context.Parent.Tell(new Passivate("stop"));
                    break;
                case "stop":
                    Context.Stop(Self);
                    break;
                case "stop-slowly":
                    // The end of its work comes a moment after the request.
                    Context.System.Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(200), Self, "stop", Self);
                    break;
                case string text:
                    _received.Add(text);
                    break;
            }
        }
    }
}
