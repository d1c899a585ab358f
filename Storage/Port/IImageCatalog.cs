using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>Finding images.</summary>
public interface IImageCatalog
{
    /// <summary>The pools that images can lie in.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Names in ordinal order.</returns>
    Task<IReadOnlyList<string>> ListPoolsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The internal id of the image under a name, by one cheap read, without opening it. An image that is half made or half removed
    /// is found as long as its name is taken.
    /// </summary>
    /// <param name="volume">The image's name; reserved names are allowed here.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The id, or null when nothing has that name.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> when the pool or namespace does not exist.</exception>
    Task<ImageId?> FindAsync(VolumeId volume, CancellationToken cancellationToken);

    /// <summary>What the store knows of an image. Registers no watch.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The image.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> when there is none (also when it is half made).</exception>
    Task<ImageInfo> GetAsync(VolumeId volume, CancellationToken cancellationToken);

    /// <summary>
    /// The names of the images of a pool and namespace in the order of their UTF-8 bytes, page by page, reserved names and half-made
    /// images included.
    /// </summary>
    /// <param name="pool">The pool.</param>
    /// <param name="ns">The namespace; empty for the default one.</param>
    /// <param name="after">The page begins after this name; null begins at the start.</param>
    /// <param name="limit">At most so many, 1 to 1,000.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The names; fewer than <paramref name="limit"/> at the end.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> when the pool or namespace does not exist;
    /// <see cref="ErrorKind.InvalidArgument"/> for a <paramref name="limit"/> out of its bounds.</exception>
    Task<IReadOnlyList<string>> ListAsync(string pool, string ns, string? after, int limit, CancellationToken cancellationToken);
}
