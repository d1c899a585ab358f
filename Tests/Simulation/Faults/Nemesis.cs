using Akka.Actor;
using Akka.Simulation;
using Mooring.Actors;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Tests.Simulation.Nodes;
using Mooring.Tests.Simulation.Runs;
using Mooring.Tests.Simulation.Store;

namespace Mooring.Tests.Simulation.Faults;

/// <summary>Does harm, by chance from the seed, for a time; then heals everything.</summary>
public sealed class Nemesis(SimulationRun run) : INemesis
{
    private readonly Random _chance = run.World.Stream("nemesis");

    public bool IsOver { get; private set; }

    public async Task RunAsync()
    {
        var end = run.World.Now + run.Options.Harm;
        while (run.World.Now < end)
        {
            await run.World.Delay(Between(0.2, 4));
            Strike();
        }
        Heal();
        IsOver = true;
    }

    private void Strike()
    {
        var node = run.Nodes[_chance.Next(run.Nodes.Count)];
        switch (_chance.Next(19))
        {
            case 0 or 1 when node.IsRunning:
                Kill(node, silently: false);
                break;
            case 2 when node.IsRunning:
                Kill(node, silently: true);
                break;
            case 3 when OwnerNode() is { } owner:
                Kill(owner, silently: _chance.Next(3) == 0);
                break;
            case 4 or 5 when node.IsRunning:
                node.KillAt = (CrashPoint)_chance.Next(Enum.GetValues<CrashPoint>().Length);
                break;
            case 6:
                Pause(_chance.Next(2) == 0 ? OwnerNode() ?? node : node);
                break;
            case 7:
                Cut("link", node.Host, Other(node).Host, oneWay: _chance.Next(2) == 0);
                break;
            case 8:
                Isolate(node);
                break;
            case 9:
                Cut("store link", node.Host, SimulatedCeph.Host, oneWay: _chance.Next(3) == 0);
                break;
            case 10 when run.World.Network.BreakOne(_chance) is not null:
                run.Injected("connection broken");
                break;
            case 11:
                SlowNetwork();
                break;
            case 12:
                Disturb("store disturbed", run.Ceph.Faults);
                break;
            case 13:
                Disturb("journal disturbed", run.Ceph.JournalFaults);
                break;
            case 14:
                TurnClock(node);
                break;
            case 15:
                Fill();
                break;
            case 16:
                KillWithCallsUnderWay(node);
                break;
            case 17 or 18 when node is { Mooring: { } mooring, Process: { IsDead: false } process }:
                Order(mooring, process);
                break;
        }
    }

    // As operators may, in the midst of everything.
    private void Order(MooringCluster mooring, SimulatedProcess process)
    {
        var about = new NodeName(run.Nodes[_chance.Next(run.Nodes.Count)].Name);
        INodeOrder order = _chance.Next(4) switch
        {
            0 => new DrainNode(about),
            1 => new MoveVip(null, about),
            2 => new MoveVip(null, null),
            _ => new ResumeNode(about),
        };
        run.Injected($"order {order.GetType().Name}");
        process.Do($"{order}", () => (order is ResumeNode ? mooring.Dispatcher : mooring.Owner).Tell(order, ActorRefs.NoSender));
    }

    private void Kill(SimulatedNode node, bool silently)
    {
        run.Injected(silently ? "power loss" : "kill");
        node.Kill(silently);
        run.StartLater(node, run.DownTime());
    }

    // The store carries out what the node has asked for long after others have taken over what it did.
    private void KillWithCallsUnderWay(SimulatedNode node)
    {
        run.Ceph.Faults.Late = 0.5;
        run.World.Schedule(null, Between(0.1, 0.5), $"{node.Name} dies with calls under way", () =>
        {
            run.Ceph.Faults.Clear();
            if (node.IsRunning)
                Kill(node, silently: _chance.Next(2) == 0);
        });
    }

    private void Pause(SimulatedNode node)
    {
        if (node.Process is not { IsDead: false, IsPaused: false } process)
            return;
        run.Injected("pause");
        process.Pause();
        run.World.Schedule(null, Between(0.1, 9), $"{node.Name} is continued", process.Resume);
    }

    private void Cut(string kind, string one, string other, bool oneWay)
    {
        run.Injected(oneWay ? $"{kind} cut one way" : $"{kind} cut");
        var ways = oneWay ? (_chance.Next(2) == 0 ? [(one, other)] : [(other, one)]) : new[] { (one, other), (other, one) };
        CutFor(Between(0.2, 10), ways);
    }

    private void Isolate(SimulatedNode node)
    {
        run.Injected("isolation");
        var others = run.Nodes.Where(n => n != node).Select(n => n.Host).ToList();
        if (_chance.Next(3) == 0)
            others.Add(SimulatedCeph.Host);
        CutFor(Between(0.5, 10), [.. others.SelectMany(o => new[] { (node.Host, o), (o, node.Host) })]);
    }

    private void CutFor(TimeSpan time, (string From, string To)[] ways)
    {
        foreach (var (from, to) in ways)
        {
            run.World.Trace($"cut from {from} to {to}");
            run.World.Network.Cut(from, to);
        }
        run.World.Schedule(null, time, $"heals {string.Join(", ", ways)}", () =>
        {
            foreach (var (from, to) in ways)
                run.World.Network.Heal(from, to);
        });
    }

    private void SlowNetwork()
    {
        run.Injected("slow network");
        run.World.Network.DelayExtra = Between(0.001, 0.3);
        run.World.Schedule(null, Between(0.5, 5), "network is quick again", () => run.World.Network.DelayExtra = TimeSpan.Zero);
    }

    private void Disturb(string kind, StoreFaults faults)
    {
        run.Injected(kind);
        // The journal's adapter has no answer that puts it off.
        switch (_chance.Next(faults == run.Ceph.Faults ? 5 : 4))
        {
            case 4:
                faults.PutOff = _chance.NextDouble() * 0.5;
                break;
            case 0:
                faults.Slow = _chance.NextDouble() * 0.5;
                break;
            case 1:
                faults.Error = _chance.NextDouble() * 0.3;
                break;
            case 2:
                faults.Late = _chance.NextDouble() * 0.15;
                break;
            default:
                faults.Silent = _chance.NextDouble() * 0.15;
                break;
        }
        run.World.Schedule(null, Between(0.5, 6), $"{kind} no longer", faults.Clear);
    }

    private void Fill()
    {
        var (kind, faults) = _chance.Next(2) == 0 ? ("pool full", run.Ceph.Faults) : ("journal full", run.Ceph.JournalFaults);
        run.Injected(kind);
        faults.Full = true;
        run.World.Schedule(null, Between(0.5, 8), $"{kind} no longer", () => faults.Full = false);
    }

    private void TurnClock(SimulatedNode node)
    {
        run.Injected("clock jump");
        var offset = Between(-3600, 3600);
        run.TurnClock(node, offset);
    }

    private void Heal()
    {
        run.World.Trace("all is healed from now on");
        run.World.Network.HealAll();
        run.World.Network.DelayExtra = TimeSpan.Zero;
        run.Ceph.Faults.Clear();
        run.Ceph.JournalFaults.Clear();
        // Every node is resumed, and no order that is still on its way is taken.
        run.Ceph.Records.Clear();
        run.Ceph.RecordsAreFixed = true;
        foreach (var node in run.Nodes)
        {
            node.KillAt = null;
            node.Process?.Resume();
        }
    }

    private SimulatedNode? OwnerNode() => run.Lan.Reachable is { } holding ? run.Nodes.FirstOrDefault(n => n.Process == holding.Process && n.IsRunning) : null;

    private SimulatedNode Other(SimulatedNode node)
    {
        var others = run.Nodes.Where(n => n != node).ToList();
        return others[_chance.Next(others.Count)];
    }

    private TimeSpan Between(double min, double max) => TimeSpan.FromSeconds(min + ((max - min) * _chance.NextDouble()));
}
