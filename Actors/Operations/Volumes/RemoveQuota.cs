using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Ends the limit of a pool's default namespace, or of another namespace.</summary>
/// <param name="Place">The pool and namespace, without an image.</param>
public sealed record RemoveQuota(VolumeId Place) : VolumeCommand(Addresses.OfQuota(Place));

internal sealed class RemoveQuotaOperation : Operation<RemoveQuota>
{
    private readonly Parameter<VolumeId> _place;

    public RemoveQuotaOperation()
        : base("quota.remove", "End the limit of a pool's default namespace, or of another namespace.", "POST /v1/quotas/remove") => _place = Place("pool", c => c.Place);

    public override bool NamesImages => false;

    public override bool ChangesQuotas => true;

    public override bool TouchesMore => true;

    public override VolumeCommand Make(Given given) => new RemoveQuota(given.Get(_place));

    protected override async Task<VolumeObservation> ObserveAsync(IBlockStore store, RemoveQuota command, CancellationToken cancellationToken) =>
        new((await Quotas.FindAsync(store, command.Place, cancellationToken))?.Key, null, null);

    protected override OperationError? Forbids(RemoveQuota command, VolumeObservation seen) =>
        seen.ImageId is null ? OperationErrors.NotThere($"{PlaceParameter.Text(command.Place)} has no quota") : null;

    protected override async Task<AttemptResult> RunAsync(AttemptContext context, RemoveQuota command)
    {
        if (context.InDoubt)
            await context.FenceEarlierAsync();
        if (await Quotas.FindAsync(context.Store, command.Place, context.Cancellation) is { } there
            && !await Quotas.RemoveAsync(context.Store, command.Place, there.Version, context.Cancellation))
        {
            return new AttemptResult(null, OperationErrors.Busy($"the quota of {PlaceParameter.Text(command.Place)} is being changed by somebody else"));
        }
        context.Pass(CrashPoint.AfterEffect);
        return new AttemptResult(null);
    }
}
