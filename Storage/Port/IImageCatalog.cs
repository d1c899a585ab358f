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
    /// What is wrong with an image that cannot be opened because parts of it are missing: it is half made, half removed, or somebody has removed them.
    /// Opens nothing.
    /// </summary>
    /// <param name="volume">The image's name; reserved names are allowed here.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>What is missing, in one line; null when the image is whole or nothing has that name.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> when the pool or namespace does not exist.</exception>
    Task<string?> ExamineAsync(VolumeId volume, CancellationToken cancellationToken);

    /// <summary>Whether making an image that can be opened was not cut short. Opens nothing.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>False when something of its layout or features is missing; true of a store that makes images in one step.</returns>
    Task<bool> IsCompleteAsync(VolumeId volume, CancellationToken cancellationToken) => Task.FromResult(true);

    /// <summary>
    /// The images of a pool and namespace in the order of their names' UTF-8 bytes, page by page, reserved names and damaged images included.
    /// Opens none of them. An image whose name is not UTF-8 comes along in addition, and never last on a page after which there are more.
    /// </summary>
    /// <param name="pool">The pool.</param>
    /// <param name="ns">The namespace; empty for the default one.</param>
    /// <param name="after">The page begins after this name; null begins at the start.</param>
    /// <param name="limit">At most so many whose names are UTF-8, 1 to 1,000.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The images; fewer than <paramref name="limit"/> at the end.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> when the pool or namespace does not exist;
    /// <see cref="ErrorKind.InvalidArgument"/> for a <paramref name="limit"/> out of its bounds.</exception>
    Task<IReadOnlyList<ListedImage>> ListImagesAsync(string pool, string ns, string? after, int limit, CancellationToken cancellationToken);
}
