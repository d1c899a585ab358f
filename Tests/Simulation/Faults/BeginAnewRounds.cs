using Akka.Cluster;
using Mooring.Tests.Simulation.Nodes;
using Mooring.Tests.Simulation.Runs;
using Mooring.Tests.Simulation.Store;

namespace Mooring.Tests.Simulation.Faults;

/// <summary>
/// Has each node begin anew many times, in random order and for each reason that there is, and kills the owner after each: a node that has begun
/// anew is worth as much as a new one.
/// </summary>
public sealed class BeginAnewRounds(SimulationRun run) : INemesis
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    // Longer than a node that is cut off from the store stays, and than the others wait for one that is silent.
    private static readonly TimeSpan AnewMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan WholeMax = TimeSpan.FromSeconds(60);

    // A kill is noticed at once, a power loss by silence; of two that are up the one that is left has no majority, and begins anew itself.
    private static readonly TimeSpan SuccessorMax = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SuccessorOfTwoMax = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SuccessorOfSilentMax = TimeSpan.FromSeconds(6);

    private readonly Random _chance = run.World.Stream("rounds");

    private enum Reason
    {
        LinkLost,
        Fenced,
        Paused,
        Removed,
    }

    public bool IsOver { get; private set; }

    public async Task RunAsync()
    {
        var rounds = run.Nodes.SelectMany(node => Enumerable.Range(0, run.Options.Rounds).Select(i => (node, (Reason)(i % Enum.GetValues<Reason>().Length)))).ToArray();
        _chance.Shuffle(rounds);
        foreach (var (node, reason) in rounds)
        {
            if (!await RoundAsync(node, reason))
                break;
        }
        IsOver = true;
    }

    private async Task<bool> RoundAsync(SimulatedNode node, Reason reason)
    {
        run.Injected(reason.ToString());
        var before = node.Process;
        var undo = Strike(node, reason);
        var anew = await UntilAsync($"{node.Name} begins anew ({reason})", AnewMax, () => node.IsRunning && node.Process != before);
        undo();
        if (!anew)
            return false;
        // Also while it comes up, and the others are two.
        var early = _chance.Next(3) == 0;
        if (early)
            await run.World.Delay(TimeSpan.FromSeconds(2 * _chance.NextDouble()));
        else if (!await UntilAsync("all nodes are up again", WholeMax, IsWhole))
            return false;

        if (OwnerNode() is { } owner)
        {
            var silently = !early && _chance.Next(4) == 0;
            run.Injected(silently ? "owner lost power" : early ? "owner killed early" : "owner killed");
            owner.Kill(silently);
            var succeeded = await UntilAsync(
                $"{owner.Name} has a successor after {node.Name} had begun anew ({reason})",
                silently ? SuccessorOfSilentMax : early ? SuccessorOfTwoMax : SuccessorMax,
                () => OwnerNode() is { } next && next != owner);
            run.StartLater(owner, TimeSpan.Zero);
            if (!succeeded)
                return false;
        }
        return await UntilAsync("all nodes are up again", WholeMax, IsWhole);
    }

    private Action Strike(SimulatedNode node, Reason reason)
    {
        switch (reason)
        {
            case Reason.LinkLost:
                run.World.Network.Cut(node.Host, SimulatedCeph.Host);
                run.World.Network.Cut(SimulatedCeph.Host, node.Host);
                return run.World.Network.HealAll;
            case Reason.Fenced:
                run.Ceph.FenceAllOf(node.Host);
                return () => { };
            case Reason.Paused:
                var process = node.Process!;
                process.Pause();
                run.World.Schedule(null, TimeSpan.FromSeconds(5 + (5 * _chance.NextDouble())), $"{node.Name} is continued", process.Resume);
                return () => { };
            default:
                var by = run.Nodes.First(n => n != node);
                var address = Cluster.Get(node.System!).SelfAddress;
                by.Process!.Do($"removes {node.Name}", () => Cluster.Get(by.System!).Down(address));
                return () => { };
        }
    }

    private bool IsWhole() => run.Nodes.All(n => n.UpCount == run.Nodes.Count) && OwnerNode() is not null;

    private SimulatedNode? OwnerNode() => run.Lan.Holdings.Count == 1 ? run.Nodes.FirstOrDefault(n => n.IsRunning && n.Process == run.Lan.Holdings[0].Process) : null;

    private async Task<bool> UntilAsync(string what, TimeSpan limit, Func<bool> holds)
    {
        for (var end = run.World.Now + limit; !holds();)
        {
            if (run.World.Now > end)
            {
                run.Violations.Add($"not within {limit.TotalSeconds:0} s: {what}");
                return false;
            }
            await run.World.Delay(PollInterval);
        }
        return true;
    }
}
