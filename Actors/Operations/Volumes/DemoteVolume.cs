using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Makes a mirrored volume not the primary one any more.</summary>
/// <param name="Volume">The volume.</param>
public sealed record DemoteVolume(VolumeId Volume) : VolumeCommand(Volume);

internal sealed class DemoteVolumeOperation : MirroringOperation<DemoteVolume>
{
    private readonly Parameter<VolumeId> _volume;

    public DemoteVolumeOperation()
        : base("volume.mirror.demote", "Make a mirrored volume one that is only read, so that the other cluster's can be promoted.", "POST /v1/volumes/{volume}/mirroring/demote") =>
        _volume = Volume("volume", c => c.Volume);

    public override VolumeCommand Make(Given given) => new DemoteVolume(given.Get(_volume));

    protected override bool IsSo(DemoteVolume command, string noted, ImageMirroring found) => found is { State: MirroringState.Enabled, IsPrimary: false };

    protected override Task ChangeAsync(AttemptContext context, DemoteVolume command) => context.Store.DemoteAsync(command.Volume, context.Cancellation);
}
