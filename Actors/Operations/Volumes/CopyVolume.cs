using Mooring.Messages;

namespace Mooring.Operations;

/// <summary>Makes a volume with all the data of another.</summary>
/// <param name="Volume">The new volume's name.</param>
/// <param name="Source">The volume to copy.</param>
public sealed record CopyVolume(VolumeId Volume, VolumeId Source) : VolumeCommand(Volume)
{
    /// <inheritdoc/>
    public override VolumeId? SourceVolume => Source;
}

internal sealed class CopyVolumeOperation : BuildingOperation<CopyVolume>
{
    private readonly Parameter<VolumeId> _source;
    private readonly Parameter<VolumeId> _target;

    public CopyVolumeOperation()
        : base("volume.copy", "Make a volume with all the data of another.", "POST /v1/volumes/{source}/copy")
    {
        _source = Volume("source", c => c.Source);
        _target = Volume("target", c => c.Volume, jsonName: "volume");
    }

    public override bool CanBeStopped => true;

    public override VolumeCommand Make(Given given) => new CopyVolume(given.Get(_target), given.Get(_source));

    protected override OperationError? Invalid(CopyVolume command) =>
        command.Source == command.Volume ? OperationErrors.Wrong($"{command.Source} cannot be copied to itself") : null;

    protected override Task BuildAsync(AttemptContext context, CopyVolume command, VolumeId work) =>
        context.Store.CopyAsync(command.Source, work, new CrashingProgress(context), context.Cancelled);
}
