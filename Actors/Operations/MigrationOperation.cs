using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>
/// A step of a migration after it was prepared. The request names the target; which images it is about is noted before the first attempt, and the store
/// goes on from what a dead attempt has done to these.
/// </summary>
/// <typeparam name="TCommand">The command.</typeparam>
/// <inheritdoc/>
public abstract class MigrationOperation<TCommand>(string kind, string summary, string route) : Operation<TCommand>(kind, summary, route)
    where TCommand : VolumeCommand
{
    /// <summary>What stands in the way, in the state in which the migration is.</summary>
    /// <param name="migration">The migration.</param>
    /// <returns>The error, or null.</returns>
    protected abstract OperationError? Forbids(ImageMigration migration);

    /// <summary>Whether an attempt in doubt has been the last one.</summary>
    /// <param name="context">The attempt.</param>
    /// <param name="migration">The migration as it was before the first attempt.</param>
    /// <returns>True when nothing is left to do.</returns>
    protected virtual Task<bool> IsDoneAsync(AttemptContext context, ImageMigration migration) => Task.FromResult(false);

    /// <summary>The change itself.</summary>
    /// <param name="context">The attempt.</param>
    /// <param name="migration">The migration as it was before the first attempt.</param>
    /// <returns>Completes when it is done.</returns>
    protected abstract Task ChangeAsync(AttemptContext context, ImageMigration migration);

    /// <summary>The image that is told of afterwards.</summary>
    /// <param name="migration">The migration.</param>
    /// <returns>Its name; null when there is none.</returns>
    protected virtual VolumeId? ResultOf(ImageMigration migration) => migration.Target;

    /// <inheritdoc/>
    protected sealed override async Task<VolumeObservation> ObserveAsync(IBlockStore store, TCommand command, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(command.Volume, cancellationToken) is not { } id)
            return new VolumeObservation(null, null, null);
        var migration = await store.GetMigrationAsync(command.Volume, cancellationToken)
            ?? throw new BlockStoreException(OperationErrors.Wrong($"{command.Volume} is not the target of a migration"));
        return Forbids(migration) is { } error
            ? throw new BlockStoreException(error)
            : new VolumeObservation(id.Value, null, null) { Noted = Note(migration) };
    }

    /// <inheritdoc/>
    protected sealed override async Task<AttemptResult> RunAsync(AttemptContext context, TCommand command)
    {
        var migration = Read(context.Noted!, command.Volume, new ImageId(context.ImageIdBefore!));
        if (context.InDoubt)
            await context.FenceEarlierAsync();
        if (!context.InDoubt || !await IsDoneAsync(context, migration))
            await ChangeAsync(context, migration);
        context.Pass(CrashPoint.AfterEffect);
        return new AttemptResult(
            ResultOf(migration) is { } volume ? ImageDescription.Of(await context.Store.GetAsync(volume, context.Cancellation)) : null);
    }

    // ID pool/namespace/image, or nothing of something that is no image.
    private static string Note(ImageMigration migration) => $"{migration.SourceId} {migration.Source}";

    private static ImageMigration Read(string noted, VolumeId target, ImageId id)
    {
        var parts = noted.Split(' ', 2);
        return new ImageMigration(
            parts[1].Length == 0 ? null : VolumeId.FromText(parts[1]), new ImageId(parts[0]), target, id, MigrationState.Prepared, "");
    }
}
