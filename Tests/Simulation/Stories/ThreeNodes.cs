using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Akka.Simulation;

namespace Mooring.Tests.Simulation.Stories;

/// <summary>
/// The engine without Mooring: three nodes form a cluster, a singleton ticks on the oldest and counters are sharded over all; the oldest is
/// killed, its singleton and its counters go on elsewhere, and it comes back.
/// </summary>
public sealed class ThreeNodes : IDisposable
{
    private const int NodeCount = 3;
    private const int CounterCount = 10;

    private static readonly TimeSpan Formed = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Crash = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Back = TimeSpan.FromSeconds(50);
    private static readonly TimeSpan End = TimeSpan.FromSeconds(80);

    private readonly SimulationWorld _world;
    private readonly Dictionary<int, (SimulatedProcess Process, ActorSystem System)> _nodes = [];
    private readonly List<string> _events = [];
    private readonly SortedSet<string> _answeredBy = new(StringComparer.Ordinal);
    private int _answers;

    public ThreeNodes(long seed, Action<string>? trace)
    {
        _world = new SimulationWorld(seed) { TraceTo = trace };
        for (var node = 1; node <= NodeCount; node++)
            Start(node);
    }

    /// <summary>Runs it.</summary>
    /// <returns>What has happened, line by line; the last is the number of the trace.</returns>
    public IReadOnlyList<string> Run()
    {
        _world.Run(Formed);
        Tell($"members up: {Members(2)}");
        Ask();
        _world.Run(Crash);
        Answered();
        _nodes[1].Process.Crash();
        _world.Run(Back - TimeSpan.FromSeconds(5));
        Tell($"members up: {Members(2)}");
        Ask();
        _world.Run(Back);
        Answered();
        Start(1);
        _world.Run(End);
        Tell($"members up: {Members(1)}");
        Tell($"work of the thread pool: {_world.PoolWorkCount}");
        return [.. _events, $"trace {_world.TraceHash:x16} after {_world.StepCount} steps"];
    }

    public void Dispose() => _world.Dispose();

    private void Tell(string what) => _events.Add(what);

    private void Start(int node)
    {
        var process = _world.StartProcess($"node-{node}", $"10.0.0.{node}");
        process.Do("starts", () =>
        {
            var system = ActorSystem.Create("story", Hocon(process));
            _nodes[node] = (process, system);
            var counters = ClusterSharding.Get(system).Start(
                "counter", id => Props.Create(() => new Counter(process.Name, id)), ClusterShardingSettings.Create(system), new Extractor());
            system.ActorOf(ClusterSingletonManager.Props(
                Props.Create(() => new Single(() => Tell($"{process.Name} has the singleton"))), PoisonPill.Instance, ClusterSingletonManagerSettings.Create(system)), "single");
            system.ActorOf(Props.Create(() => new Client(counters, Answered)), "client");
        });
    }

    private string Members(int node) =>
        string.Join(", ", Cluster.Get(_nodes[node].System).State.Members.Where(m => m.Status == MemberStatus.Up).Select(m => m.Address.Host));

    private void Ask()
    {
        var (process, system) = _nodes[2];
        for (var i = 0; i < CounterCount; i++)
        {
            var id = $"c{i}";
            process.Do("asks", () => system.ActorSelection("/user/client").Tell(new Increment(id)));
        }
    }

    private void Answered(string by)
    {
        _answers++;
        _answeredBy.Add(by);
    }

    private void Answered()
    {
        Tell($"{_answers} answers from {string.Join(", ", _answeredBy)}");
        _answers = 0;
        _answeredBy.Clear();
    }

    private static Config Hocon(SimulatedProcess process) => ConfigurationFactory.ParseString($$"""
        {{process.Hocon}}
        akka {
          actor.provider = cluster
          remote.dot-netty.tcp.port = 4053
          cluster {
            seed-nodes = ["akka.tcp://story@10.0.0.1:4053", "akka.tcp://story@10.0.0.2:4053", "akka.tcp://story@10.0.0.3:4053"]
            downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster"
            split-brain-resolver.stable-after = 3s
            sharding { state-store-mode = ddata, remember-entities = off, distributed-data.durable.keys = [] }
          }
        }
        """);

    private sealed record Increment(string Id);

    private sealed class Extractor() : HashCodeMessageExtractor(CounterCount)
    {
        public override string? EntityId(object message) => (message as Increment)?.Id;
    }

    private sealed class Counter : ReceiveActor
    {
        public Counter(string node, string id) => Receive<Increment>(_ => Sender.Tell($"{id} on {node}"));
    }

    private sealed class Single : ReceiveActor
    {
        public Single(Action begun) => begun();
    }

    /// <summary>Asks and awaits, so that a continuation that leaves the world would show.</summary>
    private sealed class Client : ReceiveActor
    {
        public Client(IActorRef counters, Action<string> answered) => ReceiveAsync<Increment>(async increment =>
        {
            var answer = await counters.Ask<string>(increment, TimeSpan.FromSeconds(5)).ConfigureAwait(true);
            Self.Tell(increment.Id);
            answered(answer.Split(' ')[^1]);
        });
    }
}
