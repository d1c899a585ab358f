using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Ends a snapshot's protection.</summary>
/// <param name="Volume">Its volume.</param>
/// <param name="Snapshot">Its name.</param>
public sealed record UnprotectSnapshot(VolumeId Volume, string Snapshot) : VolumeCommand(Volume);

// Not beside readers: one of them may be making a clone of it. An attempt that died in between leaves the store's "unprotecting", which counts as
// protected and from which the next one goes on.
internal sealed class UnprotectSnapshotOperation : SnapshotOperation<UnprotectSnapshot>
{
    private readonly Parameter<VolumeId> _volume;
    private readonly Parameter<string> _snapshot;

    public UnprotectSnapshotOperation()
        : base("volume.snapshot.unprotect", "End a snapshot's protection.", "DELETE /v1/volumes/{volume}/snapshots/{snapshot}/protection")
    {
        _volume = Volume("volume", c => c.Volume);
        _snapshot = Snapshot(_volume, c => c.Snapshot);
    }

    public override VolumeCommand Make(Given given) => new UnprotectSnapshot(given.Get(_volume), given.Get(_snapshot));

    public override Reconciliation Reconcile(UnprotectSnapshot command, SnapshotId noted, ImageSnapshots found) => Same(noted, command.Snapshot, found) switch
    {
        null => Reconciliation.Foreign,
        { IsProtected: false } => Reconciliation.Done,
        _ => Reconciliation.NotBegun,
    };

    protected override string NameIn(UnprotectSnapshot command) => command.Snapshot;

    protected override OperationError? Forbids(UnprotectSnapshot command, ImageSnapshots snapshots) =>
        snapshots.Find(command.Snapshot) is { IsProtected: false } ? OperationErrors.Wrong($"snapshot {command.Volume}@{command.Snapshot} is not protected") : null;

    protected override Task ChangeAsync(AttemptContext context, UnprotectSnapshot command) =>
        OwnRemains.PutOffAsync(command.Volume, () => context.Store.UnprotectSnapshotAsync(command.Volume, command.Snapshot, context.Cancellation));
}
