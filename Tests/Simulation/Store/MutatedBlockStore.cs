using Akka.Simulation;
using Mooring.Messages;
using Mooring.Storage;
using Mooring.Tests.Simulation.Runs;

namespace Mooring.Tests.Simulation.Store;

/// <summary>A connection on which a safeguard of Mooring does nothing: what the node does is as if it had none.</summary>
internal sealed class MutatedBlockStore(SimulatedCeph ceph, SimulatedProcess process, Mutation mutation) : SimulatedBlockStore(ceph, process)
{
    // Whoever asks believes to have the lease.
    public override async Task<LeaseAttempt> AcquireLeaseAsync(
        string name, LeaseHolder holder, TimeSpan duration, string reason, Epoch agreed, CancellationToken cancellationToken)
    {
        var attempt = await base.AcquireLeaseAsync(name, holder, duration, reason, agreed, cancellationToken);
        return mutation == Mutation.NoLeaseCheck && !attempt.Acquired ? attempt with { Acquired = true, Current = null } : attempt;
    }

    public override async Task<bool> RenewLeaseAsync(string name, LeaseHolder holder, Epoch epoch, TimeSpan duration, CancellationToken cancellationToken) =>
        await base.RenewLeaseAsync(name, holder, epoch, duration, cancellationToken) || mutation == Mutation.NoLeaseCheck;

    // Whoever fences believes that it is done.
    public override Task FenceAsync(FenceAddress address, TimeSpan duration, CancellationToken cancellationToken) =>
        mutation == Mutation.NoFencing ? IsFencedAsync(address, cancellationToken) : base.FenceAsync(address, duration, cancellationToken);
}
