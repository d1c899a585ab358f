using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Marks a mirrored volume to be copied anew from the primary one.</summary>
/// <param name="Volume">The volume.</param>
public sealed record ResyncVolume(VolumeId Volume) : VolumeCommand(Volume);

// A mark that is set twice is set once; when it has been heeded meanwhile, the name is another image's.
internal sealed class ResyncVolumeOperation : MirroringOperation<ResyncVolume>
{
    private readonly Parameter<VolumeId> _volume;

    public ResyncVolumeOperation()
        : base(
            "volume.mirror.resync", "Mark a mirrored volume to be copied anew from the primary one; what it holds is lost then.",
            "POST /v1/volumes/{volume}/mirroring/resync") => _volume = Volume("volume", c => c.Volume);

    public override VolumeCommand Make(Given given) => new ResyncVolume(given.Get(_volume));

    protected override bool IsSo(ResyncVolume command, string noted, ImageMirroring found) => false;

    protected override Task ChangeAsync(AttemptContext context, ResyncVolume command) => context.Store.ResyncAsync(command.Volume, context.Cancellation);
}
