using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>Making, changing and removing images. Reserved names are allowed in every call.</summary>
public interface IImageLifecycle
{
    /// <summary>Makes an empty image. It has no bytes but zeros.</summary>
    /// <param name="volume">Its name.</param>
    /// <param name="sizeBytes">Its size in bytes; above 0.</param>
    /// <param name="layout">How it is laid out.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun; a call that runs is not cut short.</param>
    /// <returns>Completes when it stands.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.AlreadyExists"/>, <see cref="ErrorKind.NotFound"/> (pool, namespace),
    /// <see cref="ErrorKind.NoSpace"/>, <see cref="ErrorKind.InvalidArgument"/>.</exception>
    Task CreateAsync(VolumeId volume, long sizeBytes, ImageLayout layout, CancellationToken cancellationToken);

    /// <summary>
    /// Removes an image and its data, also one that is half made or half removed by a connection that is gone.
    /// </summary>
    /// <param name="volume">Its name.</param>
    /// <param name="progress">Told the share that is done, 0 to 1; called on a thread of the store, at most a few times a second.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when the name is free and the data are gone.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.Busy"/> while a client has it open
    /// (the detail says who), it has snapshots, or it is in a group.</exception>
    Task RemoveAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken);

    /// <summary>
    /// Removes all that is left of an image for which <see cref="IImageCatalog.ExamineAsync"/> finds something missing, its data included: they are
    /// looked for in the whole pool, which takes the longer the more that holds. An image that is whole is removed as by <see cref="RemoveAsync"/>.
    /// </summary>
    /// <param name="volume">Its name.</param>
    /// <param name="progress">As in <see cref="RemoveAsync"/>.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when the name is free and the data are gone.</returns>
    /// <exception cref="BlockStoreException">As <see cref="RemoveAsync"/>.</exception>
    Task RemoveDamagedAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken);

    /// <summary>Sets the size. Data beyond a smaller size are lost.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="sizeBytes">The new size in bytes; above 0.</param>
    /// <param name="shrinking">Whether a smaller size than now is allowed.</param>
    /// <param name="progress">As in <see cref="RemoveAsync"/>.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when the size is set.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.InvalidArgument"/> when it would shrink
    /// and may not; <see cref="ErrorKind.Busy"/> when it would and is open (the detail says by whom); <see cref="ErrorKind.NoSpace"/>.</exception>
    Task ResizeAsync(VolumeId volume, long sizeBytes, Shrinking shrinking, IProgress<double>? progress, CancellationToken cancellationToken);

    /// <summary>
    /// Makes a new image with all the data of another, flushed when this completes. Holes stay holes. A copy that fails or is cancelled
    /// leaves a partial image under the target's name, which the caller removes.
    /// </summary>
    /// <param name="source">The image to copy.</param>
    /// <param name="target">The new image's name; may lie in another pool.</param>
    /// <param name="progress">As in <see cref="RemoveAsync"/>.</param>
    /// <param name="cancellationToken">Stops the copy at its next step, with <see cref="ErrorKind.Cancelled"/>.</param>
    /// <returns>Completes when all data are there.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> (source), <see cref="ErrorKind.AlreadyExists"/> (target),
    /// <see cref="ErrorKind.NoSpace"/>, <see cref="ErrorKind.Cancelled"/>, <see cref="ErrorKind.Fenced"/>.</exception>
    Task CopyAsync(VolumeId source, VolumeId target, IProgress<double>? progress, CancellationToken cancellationToken);

    /// <summary>
    /// Gives an image another name within its pool and namespace: the step by which finished work becomes visible. It completes a rename
    /// of the same image that another connection, which is fenced by now, has left half done.
    /// </summary>
    /// <param name="from">The name now.</param>
    /// <param name="to">The new name.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when the new name stands and the old one is free.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> (from), <see cref="ErrorKind.AlreadyExists"/> (another image has
    /// the name <paramref name="to"/>), <see cref="ErrorKind.InvalidArgument"/> when pool or namespace differ.</exception>
    Task RenameAsync(VolumeId from, VolumeId to, CancellationToken cancellationToken);
}
