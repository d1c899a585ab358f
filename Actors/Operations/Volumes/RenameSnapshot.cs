using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Gives a snapshot another name.</summary>
/// <param name="Volume">Its volume.</param>
/// <param name="Snapshot">Its name now.</param>
/// <param name="NewName">Its new name.</param>
public sealed record RenameSnapshot(VolumeId Volume, string Snapshot, string NewName) : VolumeCommand(Volume);

internal sealed class RenameSnapshotOperation : SnapshotOperation<RenameSnapshot>
{
    private readonly Parameter<VolumeId> _volume;
    private readonly Parameter<string> _snapshot;
    private readonly Parameter<string> _newName;

    public RenameSnapshotOperation()
        : base("volume.snapshot.rename", "Give a snapshot another name.", "PATCH /v1/volumes/{volume}/snapshots/{snapshot}")
    {
        _volume = Volume("volume", c => c.Volume);
        _snapshot = Snapshot(_volume, c => c.Snapshot);
        _newName = NameForSnapshot("new-name", c => c.NewName, "Its new name.", httpName: "name");
    }

    public override VolumeCommand Make(Given given) => new RenameSnapshot(given.Get(_volume), given.Get(_snapshot), given.Get(_newName));

    public override Reconciliation Reconcile(RenameSnapshot command, SnapshotId noted, ImageSnapshots found) =>
        Same(noted, command.NewName, found) is not null ? Reconciliation.Done
        : Same(noted, command.Snapshot, found) is not null ? Reconciliation.NotBegun
        : Reconciliation.Foreign;

    protected override string NameIn(RenameSnapshot command) => command.Snapshot;

    protected override OperationError? Invalid(RenameSnapshot command) =>
        command.Snapshot == command.NewName ? OperationErrors.Wrong($"snapshot '{command.Snapshot}' has that name already") : null;

    protected override OperationError? Forbids(RenameSnapshot command, ImageSnapshots snapshots) =>
        snapshots.Find(command.NewName) is null ? null : OperationErrors.SnapshotExists(command.Volume, command.NewName);

    protected override Task ChangeAsync(AttemptContext context, RenameSnapshot command) =>
        context.Store.RenameSnapshotAsync(command.Volume, command.Snapshot, command.NewName, context.Cancellation);
}
