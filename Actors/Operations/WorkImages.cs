using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>What attempts have under names of their own.</summary>
internal static class WorkImages
{
    /// <summary>Whether a volume has such a name.</summary>
    /// <param name="volume">The volume.</param>
    /// <returns>Of any operation.</returns>
    public static bool IsName(VolumeId volume) => volume.Image.StartsWith(VolumeId.ReservedPrefix + OperationId.Prefix, StringComparison.Ordinal);

    /// <summary>Removes what is left of it, after shutting every attempt out but the store's own connection.</summary>
    /// <param name="context">The last attempt.</param>
    /// <param name="target">The volume of the operation.</param>
    /// <returns>Completes when nothing is left.</returns>
    public static async Task RemoveAsync(AttemptContext context, VolumeId target)
    {
        await context.FenceEarlierAsync();
        if (await context.Store.FindAsync(target, context.Cancellation) is { } id)
            await CompleteRenameAsync(context, target, id);
        for (var attempt = 1; attempt <= context.Attempt; attempt++)
        {
            var work = context.WorkName(target, attempt);
            if (await context.Store.FindAsync(work, context.Cancellation) is null)
                continue;
            await RemoveSnapshotsAsync(context, work);
            await context.Store.RemoveAsync(work, null, context.Cancellation);
        }
        var names = Enumerable.Range(1, context.Attempt).Select(attempt => context.WorkName(target, attempt).Image).ToHashSet();
        await RemovalRemains.EndAsync(context, target, image => names.Contains(image.Name));
    }

    /// <summary>
    /// Ends the rename of an attempt that was cut short: as long as both names lead to one image, removing what is left under the one removes the other.
    /// </summary>
    /// <param name="context">The attempt; the earlier ones are fenced.</param>
    /// <param name="target">The volume of the operation.</param>
    /// <param name="id">The image that has its name.</param>
    /// <returns>Completes when the image has that name alone.</returns>
    public static async Task CompleteRenameAsync(AttemptContext context, VolumeId target, ImageId id)
    {
        for (var attempt = 1; attempt <= context.Attempt; attempt++)
        {
            var work = context.WorkName(target, attempt);
            if (await context.Store.FindAsync(work, context.Cancellation) == id)
                await context.Store.RenameAsync(work, target, context.Cancellation);
        }
    }

    private static async Task RemoveSnapshotsAsync(AttemptContext context, VolumeId work)
    {
        try
        {
            foreach (var snapshot in (await context.Store.GetSnapshotsAsync(work, context.Cancellation)).Items)
            {
                if (snapshot.IsProtected)
                    await context.Store.UnprotectSnapshotAsync(work, snapshot.Name, context.Cancellation);
                await context.Store.RemoveSnapshotAsync(work, snapshot.Name, context.Cancellation);
            }
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.NotFound)
        {
            // Half made: it has none.
        }
    }
}
