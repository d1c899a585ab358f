using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Removes the images in a trash whose time there is over.</summary>
/// <param name="Place">The pool and namespace, without an image.</param>
public sealed record PurgeTrash(VolumeId Place) : VolumeCommand(Addresses.OfTrash(Place));

// What an earlier attempt has removed is not there any more: the rest is removed by the next one.
internal sealed class PurgeTrashOperation : Operation<PurgeTrash>
{
    private readonly Parameter<VolumeId> _place;

    public PurgeTrashOperation()
        : base("trash.purge", "Remove the images in the trash whose time there is over.", "POST /v1/trash/purge") => _place = Place("pool", c => c.Place);

    public override bool NamesImages => false;

    public override VolumeCommand Make(Given given) => new PurgeTrash(given.Get(_place));

    // Only that there is such a pool and namespace.
    protected override async Task<VolumeObservation> ObserveAsync(IBlockStore store, PurgeTrash command, CancellationToken cancellationToken)
    {
        await store.ListTrashAsync(command.Place.Pool, command.Place.Namespace, null, 1, cancellationToken);
        return new VolumeObservation(null, null, null);
    }

    protected override OperationError? Forbids(PurgeTrash command, VolumeObservation seen) => null;

    protected override async Task<AttemptResult> RunAsync(AttemptContext context, PurgeTrash command)
    {
        if (context.InDoubt)
            await context.FenceEarlierAsync();
        var (place, stay, removed) = (command.Place, new List<OperationError>(), 0);
        await foreach (var image in context.Store.AllTrashAsync(place.Pool, place.Namespace, context.Cancellation))
        {
            if (image is not { Source: "user", Moving: false } || image.DeferredUntil > context.Clock.GetUtcNow())
                continue;
            try
            {
                await OwnRemains.PutOffAsync(place with { Image = image.Name }, () =>
                    context.Store.RemoveFromTrashAsync(place.Pool, place.Namespace, image.Id, force: false, null, context.Cancellation));
                if (removed++ == 0)
                    context.Pass(CrashPoint.InTheMiddle);
            }
            catch (BlockStoreException e) when (e.Kind is ErrorKind.Busy or ErrorKind.PermissionDenied)
            {
                stay.Add(e.Error);
            }
            catch (BlockStoreException e) when (e.Kind == ErrorKind.NotFound)
            {
                // Somebody else has removed or restored it.
            }
        }
        context.Pass(CrashPoint.AfterEffect);
        return new AttemptResult(
            null, stay.Count == 0 ? null : OperationErrors.Busy($"{removed} images were removed and {stay.Count} stay in the trash; the first: {stay[0].Detail}"));
    }
}
