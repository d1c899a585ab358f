using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>
/// What is left of images whose removal was cut short after their names had gone: it lies in the trash of their pool and namespace, and takes up space.
/// </summary>
internal static class RemovalRemains
{
    private const int PageMax = 1000;

    /// <summary>Ends the removals that earlier attempts, which are fenced, have begun.</summary>
    /// <param name="context">The attempt.</param>
    /// <param name="place">Anything in their pool and namespace.</param>
    /// <param name="isTheirs">Whether an image is one of theirs.</param>
    /// <returns>Completes when nothing is left of them.</returns>
    public static async Task EndAsync(AttemptContext context, VolumeId place, Func<TrashedImage, bool> isTheirs)
    {
        IReadOnlyList<TrashedImage> page = [];
        do
        {
            page = await context.Store.ListTrashAsync(
                place.Pool, place.Namespace, page.Count > 0 ? page[^1].Id.Value : null, PageMax, context.Cancellation);
            foreach (var image in page.Where(image => image.Removing && isTheirs(image)))
                await EndAsync(context.Store, place, image.Id, context.Cancellation);
        }
        while (page.Count == PageMax);
    }

    private static async Task EndAsync(IBlockStore store, VolumeId place, ImageId image, CancellationToken cancellationToken)
    {
        try
        {
            await store.RemoveFromTrashAsync(place.Pool, place.Namespace, image, force: true, null, cancellationToken);
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.NotFound)
        {
            // Somebody else has ended it.
        }
    }
}
