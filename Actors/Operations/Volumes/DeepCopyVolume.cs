using Mooring.Messages;

namespace Mooring.Operations;

/// <summary>Makes a volume with all the data of another and with its snapshots; a clone's copy is a clone of the same parent.</summary>
/// <param name="Volume">The new volume's name.</param>
/// <param name="Source">The volume to copy.</param>
public sealed record DeepCopyVolume(VolumeId Volume, VolumeId Source) : VolumeCommand(Volume)
{
    /// <inheritdoc/>
    public override VolumeId? SourceVolume => Source;
}

internal sealed class DeepCopyVolumeOperation : BuildingOperation<DeepCopyVolume>
{
    private readonly Parameter<VolumeId> _source;
    private readonly Parameter<VolumeId> _target;

    public DeepCopyVolumeOperation()
        : base("volume.deep-copy", "Make a volume with all the data of another and with its snapshots.", "POST /v1/volumes/{source}/deep-copy")
    {
        _source = Volume("source", c => c.Source);
        _target = Volume("target", c => c.Volume, jsonName: "volume");
    }

    public override VolumeCommand Make(Given given) => new DeepCopyVolume(given.Get(_target), given.Get(_source));

    protected override OperationError? Invalid(DeepCopyVolume command) =>
        command.Source == command.Volume ? OperationErrors.Wrong($"{command.Source} cannot be copied to itself") : null;

    protected override Task BuildAsync(AttemptContext context, DeepCopyVolume command, VolumeId work) =>
        context.Store.DeepCopyAsync(command.Source, work, new CrashingProgress(context), context.Cancellation);
}
