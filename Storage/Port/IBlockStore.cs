using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>
/// One connection to the block store. Small interfaces by concern; every method reports expected failures as
/// <see cref="BlockStoreException"/>. After the connection was fenced every changing call fails with <see cref="ErrorKind.Fenced"/>,
/// for good: open another connection. A token that is cancelled before a call has begun ends it with
/// <see cref="OperationCanceledException"/> and nothing is changed. Disposing may cut copies short and waits for
/// the other calls that run; what is called after that throws <see cref="ObjectDisposedException"/>. Arguments that can never be right (names, sizes, limits) give
/// <see cref="ErrorKind.InvalidArgument"/>.
/// </summary>
public interface IBlockStore :
    IImageCatalog, IImageLifecycle, IImageSnapshots, IImageClones, IImageUpkeep, IImageData, IImageOpening, IImageContent, IImageMetadata, IImageTies, IImageTrash,
    IImageMigration, IMirroring, INamespaces, IGroups, IUsage, ILeases, IFencing, IRecords, IAsyncDisposable
{
    /// <summary>The address by which this connection can be fenced.</summary>
    FenceAddress Address { get; }

    /// <summary>All that the store knows of an image. Registers no watch.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The image and what belongs to it.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> when there is none, also when parts of it are missing.</exception>
    async Task<ImageDetails> DescribeAsync(VolumeId volume, CancellationToken cancellationToken) => new(
        await GetAsync(volume, cancellationToken).ConfigureAwait(false),
        await GetMetadataAsync(volume, cancellationToken).ConfigureAwait(false),
        await GetSnapshotsAsync(volume, cancellationToken).ConfigureAwait(false),
        await GetTiesAsync(volume, cancellationToken).ConfigureAwait(false),
        await GetChildrenAsync(volume, cancellationToken).ConfigureAwait(false))
    {
        Migration = await GetMigrationAsync(volume, cancellationToken).ConfigureAwait(false),
    };

    /// <summary>
    /// A cheap round trip to the store (V7: is the link alive). Writes nothing. Uses no slot, so that it answers while long calls run.
    /// </summary>
    /// <param name="timeout">The most that it may take.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Completes when the store has answered.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.TimedOut"/>, <see cref="ErrorKind.Unavailable"/> or <see cref="ErrorKind.Fenced"/>.</exception>
    Task ProbeAsync(TimeSpan timeout, CancellationToken cancellationToken);
}

/// <summary>An image and what belongs to it.</summary>
/// <param name="Info">The image itself.</param>
/// <param name="Metadata">Its metadata, reserved keys included.</param>
/// <param name="Snapshots">Its snapshots.</param>
/// <param name="Ties">Who depends on it.</param>
/// <param name="Children">Its clones, reserved names included.</param>
public sealed record ImageDetails(
    ImageInfo Info, IReadOnlyDictionary<string, string> Metadata, ImageSnapshots Snapshots, ImageTies Ties, IReadOnlyList<VolumeId> Children)
{
    /// <summary>The migration that it is the target of; null when it is of none.</summary>
    public ImageMigration? Migration { get; init; }
}
