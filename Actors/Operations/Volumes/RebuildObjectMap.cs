using Mooring.Messages;

namespace Mooring.Operations;

/// <summary>Makes the map of a volume's objects anew.</summary>
/// <param name="Volume">The volume.</param>
public sealed record RebuildObjectMap(VolumeId Volume) : VolumeCommand(Volume);

internal sealed class RebuildObjectMapOperation : UpkeepOperation<RebuildObjectMap>
{
    private readonly Parameter<VolumeId> _volume;

    public RebuildObjectMapOperation()
        : base("volume.object-map.rebuild", "Make the map of a volume's objects anew.", "POST /v1/volumes/{volume}/object-map/rebuild") =>
        _volume = Volume("volume", c => c.Volume);

    public override bool CanBeStopped => true;

    public override VolumeCommand Make(Given given) => new RebuildObjectMap(given.Get(_volume));

    protected override Task ChangeAsync(AttemptContext context, RebuildObjectMap command) =>
        context.Store.RebuildObjectMapAsync(command.Volume, new CrashingProgress(context), context.Cancelled);
}
