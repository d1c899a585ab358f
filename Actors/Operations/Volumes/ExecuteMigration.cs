using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Copies the data of a volume that is being moved.</summary>
/// <param name="Volume">The target of the migration.</param>
public sealed record ExecuteMigration(VolumeId Volume) : VolumeCommand(Volume);

// Not stopped: librbd passes over what its progress callback answers (tried with 16.2).
internal sealed class ExecuteMigrationOperation : MigrationOperation<ExecuteMigration>
{
    private readonly Parameter<VolumeId> _volume;

    public ExecuteMigrationOperation()
        : base(
            "volume.migration.execute", "Copy the data of a volume that is being moved, also while it is used; librbd cannot stop this.",
            "POST /v1/volumes/{volume}/migration/execute") => _volume = Volume("volume", c => c.Volume);

    public override bool GoesBesideReaders => true;

    public override bool TouchesMore => true;

    public override VolumeCommand Make(Given given) => new ExecuteMigration(given.Get(_volume));

    protected override OperationError? Forbids(ImageMigration migration) => migration.State is MigrationState.Prepared or MigrationState.Executing ? null
        : OperationErrors.Wrong($"the migration to {migration.Target} is {migration.State.Text()}; a prepared one can be executed");

    protected override async Task<bool> IsDoneAsync(AttemptContext context, ImageMigration migration) =>
        await context.Store.GetMigrationAsync(migration.Target, context.Cancellation) is { State: MigrationState.Executed } now && now.SourceId == migration.SourceId;

    protected override Task ChangeAsync(AttemptContext context, ImageMigration migration) =>
        context.Store.ExecuteMigrationAsync(migration.Target, new CrashingProgress(context), context.Cancellation);
}
