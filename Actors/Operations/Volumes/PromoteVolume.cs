using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Makes a mirrored volume the primary one.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Force">Whether the other cluster need not have given that up.</param>
public sealed record PromoteVolume(VolumeId Volume, bool Force = false) : VolumeCommand(Volume);

internal sealed class PromoteVolumeOperation : MirroringOperation<PromoteVolume>
{
    private readonly Parameter<VolumeId> _volume;
    private readonly Parameter<bool> _force;

    public PromoteVolumeOperation()
        : base("volume.mirror.promote", "Make a mirrored volume the primary one, which is written to.", "POST /v1/volumes/{volume}/mirroring/promote")
    {
        _volume = Volume("volume", c => c.Volume);
        _force = Flag("force", c => c.Force, "Also when the other cluster has not given that up; what it writes from then on is lost.");
    }

    public override VolumeCommand Make(Given given) => new PromoteVolume(given.Get(_volume), given.Get(_force));

    protected override bool IsSo(PromoteVolume command, string noted, ImageMirroring found) => found is { State: MirroringState.Enabled, IsPrimary: true };

    protected override Task ChangeAsync(AttemptContext context, PromoteVolume command) =>
        context.Store.PromoteAsync(command.Volume, command.Force, context.Cancellation);
}
