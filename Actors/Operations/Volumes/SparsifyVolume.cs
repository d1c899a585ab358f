using Mooring.Messages;

namespace Mooring.Operations;

/// <summary>Gives back the space of a volume's zeros.</summary>
/// <param name="Volume">The volume.</param>
public sealed record SparsifyVolume(VolumeId Volume) : VolumeCommand(Volume);

internal sealed class SparsifyVolumeOperation : UpkeepOperation<SparsifyVolume>
{
    private readonly Parameter<VolumeId> _volume;

    public SparsifyVolumeOperation()
        : base("volume.sparsify", "Give back the space of a volume's zeros.", "POST /v1/volumes/{volume}/sparsify") => _volume = Volume("volume", c => c.Volume);

    public override bool CanBeStopped => true;

    public override VolumeCommand Make(Given given) => new SparsifyVolume(given.Get(_volume));

    protected override Task ChangeAsync(AttemptContext context, SparsifyVolume command) =>
        context.Store.SparsifyAsync(command.Volume, new CrashingProgress(context), context.Cancelled);
}
