using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Keeps a volume's data as they are now.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Snapshot">The snapshot's name.</param>
public sealed record CreateSnapshot(VolumeId Volume, string Snapshot) : VolumeCommand(Volume);

internal sealed class CreateSnapshotOperation : SnapshotOperation<CreateSnapshot>
{
    private readonly Parameter<VolumeId> _volume;
    private readonly Parameter<string> _snapshot;

    public CreateSnapshotOperation()
        : base("volume.snapshot.create", "Keep a volume's data as they are now.", "POST /v1/volumes/{volume}/snapshots")
    {
        _volume = Volume("volume", c => c.Volume);
        _snapshot = Snapshot(_volume, c => c.Snapshot, httpName: "name");
    }

    public override bool GoesBesideReaders => true;

    public override VolumeCommand Make(Given given) => new CreateSnapshot(given.Get(_volume), given.Get(_snapshot));

    // The name was free, and ids rise: one of that name with a higher id than any before was made since. With a lower one, somebody has renamed it.
    public override Reconciliation Reconcile(CreateSnapshot command, SnapshotId noted, ImageSnapshots found) => found.Find(command.Snapshot) switch
    {
        null => Reconciliation.NotBegun,
        var snapshot when snapshot.Id.Value > noted.Value => Reconciliation.Done,
        _ => Reconciliation.Foreign,
    };

    protected override string NameIn(CreateSnapshot command) => command.Snapshot;

    protected override SnapshotId? NoteOf(CreateSnapshot command, ImageSnapshots snapshots) => snapshots.Items.Select(s => s.Id).LastOrDefault();

    protected override OperationError Lost(CreateSnapshot command) => OperationErrors.SnapshotExists(command.Volume, command.Snapshot);

    protected override OperationError? Forbids(CreateSnapshot command, ImageSnapshots snapshots) =>
        snapshots.Find(command.Snapshot) is null ? null : OperationErrors.SnapshotExists(command.Volume, command.Snapshot);

    protected override Task ChangeAsync(AttemptContext context, CreateSnapshot command) =>
        context.Store.CreateSnapshotAsync(command.Volume, command.Snapshot, context.Cancellation);
}
