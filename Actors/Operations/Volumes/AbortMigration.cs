using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Undoes the move of a volume: it is what and where it was, with what has been written meanwhile.</summary>
/// <param name="Volume">The target of the migration.</param>
public sealed record AbortMigration(VolumeId Volume) : VolumeCommand(Volume);

// Not stopped: it would end where nobody could use the volume.
internal sealed class AbortMigrationOperation : MigrationOperation<AbortMigration>
{
    private readonly Parameter<VolumeId> _volume;

    public AbortMigrationOperation()
        : base(
            "volume.migration.abort", "Undo the move of a volume, and keep what was written meanwhile; nobody may have it open. librbd cannot stop this.",
            "POST /v1/volumes/{volume}/migration/abort") => _volume = Volume("volume", c => c.Volume);

    public override bool TouchesMore => true;

    public override VolumeCommand Make(Given given) => new AbortMigration(given.Get(_volume));

    protected override OperationError? Forbids(ImageMigration migration) => null;

    protected override VolumeId? ResultOf(ImageMigration migration) => migration.Source;

    protected override async Task ChangeAsync(AttemptContext context, ImageMigration migration)
    {
        // While it has its target all can be left as it is.
        if (!context.InDoubt && migration.Source is { } source && await context.Store.FindAsync(source, context.Cancellation) is not null)
            throw new BlockStoreException(OperationErrors.Exists(source));
        await context.Store.AbortMigrationAsync(migration, new CrashingProgress(context, CrashingProgress.Begun), context.Cancellation);
    }
}
