using Akka.Simulation;

namespace Mooring.Tests.Simulation.Store;

/// <summary>A journal that says that an event is there before it is: as if Mooring replied before it persisted.</summary>
internal sealed class MutatedEventLog(SimulatedCeph ceph, SimulatedProcess process) : SimulatedEventLog(ceph, process)
{
    private static readonly TimeSpan Behind = TimeSpan.FromMilliseconds(100);

    private readonly SimulatedProcess _process = process;

    public override Task<bool> AppendAsync(string stream, long firstNumber, IReadOnlyList<ReadOnlyMemory<byte>> events, CancellationToken cancellationToken)
    {
        var said = new TaskCompletionSource<bool>();
        _process.World.Schedule(_process, TimeSpan.FromMilliseconds(1), "says that it is there", () => said.TrySetResult(true));
        _process.World.Schedule(_process, Behind, "writes it", () => _ = base.AppendAsync(stream, firstNumber, events, CancellationToken.None));
        return said.Task;
    }
}
