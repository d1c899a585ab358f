using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>Images that stay open: one writes, several read, many requests at once (F1).</summary>
public interface IImageOpening
{
    /// <summary>
    /// Makes an empty image that several connections open at once: without the store's own locking and journaling of single writers, because who
    /// writes is decided above, and fenced.
    /// </summary>
    /// <param name="volume">Its name.</param>
    /// <param name="sizeBytes">Its size in bytes; above 0.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun; a call that runs is not cut short.</param>
    /// <returns>Completes when it stands.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.AlreadyExists"/>, <see cref="ErrorKind.NotFound"/> (pool, namespace),
    /// <see cref="ErrorKind.NoSpace"/>, <see cref="ErrorKind.InvalidArgument"/>.</exception>
    Task CreateSharedAsync(VolumeId volume, long sizeBytes, CancellationToken cancellationToken);

    /// <summary>
    /// Opens an image until the result is disposed. It counts as used when it is open for writing. Ends with the connection at the latest.
    /// </summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="readOnly">Whether it is only read.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>The open image.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.Fenced"/>.</exception>
    Task<IOpenImage> OpenAsync(VolumeId volume, bool readOnly, CancellationToken cancellationToken);
}
