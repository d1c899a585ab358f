using Akka.Simulation;
using Mooring.Messages;

namespace Mooring.Tests.Simulation.Vip;

/// <summary>Who has the virtual IP. Several can, after a mistake; what is sent to it goes to the one that announced it last.</summary>
public sealed class SimulatedLan(SimulationWorld world)
{
    private readonly List<Holding> _holdings = [];
    private long _number;

    public IReadOnlyList<Holding> Holdings => _holdings;

    /// <summary>Where what is sent to the address arrives now.</summary>
    public Holding? Reachable => _holdings.Count > 0 ? _holdings[^1] : null;

    public void PutOn(SimulatedVirtualAddress address, SimulatedProcess process, NodeName node, Epoch epoch)
    {
        TakeOff(address);
        _holdings.Add(new Holding(++_number, address, process, node, epoch));
        world.Trace($"virtual IP on {node} with epoch {epoch}");
    }

    public void TakeOff(SimulatedVirtualAddress address)
    {
        foreach (var holding in _holdings.Where(h => h.Address == address))
            world.Trace($"virtual IP off {holding.Node} with epoch {holding.Epoch}");
        _holdings.RemoveAll(h => h.Address == address);
    }

    public void ProcessIsGone(SimulatedProcess process) => _holdings.RemoveAll(h => h.Process == process);

    public sealed record Holding(long Number, SimulatedVirtualAddress Address, SimulatedProcess Process, NodeName Node, Epoch Epoch);
}
