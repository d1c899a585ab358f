using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>What attempts have under names of their own.</summary>
internal static class WorkImages
{
    /// <summary>Removes what is left of it, after shutting every attempt out but the store's own connection.</summary>
    /// <param name="context">The last attempt.</param>
    /// <param name="target">The volume of the operation.</param>
    /// <returns>Completes when nothing is left.</returns>
    public static async Task RemoveAsync(AttemptContext context, VolumeId target)
    {
        await context.FenceEarlierAsync();
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
