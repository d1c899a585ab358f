using Mooring.Messages;

namespace Mooring.Operations;

/// <summary>Ends the limit of how many snapshots a volume may have.</summary>
/// <param name="Volume">The volume.</param>
public sealed record ClearSnapshotLimit(VolumeId Volume) : VolumeCommand(Volume);

internal sealed class ClearSnapshotLimitOperation : Operation<ClearSnapshotLimit>
{
    private readonly Parameter<VolumeId> _volume;

    public ClearSnapshotLimitOperation()
        : base("volume.snapshot.limit.clear", "Let a volume have any number of snapshots.", "DELETE /v1/volumes/{volume}/snapshot-limit") =>
        _volume = Volume("volume", c => c.Volume);

    public override bool GoesBesideReaders => true;

    public override VolumeCommand Make(Given given) => new ClearSnapshotLimit(given.Get(_volume));

    protected override Task<AttemptResult> RunAsync(AttemptContext context, ClearSnapshotLimit command) =>
        SetSnapshotLimitOperation.RunAsync(context, command.Volume, limit: null);
}
