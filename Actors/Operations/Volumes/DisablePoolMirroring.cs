using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Ends the mirroring of a pool and namespace.</summary>
/// <param name="Place">The pool and namespace, without an image.</param>
public sealed record DisablePoolMirroring(VolumeId Place) : VolumeCommand(Addresses.OfMirroring(Place));

internal sealed class DisablePoolMirroringOperation : PoolMirroringOperation<DisablePoolMirroring>
{
    private readonly Parameter<VolumeId> _place;

    public DisablePoolMirroringOperation()
        : base("pool.mirror.disable", "End the mirroring of a pool or namespace.", "POST /v1/pool-mirroring/disable") => _place = Place("pool", c => c.Place);

    public override VolumeCommand Make(Given given) => new DisablePoolMirroring(given.Get(_place));

    protected override VolumeId PlaceIn(DisablePoolMirroring command) => command.Place;

    protected override PoolMirroring ModeIn(DisablePoolMirroring command) => PoolMirroring.Disabled;
}
