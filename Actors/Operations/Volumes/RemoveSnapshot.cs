using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Removes a snapshot.</summary>
/// <param name="Volume">Its volume.</param>
/// <param name="Snapshot">Its name.</param>
public sealed record RemoveSnapshot(VolumeId Volume, string Snapshot) : VolumeCommand(Volume);

// Not beside readers: one of them may be making a clone of it.
internal sealed class RemoveSnapshotOperation : SnapshotOperation<RemoveSnapshot>
{
    private readonly Parameter<VolumeId> _volume;
    private readonly Parameter<string> _snapshot;

    public RemoveSnapshotOperation()
        : base("volume.snapshot.remove", "Remove a snapshot.", "DELETE /v1/volumes/{volume}/snapshots/{snapshot}")
    {
        _volume = Volume("volume", c => c.Volume);
        _snapshot = Snapshot(_volume, c => c.Snapshot);
    }

    public override VolumeCommand Make(Given given) => new RemoveSnapshot(given.Get(_volume), given.Get(_snapshot));

    // The snapshot that was to go is known by its id; another one under its name is somebody else's.
    public override Reconciliation Reconcile(RemoveSnapshot command, SnapshotId noted, ImageSnapshots found) =>
        Same(noted, command.Snapshot, found) is not null ? Reconciliation.NotBegun
        : found.Items.Any(s => s.Id == noted) ? Reconciliation.Foreign
        : Reconciliation.Done;

    protected override string NameIn(RemoveSnapshot command) => command.Snapshot;

    protected override Task ChangeAsync(AttemptContext context, RemoveSnapshot command) =>
        context.Store.RemoveSnapshotAsync(command.Volume, command.Snapshot, context.Cancellation);
}
