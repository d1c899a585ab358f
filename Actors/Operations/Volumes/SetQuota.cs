using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Limits how much the volumes of a pool's default namespace, or of another namespace, may come to.</summary>
/// <param name="Place">The pool and namespace, without an image.</param>
/// <param name="CountMax">How many volumes there may be; 0 for any number.</param>
/// <param name="BytesMax">The sum of their sizes, in bytes; 0 for any sum.</param>
public sealed record SetQuota(VolumeId Place, long CountMax, long BytesMax) : VolumeCommand(Addresses.OfQuota(Place));

// One at a time for a place, and whoever was before is fenced: writing it again gives the same.
internal sealed class SetQuotaOperation : Operation<SetQuota>
{
    private readonly Parameter<VolumeId> _place;
    private readonly Parameter<long> _count;
    private readonly Parameter<long> _bytes;

    public SetQuotaOperation()
        : base("quota.set", "Limit how much the volumes of a pool's default namespace, or of another namespace, may come to.", "PUT /v1/quotas")
    {
        _place = Place("pool", c => c.Place);
        _count = CountOption("count", c => c.CountMax, "How many volumes there may be; any number when it is not said.");
        _bytes = SizeOption("bytes", c => c.BytesMax, "The sum of their sizes; any sum when it is not said.");
    }

    public override bool NamesImages => false;

    public override bool ChangesQuotas => true;

    public override bool TouchesMore => true;

    public override VolumeCommand Make(Given given) => new SetQuota(given.Get(_place), given.Get(_count), given.Get(_bytes));

    protected override OperationError? Invalid(SetQuota command) => command is { CountMax: 0, BytesMax: 0 }
        ? OperationErrors.Wrong("a count or a sum of bytes is to be said")
        : null;

    // Only that there is such a pool and namespace.
    protected override async Task<VolumeObservation> ObserveAsync(IBlockStore store, SetQuota command, CancellationToken cancellationToken)
    {
        await store.ListImagesAsync(command.Place.Pool, command.Place.Namespace, null, 1, cancellationToken);
        return new VolumeObservation(null, null, null);
    }

    protected override OperationError? Forbids(SetQuota command, VolumeObservation seen) => null;

    protected override async Task<AttemptResult> RunAsync(AttemptContext context, SetQuota command)
    {
        if (context.InDoubt)
            await context.FenceEarlierAsync();
        var (store, place) = (context.Store, command.Place);
        var there = await Quotas.FindAsync(store, place, context.Cancellation);
        var quota = new Quota(place.Pool, place.Namespace, command.CountMax, command.BytesMax);
        if (await Quotas.PutAsync(store, quota, there?.Version ?? 0, context.Cancellation) is null)
            return new AttemptResult(null, OperationErrors.Busy($"the quota of {PlaceParameter.Text(place)} is being changed by somebody else"));
        context.Pass(CrashPoint.AfterEffect);
        return new AttemptResult(null);
    }
}
