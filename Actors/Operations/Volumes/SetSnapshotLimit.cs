using Mooring.Messages;

namespace Mooring.Operations;

/// <summary>Limits how many snapshots a volume may have.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Limit">The limit.</param>
public sealed record SetSnapshotLimit(VolumeId Volume, long Limit) : VolumeCommand(Volume);

// Setting it again changes nothing: an attempt in doubt is done again, unless it is set; then snapshots that were made since must not make it fail.
internal sealed class SetSnapshotLimitOperation : Operation<SetSnapshotLimit>
{
    private readonly Parameter<VolumeId> _volume;
    private readonly Parameter<long> _limit;

    public SetSnapshotLimitOperation()
        : base("volume.snapshot.limit.set", "Limit how many snapshots a volume may have.", "PUT /v1/volumes/{volume}/snapshot-limit")
    {
        _volume = Volume("volume", c => c.Volume);
        _limit = Count("limit", c => c.Limit, "How many snapshots it may have.");
    }

    public override bool GoesBesideReaders => true;

    public override VolumeCommand Make(Given given) => new SetSnapshotLimit(given.Get(_volume), given.Get(_limit));

    protected override Task<AttemptResult> RunAsync(AttemptContext context, SetSnapshotLimit command) =>
        RunAsync(context, command.Volume, command.Limit);

    internal static async Task<AttemptResult> RunAsync(AttemptContext context, VolumeId volume, long? limit)
    {
        var store = context.Store;
        var isSet = false;
        if (context.InDoubt)
        {
            await context.FenceEarlierAsync();
            isSet = (await store.GetSnapshotsAsync(volume, context.Cancellation)).CountMax == limit;
        }
        if (!isSet)
            await store.LimitSnapshotsAsync(volume, limit, context.Cancellation);
        context.Pass(CrashPoint.AfterEffect);
        var image = await store.GetAsync(volume, context.Cancellation);
        return new AttemptResult(ImageDescription.Of(image) with
        {
            Snapshots = ImageDescription.Of(await store.GetSnapshotsAsync(volume, context.Cancellation)),
        });
    }
}
