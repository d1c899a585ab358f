using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Clones under names of Mooring's own: what an attempt that died has left, and what is cleaned up beside everything else.</summary>
internal static class OwnClones
{
    /// <summary>Changes a volume. When nothing but such clones stands in the way, that is put off.</summary>
    /// <param name="context">The attempt.</param>
    /// <param name="volume">The volume.</param>
    /// <param name="change">The change.</param>
    /// <returns>Completes when it is changed.</returns>
    /// <exception cref="BlockStoreException">As for the change, and <see cref="ErrorKind.Overloaded"/> in that case.</exception>
    public static async Task PutOffAsync(AttemptContext context, VolumeId volume, Func<Task> change)
    {
        try
        {
            await change();
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.Busy)
        {
            if (!await AreAllAsync(context, volume))
                throw;
            throw new BlockStoreException(
                e.Error with { Kind = ErrorKind.Overloaded, Detail = $"{volume} is needed by what an attempt of an operation has left, until that is removed" }, e);
        }
    }

    private static async Task<bool> AreAllAsync(AttemptContext context, VolumeId volume)
    {
        try
        {
            var clones = await context.Store.GetChildrenAsync(volume, context.Cancellation);
            return clones.Count > 0 && clones.All(clone => clone.Image.StartsWith(VolumeId.ReservedPrefix, StringComparison.Ordinal));
        }
        catch (BlockStoreException e) when (OperationErrors.MeaningOf(e.Kind) == ErrorMeaning.Final)
        {
            return false;
        }
    }
}
