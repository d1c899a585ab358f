using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>
/// Snapshots of images. Names have 1 to 1,024 characters without <c>/</c> and <c>@</c>. Every call fails with <see cref="ErrorKind.NotFound"/> when there
/// is no such image, and those that name a snapshot when it has no such snapshot.
/// </summary>
public interface IImageSnapshots
{
    /// <summary>An image's snapshots. Registers no watch.</summary>
    /// <param name="volume">The image's name; reserved names are allowed.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The snapshots.</returns>
    Task<ImageSnapshots> GetSnapshotsAsync(VolumeId volume, CancellationToken cancellationToken);

    /// <summary>Keeps the image's bytes and size as they are now.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="name">The snapshot's name.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it stands.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.AlreadyExists"/>; <see cref="ErrorKind.NoSpace"/> when the image may not have more.</exception>
    Task CreateSnapshotAsync(VolumeId volume, string name, CancellationToken cancellationToken);

    /// <summary>Gives a snapshot another name.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="name">The name now.</param>
    /// <param name="newName">The new name.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it has that name.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.AlreadyExists"/>.</exception>
    Task RenameSnapshotAsync(VolumeId volume, string name, string newName, CancellationToken cancellationToken);

    /// <summary>Removes a snapshot. Clones that were made of it without its protection keep their data.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="name">The snapshot's name.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it is gone.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.Busy"/> when it is protected.</exception>
    Task RemoveSnapshotAsync(VolumeId volume, string name, CancellationToken cancellationToken);

    /// <summary>
    /// Ends what was cut short: removes what is left of snapshots whose removal was (they have no name any more, and take up space; what clones need stays),
    /// and completes those whose making was (they stand, and cannot be cloned).
    /// </summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when nothing is half done.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.Fenced"/>.</exception>
    Task MendSnapshotsAsync(VolumeId volume, CancellationToken cancellationToken);

    /// <summary>Keeps a snapshot from being removed.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="name">The snapshot's name.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it is protected.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.Busy"/> when it is protected already.</exception>
    Task ProtectSnapshotAsync(VolumeId volume, string name, CancellationToken cancellationToken);

    /// <summary>Ends a snapshot's protection.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="name">The snapshot's name.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it is not protected.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.InvalidArgument"/> when it is not protected; <see cref="ErrorKind.Busy"/> when it has
    /// clones that need that (the detail names them).</exception>
    Task UnprotectSnapshotAsync(VolumeId volume, string name, CancellationToken cancellationToken);

    /// <summary>
    /// Gives an image the bytes and the size that it had at a snapshot. Cut short it leaves a mixture, and may be called again.
    /// </summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="name">The snapshot's name.</param>
    /// <param name="progress">As in <see cref="IImageLifecycle.RemoveAsync"/>.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it is as it was.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.Busy"/> when it is open (the detail says by whom); <see cref="ErrorKind.NoSpace"/>.</exception>
    Task RollBackAsync(VolumeId volume, string name, IProgress<double>? progress, CancellationToken cancellationToken);

    /// <summary>Limits how many snapshots an image may have.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="countMax">The limit, at least 0; null ends it.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it holds.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.InvalidArgument"/> when it has more already.</exception>
    Task LimitSnapshotsAsync(VolumeId volume, long? countMax, CancellationToken cancellationToken);
}
