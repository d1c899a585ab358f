using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>
/// What is left of images whose removal was cut short after their names had gone: it lies in the trash of their pool and namespace, and takes up space.
/// </summary>
internal static class RemovalRemains
{
    /// <summary>Ends the removals that earlier attempts, which are fenced, have begun.</summary>
    /// <param name="context">The attempt.</param>
    /// <param name="place">Anything in their pool and namespace.</param>
    /// <param name="isTheirs">Whether an image is one of theirs.</param>
    /// <returns>Completes when nothing is left of them.</returns>
    public static async Task EndAsync(AttemptContext context, VolumeId place, Func<TrashedImage, bool> isTheirs)
    {
        await foreach (var image in context.Store.AllTrashAsync(place.Pool, place.Namespace, context.Cancellation))
        {
            if (image.Removing && isTheirs(image))
                await EndAsync(context, place, image.Id);
        }
    }

    /// <summary>Ends one removal.</summary>
    /// <param name="context">The attempt.</param>
    /// <param name="place">Anything in its pool and namespace.</param>
    /// <param name="image">The image.</param>
    /// <returns>Completes when nothing is left of it.</returns>
    public static async Task EndAsync(AttemptContext context, VolumeId place, ImageId image)
    {
        try
        {
            await context.Store.RemoveFromTrashAsync(place.Pool, place.Namespace, image, force: true, null, context.Cancellation);
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.NotFound)
        {
            // Somebody else has ended it.
        }
    }
}
