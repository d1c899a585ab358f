using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Gives a volume the data and the size that it had at a snapshot.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Snapshot">The snapshot's name.</param>
public sealed record RollBackVolume(VolumeId Volume, string Snapshot) : VolumeCommand(Volume);

// Whatever was rolled back of it already, doing it again gives the same: as long as nobody has the volume open, which the store refuses.
internal sealed class RollBackVolumeOperation : SnapshotOperation<RollBackVolume>
{
    private readonly Parameter<VolumeId> _volume;
    private readonly Parameter<string> _snapshot;

    public RollBackVolumeOperation()
        : base("volume.snapshot.rollback", "Give a volume the data and the size that it had at a snapshot.", "POST /v1/volumes/{volume}/snapshots/{snapshot}/rollback")
    {
        _volume = Volume("volume", c => c.Volume);
        _snapshot = Snapshot(_volume, c => c.Snapshot);
    }

    public override bool Grows => true;

    public override VolumeCommand Make(Given given) => new RollBackVolume(given.Get(_volume), given.Get(_snapshot));

    protected override async Task<long?> SizeAfterAsync(IBlockStore store, RollBackVolume command, CancellationToken cancellationToken)
    {
        try
        {
            return (await store.GetSnapshotsAsync(command.Volume, cancellationToken)).Find(command.Snapshot)?.SizeBytes;
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.NotFound)
        {
            return null;
        }
    }

    // Nobody can see how much of it is done.
    public override Reconciliation Reconcile(RollBackVolume command, SnapshotId noted, ImageSnapshots found) =>
        Same(noted, command.Snapshot, found) is null ? Reconciliation.Foreign : Reconciliation.Partial;

    protected override string NameIn(RollBackVolume command) => command.Snapshot;

    protected override Task ChangeAsync(AttemptContext context, RollBackVolume command) =>
        context.Store.RollBackAsync(command.Volume, command.Snapshot, new CrashingProgress(context), context.Cancellation);
}
