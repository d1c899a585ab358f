using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Ends the move of a volume: removes what it was moved from.</summary>
/// <param name="Volume">The target of the migration.</param>
public sealed record CommitMigration(VolumeId Volume) : VolumeCommand(Volume);

internal sealed class CommitMigrationOperation : MigrationOperation<CommitMigration>
{
    private readonly Parameter<VolumeId> _volume;

    public CommitMigrationOperation()
        : base(
            "volume.migration.commit", "End the move of a volume whose data have been copied: remove what it was moved from; librbd cannot stop this.",
            "POST /v1/volumes/{volume}/migration/commit") => _volume = Volume("volume", c => c.Volume);

    public override bool TouchesMore => true;

    public override VolumeCommand Make(Given given) => new CommitMigration(given.Get(_volume));

    protected override OperationError? Forbids(ImageMigration migration) => migration.State == MigrationState.Executed ? null
        : OperationErrors.Wrong($"the migration to {migration.Target} is {migration.State.Text()}; one that has been executed can be committed");

    protected override Task ChangeAsync(AttemptContext context, ImageMigration migration) =>
        context.Store.CommitMigrationAsync(migration, new CrashingProgress(context, CrashingProgress.Begun), context.Cancellation);
}
