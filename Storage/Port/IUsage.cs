using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>How much images take up. Nothing here registers a watch.</summary>
public interface IUsage
{
    /// <summary>
    /// What an image and each of its snapshots take up, as <c>rbd du</c> counts it: whole objects that differ from the snapshot before, a parent's left
    /// out. Without the feature fast-diff every object is looked for, which takes the longer the larger the image is.
    /// </summary>
    /// <param name="volume">The image's name; reserved names are allowed.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Its snapshots that users have made, the oldest first, then the image itself.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> when there is no such image.</exception>
    Task<IReadOnlyList<ImageUsage>> GetUsageAsync(VolumeId volume, CancellationToken cancellationToken);

    /// <summary>What lies in a pool and namespace, in all. Looks at the header of every image there.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="ns">The namespace; empty for the default one.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>The sums.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> when the pool or namespace does not exist.</exception>
    Task<PoolStatistics> GetStatisticsAsync(string pool, string ns, CancellationToken cancellationToken);
}

/// <summary>What an image or one of its snapshots takes up.</summary>
/// <param name="Snapshot">The snapshot's name; null for the image itself.</param>
/// <param name="ProvisionedBytes">Its virtual size in bytes.</param>
/// <param name="UsedBytes">What it takes up in bytes, beyond the snapshot before.</param>
public sealed record ImageUsage(string? Snapshot, long ProvisionedBytes, long UsedBytes);

/// <summary>What lies in a pool and namespace, in all. Sizes are virtual ones, in bytes.</summary>
/// <param name="Images">How many images there are.</param>
/// <param name="ProvisionedBytes">Their sizes.</param>
/// <param name="Snapshots">How many snapshots they have.</param>
/// <param name="TrashImages">How many images lie in the trash.</param>
/// <param name="TrashProvisionedBytes">Their sizes.</param>
/// <param name="TrashSnapshots">How many snapshots they have.</param>
public sealed record PoolStatistics(
    long Images, long ProvisionedBytes, long Snapshots, long TrashImages, long TrashProvisionedBytes, long TrashSnapshots);
