using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Makes a volume out of a snapshot, which shares its data until they are written to.</summary>
/// <param name="Volume">The new volume's name.</param>
/// <param name="Source">The volume of the snapshot.</param>
/// <param name="Snapshot">The snapshot's name.</param>
public sealed record CloneVolume(VolumeId Volume, VolumeId Source, string Snapshot) : VolumeCommand(Volume)
{
    /// <inheritdoc/>
    public override VolumeId? SourceVolume => Source;
}

internal sealed class CloneVolumeOperation : BuildingOperation<CloneVolume>
{
    private readonly Parameter<VolumeId> _source;
    private readonly Parameter<string> _snapshot;
    private readonly Parameter<VolumeId> _target;

    public CloneVolumeOperation()
        : base("volume.clone", "Make a volume out of a snapshot.", "POST /v1/volumes/{source}/snapshots/{snapshot}/clone")
    {
        _source = Volume("source", c => c.Source);
        _snapshot = Snapshot(_source, c => c.Snapshot);
        _target = Volume("target", c => c.Volume, jsonName: "volume");
    }

    public override VolumeCommand Make(Given given) => new CloneVolume(given.Get(_target), given.Get(_source), given.Get(_snapshot));

    protected override async Task<long?> SizeAfterAsync(IBlockStore store, CloneVolume command, CancellationToken cancellationToken)
    {
        try
        {
            return (await store.GetSnapshotsAsync(command.Source, cancellationToken)).Find(command.Snapshot)?.SizeBytes;
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.NotFound)
        {
            return null;
        }
    }

    protected override OperationError? Invalid(CloneVolume command) =>
        command.Source == command.Volume ? OperationErrors.Wrong($"{command.Source} cannot be its own clone") : null;

    protected override Task BuildAsync(AttemptContext context, CloneVolume command, VolumeId work) =>
        context.Store.CloneAsync(command.Source, command.Snapshot, work, context.Cancellation);
}
