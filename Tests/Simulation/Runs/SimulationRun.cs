using Akka.Actor;
using Akka.Configuration;
using Akka.Simulation;
using Mooring.Tests.Simulation.Checks;
using Mooring.Tests.Simulation.Clients;
using Mooring.Tests.Simulation.Faults;
using Mooring.Tests.Simulation.Nodes;
using Mooring.Tests.Simulation.Store;
using Mooring.Tests.Simulation.Vip;

namespace Mooring.Tests.Simulation.Runs;

/// <summary>
/// One seed: three nodes, clients that change volumes, harm for a time, then a healed world in which everything must end. Checks run after
/// every step and at the end.
/// </summary>
public sealed class SimulationRun : IDisposable
{
    private const int NodeCount = 3;

    // One is enough to fail; the first ones tell most.
    private const int ViolationsMax = 10;

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(4);

    private readonly Dictionary<string, TimeSpan> _clockOffsets = [];
    private readonly SortedDictionary<string, int> _injected = new(StringComparer.Ordinal);
    private readonly List<SimulatedClient> _clients = [];
    private readonly Action<string> _print;
    private readonly INemesis _nemesis;
    private readonly Random _downTimes;
    private readonly JournalCheck _journalCheck;
    private readonly VipCheck _vipCheck;

    public SimulationRun(SimulationOptions options, Action<string> print)
    {
        (Options, _print) = (options, print);
        World = new SimulationWorld(options.Seed);
        if (options.Trace)
            World.TraceTo = print;
        Ceph = new SimulatedCeph(World) { Injected = Injected };
        Lan = new SimulatedLan(World);
        History = new History(this);
        Hocon = Configure();
        LeaseName = Hocon.GetString("mooring.vip.lease.name", "");
        _nemesis = options.Rounds > 0 ? new BeginAnewRounds(this) : new Nemesis(this);
        _downTimes = World.Stream("down times");
        _journalCheck = new JournalCheck(this);
        OrderCheck = new OrderCheck(this);
        _vipCheck = new VipCheck(this);
        for (var i = 1; i <= NodeCount; i++)
            Nodes.Add(new SimulatedNode(this, $"node-{i}", Host(i)));
        World.AfterStep = _vipCheck.Check;
        Deliveries = new DeliveryClient(this);
    }

    public SimulationOptions Options { get; }

    public SimulationWorld World { get; }

    public SimulatedCeph Ceph { get; }

    public SimulatedLan Lan { get; }

    public History History { get; }

    public OrderCheck OrderCheck { get; }

    /// <summary>Has results delivered.</summary>
    public DeliveryClient Deliveries { get; }

    /// <summary>Whether numbered messages are sent no more.</summary>
    public bool TrafficIsOver { get; private set; }

    /// <summary>Whether clients begin no more requests.</summary>
    public bool RequestsAreOver => Options.Rounds > 0 && _nemesis.IsOver;

    public List<SimulatedNode> Nodes { get; } = [];

    public List<string> Violations { get; } = [];

    /// <summary>The configuration of every node.</summary>
    public Config Hocon { get; }

    /// <summary>Where every node finds the others.</summary>
    public IReadOnlyList<Address> Seeds { get; } = [.. Enumerable.Range(1, NodeCount).Select(i => new Address("akka.tcp", "mooring", Host(i), 4053))];

    public string LeaseName { get; }

    private bool Failed => Violations.Count >= ViolationsMax;

    public SimulationResult Run()
    {
        foreach (var node in Nodes)
            World.Schedule(null, TimeSpan.FromMilliseconds(World.Chance.Next(0, 500)), $"{node.Name} is started", node.Start);
        World.Run(TimeSpan.FromSeconds(30), () => Failed || Nodes.All(n => n.UpCount == NodeCount));
        if (!Nodes.All(n => n.UpCount == NodeCount))
            Violations.Add("the nodes formed no cluster within 30 s");
        for (var i = 1; i <= Options.ClientCount; i++)
        {
            var client = new SimulatedClient(this, i);
            _clients.Add(client);
            World.Schedule(null, TimeSpan.Zero, "client begins", () => _ = client.RunAsync(Options.RequestCount));
        }
        World.Schedule(null, TimeSpan.Zero, "nemesis begins", () => _ = _nemesis.RunAsync());
        World.Run(World.Now + Options.HarmMax, () => Failed || _nemesis.IsOver);
        var healed = World.Now;
        // What looks settled at once may come apart once more: a node that goes on after a pause takes the others for gone.
        World.Run(healed + Calm, () => Failed);
        World.Run(healed + Options.Recovery, () => Failed || Settled());
        if (!Settled() && !Failed)
            Violations.Add($"{Options.Recovery.TotalSeconds:0} s after all was healed: {Unsettled()}");
        // A shard whose hand-off lost a message stands still for handoff-timeout, and what waited for it may be lost in the move that follows; and a node
        // that took the others for gone may find that out only now, and begin anew.
        for (var times = 0; times < 2 && !OrderCheck.HasAllOfTheLast && !Failed; times++)
        {
            SendLast();
            World.Run(World.Now + Options.Recovery, () => Failed || OrderCheck.HasAllOfTheLast);
        }
        AskAgain();
        World.Run(World.Now + Quiet, () => Failed);
        if (Violations.Count == 0)
            _journalCheck.CheckAtTheEnd();
        if (Violations.Count == 0)
            OrderCheck.CheckAtTheEnd();
        if (World.PoolWorkCount > 0)
            Violations.Add($"{World.PoolWorkCount} times something went to the thread pool");
        return new SimulationResult(
            Options.Seed, World.Now.TotalSeconds, World.StepCount, World.TraceHash, History.AcceptedCount, History.SucceededCount, _injected, Violations)
        {
            Delivered = History.DeliveredCount,
            Cancelled = History.CancelledCount,
            Numbered = OrderCheck.ReceivedCount,
        };
    }

    public void Injected(string kind)
    {
        _injected[kind] = _injected.GetValueOrDefault(kind) + 1;
        World.Trace($"injected: {kind}");
    }

    public TimeSpan ClockOffsetOf(string node) => _clockOffsets.GetValueOrDefault(node);

    public void TurnClock(SimulatedNode node, TimeSpan offset)
    {
        _clockOffsets[node.Name] = offset;
        if (node.Process is { } process)
            process.ClockOffset = offset;
    }

    /// <summary>How long a node that was killed stays away.</summary>
    public TimeSpan DownTime() => TimeSpan.FromSeconds(0.3 + (5.7 * _downTimes.NextDouble()));

    public void StartLater(SimulatedNode node, TimeSpan delay) => World.Schedule(null, delay, $"{node.Name} is started again", () =>
    {
        if (!node.IsRunning)
            node.Start();
    });

    /// <summary>A line that is no part of the trace's number.</summary>
    public void Say(string line) => _print($"{World.Now.TotalSeconds,12:0.0000000}   {line}");

    public void Dispose() => World.Dispose();

    private static string Host(int number) => $"10.0.0.{number}";

    private void SendLast()
    {
        TrafficIsOver = true;
        OrderCheck.SendAgain();
        foreach (var node in Nodes)
            node.Process?.Do("last numbered messages", () => node.Traffic?.SendLast());
    }

    private void AskAgain()
    {
        if (Failed)
            return;
        foreach (var client in _clients)
            World.Schedule(null, TimeSpan.Zero, "client asks again", () => _ = client.AskAgainAsync());
        World.Run(World.Now, () => Failed);
        World.Run(World.Now + Options.Recovery, () => Failed || _clients.All(c => c.IsDone));
        if (!_clients.All(c => c.IsDone))
            Violations.Add("results could not be asked for again");
    }

    private bool Settled() => _clients.All(c => c.IsDone) && Unsettled().Length == 0;

    private string Unsettled()
    {
        var open = new List<string>();
        if (_clients.Count(c => !c.IsDone) is > 0 and var waiting)
            open.Add($"{waiting} clients wait ({History.EndedCount} of {History.AcceptedCount} requests have a result)");
        foreach (var node in Nodes.Where(n => n.UpCount != NodeCount))
            open.Add($"{node.Name} {(node.IsRunning ? $"sees {node.UpCount} members up" : "does not run")}");
        if (Lan.Holdings.Count != 1)
            open.Add($"{Lan.Holdings.Count} nodes have the virtual IP");
        foreach (var image in Ceph.Images.Values.Where(i => i.Partial || i.Volume.Image.StartsWith(Messages.VolumeId.ReservedPrefix, StringComparison.Ordinal)))
            open.Add($"{image.Volume} is there{(image.Partial ? " in part" : "")}");
        return string.Join("; ", open);
    }

    private Config Configure()
    {
        var chance = World.Stream("configuration");
        var often = chance.Next(2) == 0;
        var standard = ConfigurationFactory.ParseString(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "akka.hocon")));
        var trusted = standard.GetStringList("akka.remote.trusted-selection-paths").Concat(NumberedTraffic.CoordinatorPaths);
        return ConfigurationFactory.ParseString($$"""
            akka {
              remote.trusted-selection-paths = ["{{string.Join("\", \"", trusted)}}"]
              loglevel = {{(Options.Trace ? "INFO" : "ERROR")}}
              persistence.journal.plugin = "akka.persistence.journal.store"
              persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.store"
            }
            mooring {
              workers.count = {{chance.Next(1, 4)}}
              volumes.snapshot-every = {{(often ? 4 : 100)}}
              volumes.results-max = {{(often ? 2 : 64)}}
              operations.snapshot-every = {{(often ? 15 : 1000)}}
              operations.results-in-memory-max = {{(often ? 2 : 5000)}}
            }
            """).WithFallback(standard);
    }
}
