using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Keeps a snapshot from being removed.</summary>
/// <param name="Volume">Its volume.</param>
/// <param name="Snapshot">Its name.</param>
public sealed record ProtectSnapshot(VolumeId Volume, string Snapshot) : VolumeCommand(Volume);

internal sealed class ProtectSnapshotOperation : SnapshotOperation<ProtectSnapshot>
{
    private readonly Parameter<VolumeId> _volume;
    private readonly Parameter<string> _snapshot;

    public ProtectSnapshotOperation()
        : base("volume.snapshot.protect", "Keep a snapshot from being removed.", "PUT /v1/volumes/{volume}/snapshots/{snapshot}/protection")
    {
        _volume = Volume("volume", c => c.Volume);
        _snapshot = Snapshot(_volume, c => c.Snapshot);
    }

    public override bool GoesBesideReaders => true;

    public override VolumeCommand Make(Given given) => new ProtectSnapshot(given.Get(_volume), given.Get(_snapshot));

    public override Reconciliation Reconcile(ProtectSnapshot command, SnapshotId noted, ImageSnapshots found) => Same(noted, command.Snapshot, found) switch
    {
        null => Reconciliation.Foreign,
        { IsProtected: true } => Reconciliation.Done,
        _ => Reconciliation.NotBegun,
    };

    protected override string NameIn(ProtectSnapshot command) => command.Snapshot;

    protected override OperationError? Forbids(ProtectSnapshot command, ImageSnapshots snapshots) => snapshots.Find(command.Snapshot) is { IsProtected: true }
        ? new OperationError(ErrorKind.Busy, $"snapshot {command.Volume}@{command.Snapshot} is protected already", 16)
        : null;

    protected override Task ChangeAsync(AttemptContext context, ProtectSnapshot command) =>
        context.Store.ProtectSnapshotAsync(command.Volume, command.Snapshot, context.Cancellation);
}
