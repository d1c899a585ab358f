using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Volumes under the names of attempts: what those that died have left, and what is cleaned up beside everything else.</summary>
internal static class OwnRemains
{
    /// <summary>Makes a change. When nothing but such volumes stands in its way, it is put off.</summary>
    /// <param name="changed">What is changed.</param>
    /// <param name="change">The change.</param>
    /// <returns>Completes when it is made.</returns>
    /// <exception cref="BlockStoreException">As for the change, and <see cref="ErrorKind.Overloaded"/> in that case.</exception>
    public static async Task PutOffAsync(VolumeId changed, Func<Task> change)
    {
        try
        {
            await change();
        }
        catch (BlockStoreException e) when (e.InTheWay.Count > 0 && e.InTheWay.All(WorkImages.IsName))
        {
            throw new BlockStoreException(
                e.Error with { Kind = ErrorKind.Overloaded, Detail = $"what an attempt of an operation has left stands in the way of a change to {changed}, until that is removed" }, e);
        }
    }
}
