using Mooring.Actors.Volumes;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Actors.Operations;

/// <summary>Everything that one attempt works with.</summary>
/// <param name="Store">The worker's own connection.</param>
/// <param name="Operation">The operation.</param>
/// <param name="Attempt">Which attempt; 1 for the first.</param>
/// <param name="ImageIdBefore">The image under the volume's name before the first attempt.</param>
/// <param name="EarlierWorkers">The connections of earlier attempts, which may have left work half done.</param>
/// <param name="FenceDuration">For how long they are shut out.</param>
/// <param name="Progress">Told the share that is done.</param>
/// <param name="CrashPoints">Told at each crash point.</param>
/// <param name="Clock">The time.</param>
/// <param name="Cancellation">Stops a long operation at its next step.</param>
public sealed record AttemptContext(
    IBlockStore Store,
    OperationId Operation,
    int Attempt,
    string? ImageIdBefore,
    IReadOnlyList<FenceAddress> EarlierWorkers,
    TimeSpan FenceDuration,
    IProgress<double> Progress,
    ICrashPoints CrashPoints,
    TimeProvider Clock,
    CancellationToken Cancellation)
{
    /// <summary>Whether an earlier attempt may have taken effect.</summary>
    public bool InDoubt => Attempt > 1;

    /// <summary>The name under which this or an earlier attempt does its work.</summary>
    /// <param name="target">The volume that the operation makes.</param>
    /// <param name="attempt">Which attempt.</param>
    /// <returns>A reserved name in the same pool and namespace.</returns>
    public VolumeId WorkName(VolumeId target, int attempt) =>
        target with { Image = $"{VolumeId.ReservedPrefix}{Operation}.{attempt}" };

    /// <summary>Shuts out every earlier attempt. Its own connection is never among them.</summary>
    /// <returns>Completes when none of them can take effect any more.</returns>
    public Task FenceEarlierAsync() => Task.WhenAll(EarlierWorkers
        .Where(worker => worker != Store.Address)
        .Distinct()
        .Select(worker => Store.FenceAsync(worker, FenceDuration, Cancellation)));
}

/// <summary>What an operation did: the volume afterwards, or why not, and whether images are left to be removed.</summary>
/// <param name="Volume">The volume afterwards, if there is one.</param>
/// <param name="Error">Why it failed; null when it took effect.</param>
/// <param name="Leftovers">Whether work of this or earlier attempts is still to be removed.</param>
public sealed record ProcedureResult(VolumeInfo? Volume, OperationError? Error = null, bool Leftovers = false);

/// <summary>Carries out one kind of operation on the block store. Stateless.</summary>
public interface IVolumeProcedure
{
    /// <summary>Looks at what the operation is about, by cheap reads.</summary>
    /// <param name="store">Any connection.</param>
    /// <param name="command">The operation.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>What the store shows.</returns>
    Task<VolumeObservation> ObserveAsync(IBlockStore store, VolumeCommand command, CancellationToken cancellationToken);

    /// <summary>Makes the operation take effect, exactly once whatever earlier attempts did.</summary>
    /// <param name="context">The attempt.</param>
    /// <param name="command">The operation.</param>
    /// <returns>What it did.</returns>
    /// <exception cref="BlockStoreException">With a kind that leaves it in doubt, or that is its result.</exception>
    Task<ProcedureResult> RunAsync(AttemptContext context, VolumeCommand command);

    /// <summary>Removes what the attempts of an ended operation left, after shutting all of them out but the store's own connection.</summary>
    /// <param name="context">The last attempt.</param>
    /// <param name="command">The operation.</param>
    /// <returns>Completes when nothing is left.</returns>
    Task CleanUpAsync(AttemptContext context, VolumeCommand command);
}
