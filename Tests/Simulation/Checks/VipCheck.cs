using Mooring.Tests.Simulation.Runs;
using Mooring.Tests.Simulation.Vip;

namespace Mooring.Tests.Simulation.Checks;

/// <summary>Nobody has the virtual IP without a valid lease of that epoch, and no two at once; a process that is stopped does not act.</summary>
public sealed class VipCheck(SimulationRun run)
{
    private readonly HashSet<long> _found = [];

    public void Check()
    {
        foreach (var holding in run.Lan.Holdings)
        {
            if (!holding.Process.IsPaused && !run.Ceph.Leases.IsHeld(run.LeaseName, holding.Node, holding.Epoch) && _found.Add(holding.Number))
                run.Violations.Add($"{holding.Node} has the virtual IP with epoch {holding.Epoch}, and not the lease");
        }
        if (run.Lan.Holdings.Where(holding => !holding.Process.IsPaused).ToList() is [var first, _, ..] && _found.Add(-first.Number))
            run.Violations.Add($"{string.Join(" and ", run.Lan.Holdings.Select(holding => $"{holding.Node} ({holding.Epoch})"))} have the virtual IP");
    }

    public SimulatedLan.Holding? Owner => run.Lan.Holdings.SingleOrDefault();
}
