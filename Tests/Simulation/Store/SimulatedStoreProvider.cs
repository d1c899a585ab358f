using Akka.Simulation;
using Mooring.Storage;
using Mooring.Tests.Simulation.Runs;

namespace Mooring.Tests.Simulation.Store;

/// <summary>One node's block store.</summary>
public sealed class SimulatedStoreProvider(SimulatedCeph ceph, SimulatedProcess process, Mutation mutation) : IBlockStoreProvider
{
    public string Backend => "simulated";

    public Task<IBlockStore> ConnectAsync(string purpose, int slots, CancellationToken cancellationToken) => ceph.Call<IBlockStore>(
        process,
        ceph.Faults,
        $"connect {purpose}",
        2,
        () => mutation is Mutation.NoFencing or Mutation.NoLeaseCheck
            ? new MutatedBlockStore(ceph, process, mutation)
            : new SimulatedBlockStore(ceph, process),
        cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
