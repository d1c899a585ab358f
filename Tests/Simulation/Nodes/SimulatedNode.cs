using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Akka.Event;
using Akka.Simulation;
using Mooring.Actors;
using Mooring.Actors.Files;
using Mooring.Actors.Journal;
using Mooring.Actors.Membership;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;
using Mooring.Tests.Simulation.Clients;
using Mooring.Tests.Simulation.Runs;
using Mooring.Tests.Simulation.Store;
using Mooring.Tests.Simulation.Vip;

namespace Mooring.Tests.Simulation.Nodes;

/// <summary>
/// A storage node: a process that runs Mooring as the daemon does (Hosts/StorageNode), on the simulated world. It ends when its actor system
/// has ended, and is started again as by a service manager; a process that was killed is started again by the run.
/// </summary>
public sealed class SimulatedNode(SimulationRun run, string name, string host) : ICrashPoints
{
    private static readonly TimeSpan RestartPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan StoreRetryInterval = TimeSpan.FromSeconds(1);

    private readonly Random _chance = run.World.Stream("node " + name);
    private int _incarnation;

    public string Name { get; } = name;

    public string Host { get; } = host;

    public SimulatedProcess? Process { get; private set; }

    public MooringCluster? Mooring { get; private set; }

    public ActorSystem? System { get; private set; }

    /// <summary>Its numbered messages.</summary>
    public NumberedTraffic? Traffic { get; private set; }

    public bool IsRunning => Process is { IsDead: false };

    /// <summary>The point at which it is killed when it passes it the next time.</summary>
    public CrashPoint? KillAt { get; set; }

    /// <summary>Whether it is a member that has come up, as it sees itself.</summary>
    public bool IsUp => IsRunning && Mooring is not null && System is { } system && Cluster.Get(system).SelfMember.Status == MemberStatus.Up;

    /// <summary>How many members it sees up.</summary>
    public int UpCount => IsUp ? Cluster.Get(System!).State.Members.Count(m => m.Status == MemberStatus.Up) : 0;

    public void Start()
    {
        Process = run.World.StartProcess(Name, Host);
        Process.ClockOffset = run.ClockOffsetOf(Name);
        Process.Ended += () => run.Lan.ProcessIsGone(Process);
        KillAt = null;
        Process.Do("starts", () => _ = RunAsync(Process));
    }

    public void Kill(bool silently)
    {
        (Mooring, System, Traffic) = (null, null, null);
        Process?.Crash(silently);
    }

    void ICrashPoints.Pass(CrashPoint point, OperationId operation, string kind)
    {
        run.World.Trace($"{Name} passes {point} of {operation} ({kind})");
        if (KillAt != point)
            return;
        KillAt = null;
        run.Injected($"kill at {point}");
        Kill(silently: false);
        run.StartLater(this, run.DownTime());
        throw new ProcessCrashedException();
    }

    private async Task RunAsync(SimulatedProcess process)
    {
        try
        {
            await WaitForStoreAsync(process);
            await RunMooringAsync(process);
        }
        catch (Exception e) when (e is not ProcessCrashedException)
        {
            run.World.Trace($"{Name} could not start: {e.GetType().Name}: {e.Message.Split('\n')[0]}");
            if (e is not BlockStoreException)
                run.Violations.Add($"{Name} could not start: {e}");
        }
        (Mooring, System, Traffic) = (null, null, null);
        process.Exit();
        run.StartLater(this, RestartPause);
    }

    private async Task WaitForStoreAsync(SimulatedProcess process)
    {
        await using var store = new SimulatedStoreProvider(run.Ceph, process, run.Options.Mutation);
        while (true)
        {
            try
            {
                await (await store.ConnectAsync("start", 1, CancellationToken.None)).DisposeAsync();
                return;
            }
            catch (BlockStoreException)
            {
                await Task.Delay(StoreRetryInterval, process.Clock);
            }
        }
    }

    private async Task RunMooringAsync(SimulatedProcess process)
    {
        await using var store = new SimulatedStoreProvider(run.Ceph, process, run.Options.Mutation);
        var address = new SimulatedVirtualAddress(run.Lan, process, new NodeName(Name), _chance, run.Options.Mutation);
        var hocon = ConfigurationFactory.ParseString(process.Hocon)
            .WithFallback(ConfigurationFactory.ParseString($"mooring.node {{ name = \"{Name}\", address = \"{Host}\" }}"))
            .WithFallback(run.Hocon)
            .WithFallback(MooringCluster.DefaultConfig());
        var system = ActorSystem.Create("mooring", hocon);
        if (run.Options.Trace)
            SimulatedProcess.TapLog(system, line => Log(line));
        var incarnation = $"{Name}-{++_incarnation}";
        run.World.Trace($"{incarnation} starts");
        var log = new MutatedEventLog(run.Ceph, process, run.Options.Mutation);
        EventLogExtension.Register(system, log);
        var settings = MooringSettings.From(hocon.GetConfig("mooring"));
        var services = new MooringServices
        {
            Settings = settings,
            Store = store,
            VirtualAddress = address,
            LeaseKeeper = new SimulatedLeaseKeeper(process, settings, address.Release, run.Options.Mutation == Mutation.WatchdogOff),
            Seeds = run.Seeds,
            ProbePeer = ProbeAsync,
            Incarnation = incarnation,
            Clock = process.Clock,
            CrashPoints = this,
            ConnectData = (address, _) => throw new IOException($"nobody streams files to {address} in a simulation"),
            Entropy = new SeededEntropy(_chance),
        };
        var mooring = MooringCluster.Start(system, services);
        if (process.IsDead)
            throw new ProcessCrashedException();
        (System, Mooring) = (system, mooring);
        Traffic = NumberedTraffic.Start(run, process, system, incarnation, run.World.Stream($"numbered {incarnation}"));
        await system.WhenTerminated;
        run.World.Trace($"{incarnation} has ended");
    }

    private async Task<PeerAnswer> ProbeAsync(Address peer) =>
        await run.World.Network.Probe(Process!, peer.Host!, peer.Port!.Value, ProbeLimit) switch
        {
            EndpointAnswer.Accepts => PeerAnswer.Accepts,
            EndpointAnswer.Refuses => PeerAnswer.Refuses,
            _ => PeerAnswer.Silent,
        };

    private void Log(LogEvent line)
    {
        var cause = line.Cause is { } e ? $" ({e.GetType().Name}: {e.Message.Split('\n')[0]})" : "";
        // Its first line: some messages hold a stack trace, which is as the compiler has laid it out that time.
        run.Say($"{Name} {line.LogLevel()} {line.LogSource}: {line.Message.ToString()?.Split('\n')[0]}{cause}");
    }

    private sealed class SeededEntropy(Random chance) : IEntropy
    {
        public byte[] Bytes(int count)
        {
            var bytes = new byte[count];
            chance.NextBytes(bytes);
            return bytes;
        }
    }
}
