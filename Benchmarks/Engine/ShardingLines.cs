using System.Collections.Immutable;
using System.Diagnostics;
using Akka.Actor;
using Akka.Cluster.Sharding;

namespace Mooring.Benchmarks.Engine;

/// <summary>Requests to entities that two processes share.</summary>
internal static class ShardingLines
{
    private const int Shards = 20;
    private const int Processes = 2;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly (Line Line, int InFlight)[] InFlight =
    [
        (new("sharded request and acknowledgement, 1 in flight", "requests/s", 13.7e3, 1.3, BaseLine.Tcp), 1),
        (new("sharded request and acknowledgement, 1,000 in flight", "requests/s", 59e3, 3, BaseLine.Tcp), 1000),
    ];

    public static async Task MeasureAsync(Report report, Func<string, bool> wanted)
    {
        if (!InFlight.Any(line => wanted(line.Line.Name)))
            return;
        var ports = Nodes.FreePorts(2);
        using var other = ChildProcess.Start("sharding", [$"{ports[1]}", .. ports.Select(port => $"{port}")]);
        using var system = ActorSystem.Create(Nodes.SystemName, Nodes.Cluster(ports[0], ports));
        var region = StartRegion(system);
        await other.LineAsync("ready");
        await SpreadAsync(region);
        foreach (var (line, inFlight) in InFlight.Where(line => wanted(line.Line.Name)))
        {
            var driver = system.ActorOf(Props.Create(() => new Driver(region)));
            var (rate, bytes) = await Bench.RateAsync(
                async count =>
                {
                    var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
                    driver.Tell(new Drive(count, inFlight, done, EntityNames.All.Length));
                    await Bench.Within(done.Task, line.Name);
                },
                EntityNames.All.Length);
            report.Add(line, rate, bytes);
        }
        other.Say("end");
        await system.Terminate();
    }

    /// <summary>The other process.</summary>
    public static void Node(int port, IEnumerable<int> seeds)
    {
        using var system = ActorSystem.Create(Nodes.SystemName, Nodes.Cluster(port, seeds));
        StartRegion(system);
        var cluster = Akka.Cluster.Cluster.Get(system);
        cluster.RegisterOnMemberUp(() => Console.WriteLine("ready"));
        Console.In.ReadLine();
    }

    // The shards go to the processes in turn, once both are known: each has its half.
    private static async Task SpreadAsync(IActorRef region)
    {
        var watch = Stopwatch.StartNew();
        while ((await RegionsAsync(region)).Count < Processes)
        {
            if (watch.Elapsed > Limit)
                throw new TimeoutException($"the coordinator does not know the regions of {Processes} processes within {Limit.TotalSeconds:0} s");
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }
        for (var i = 0; i < EntityNames.All.Length; i++)
            await region.Ask<Ack>(new Request(EntityNames.All[i], i), TimeSpan.FromSeconds(30));
        var entities = (await RegionsAsync(region)).Values.Select(r => r.Stats.Values.Sum()).ToList();
        if (entities.Count < Processes || entities.Contains(0))
            throw new InvalidOperationException("one process has all entities, so nothing would leave it");
        Console.WriteLine($"({string.Join(" and ", entities)} entities in {entities.Count} processes)");
    }

    private static async Task<IImmutableDictionary<Address, ShardRegionStats>> RegionsAsync(IActorRef region) =>
        (await region.Ask<ClusterShardingStats>(new GetClusterShardingStats(TimeSpan.FromSeconds(10)), TimeSpan.FromSeconds(15))).Regions;

    private static IActorRef StartRegion(ActorSystem system) => ClusterSharding.Get(system).Start(
        "entity", Props.Create(() => new EchoActor()), ClusterShardingSettings.Create(system).WithRole("mooring"), new Extractor());

    private sealed class Extractor() : HashCodeMessageExtractor(Shards)
    {
        public override string? EntityId(object message) => (message as Request)?.EntityId;
    }
}
