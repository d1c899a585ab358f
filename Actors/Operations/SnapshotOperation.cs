using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>
/// A change of one snapshot of a volume. Its intent notes a snapshot's id, by which an attempt in doubt tells what has become of it, whatever the
/// names are by then. A client that has the image open carries such a change out for whoever asks (librbd), also a moment after the asking worker
/// was shut out: what then comes in the way of the next attempt is looked at again. Assumed of others: nobody makes, renames or removes a snapshot of
/// the name in question past Mooring while the operation is in doubt.
/// </summary>
/// <typeparam name="TCommand">The command.</typeparam>
/// <inheritdoc/>
public abstract class SnapshotOperation<TCommand>(string kind, string summary, string route) : Operation<TCommand>(kind, summary, route)
    where TCommand : VolumeCommand
{
    /// <summary>What is left to do, from what the store shows now.</summary>
    /// <param name="command">The command.</param>
    /// <param name="noted">The id that was noted before the first attempt.</param>
    /// <param name="found">The snapshots of the same image now.</param>
    /// <returns>What to do.</returns>
    public abstract Reconciliation Reconcile(TCommand command, SnapshotId noted, ImageSnapshots found);

    /// <summary>The name of the snapshot.</summary>
    /// <param name="command">The command.</param>
    /// <returns>The name.</returns>
    protected abstract string NameIn(TCommand command);

    /// <summary>The change itself.</summary>
    /// <param name="context">The attempt.</param>
    /// <param name="command">The command.</param>
    /// <returns>Completes when it is done.</returns>
    protected abstract Task ChangeAsync(AttemptContext context, TCommand command);

    /// <summary>The id to note.</summary>
    /// <param name="command">The command.</param>
    /// <param name="snapshots">The snapshots before the first attempt.</param>
    /// <returns>The id; null when there is none and the operation may not begin.</returns>
    protected virtual SnapshotId? NoteOf(TCommand command, ImageSnapshots snapshots) => snapshots.Find(NameIn(command))?.Id;

    /// <summary>What is told when the snapshot was taken away, or its name was taken, by somebody else.</summary>
    /// <param name="command">The command.</param>
    /// <returns>The error.</returns>
    protected virtual OperationError Lost(TCommand command) => OperationErrors.MissingSnapshot(command.Volume, NameIn(command));

    /// <summary>What the snapshots as they are forbid.</summary>
    /// <param name="command">The command.</param>
    /// <param name="snapshots">The snapshots before the first attempt.</param>
    /// <returns>The error, or null.</returns>
    protected virtual OperationError? Forbids(TCommand command, ImageSnapshots snapshots) => null;

    /// <inheritdoc/>
    protected sealed override async Task<VolumeObservation> ObserveAsync(IBlockStore store, TCommand command, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(command.Volume, cancellationToken) is null)
            return new VolumeObservation(null, null, null);
        var snapshots = await store.GetSnapshotsAsync(command.Volume, cancellationToken);
        return new VolumeObservation(snapshots.Image.Value, null, null) { Snapshots = snapshots, Noted = $"{NoteOf(command, snapshots)?.Value}" };
    }

    /// <inheritdoc/>
    protected sealed override OperationError? Forbids(TCommand command, VolumeObservation seen) =>
        base.Forbids(command, seen)
        ?? (NoteOf(command, seen.Snapshots!) is null ? OperationErrors.MissingSnapshot(command.Volume, NameIn(command)) : Forbids(command, seen.Snapshots!));

    /// <inheritdoc/>
    protected sealed override async Task<AttemptResult> RunAsync(AttemptContext context, TCommand command)
    {
        if (context.InDoubt)
        {
            await context.FenceEarlierAsync();
            if (await LookAsync(context, command) is { } settled)
                return settled;
        }
        try
        {
            await ChangeAsync(context, command);
        }
        catch (BlockStoreException e) when (context.InDoubt && OperationErrors.MeaningOf(e.Kind) != ErrorMeaning.InDoubt)
        {
            if (await LookAsync(context, command) is { Error: null } done)
                return done;
            throw;
        }
        context.Pass(CrashPoint.AfterEffect);
        return await DescribeAsync(context, command);
    }

    /// <summary>Whether the snapshot that was noted still has its name.</summary>
    /// <param name="noted">Its id.</param>
    /// <param name="name">Its name.</param>
    /// <param name="found">The snapshots now.</param>
    /// <returns>The snapshot, or null.</returns>
    private protected static ImageSnapshot? Same(SnapshotId noted, string name, ImageSnapshots found) => found.Find(name) is { } snapshot && snapshot.Id == noted ? snapshot : null;

    // Null when there is something left to do.
    private async Task<AttemptResult?> LookAsync(AttemptContext context, TCommand command)
    {
        var found = await context.Store.GetSnapshotsAsync(command.Volume, context.Cancellation);
        if (found.Image.Value != context.ImageIdBefore)
            return new AttemptResult(null, OperationErrors.Missing(command.Volume));
        return Reconcile(command, new SnapshotId(ulong.Parse(context.Noted!, System.Globalization.CultureInfo.InvariantCulture)), found) switch
        {
            Reconciliation.Done => await MendedAsync(context, command),
            Reconciliation.Foreign => new AttemptResult(null, Lost(command)),
            Reconciliation.NotBegun => await NothingAsync(context, command),
            _ => null,
        };
    }

    private static async Task<AttemptResult?> NothingAsync(AttemptContext context, TCommand command)
    {
        await context.NothingIsDoneAsync(command.Volume);
        return null;
    }

    private static async Task<AttemptResult> MendedAsync(AttemptContext context, TCommand command)
    {
        await context.MendSnapshotsAsync(command.Volume);
        return await DescribeAsync(context, command);
    }

    private static async Task<AttemptResult> DescribeAsync(AttemptContext context, TCommand command) => new(
        ImageDescription.Of(await context.Store.GetAsync(command.Volume, context.Cancellation)) with
        {
            Snapshots = ImageDescription.Of(await context.Store.GetSnapshotsAsync(command.Volume, context.Cancellation)),
        });
}
