using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>
/// Key-value metadata of an image (<c>rbd image-meta</c>). A key that begins with <see cref="ImageOption.KeyPrefix"/> sets an option for the image
/// (<c>rbd config image</c>): it is refused when there is no such option or it has no such values.
/// </summary>
public interface IImageMetadata
{
    /// <summary>Sets one value.</summary>
    /// <param name="volume">The image's name; reserved names are allowed.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it is set.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> when there is no such image; <see cref="ErrorKind.InvalidArgument"/> when the
    /// option it is to set cannot be set so.</exception>
    Task SetMetadataAsync(VolumeId volume, string key, string value, CancellationToken cancellationToken);

    /// <summary>Removes one value.</summary>
    /// <param name="volume">The image's name; reserved names are allowed.</param>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it is gone.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> when there is no such image, or it has no such key.</exception>
    Task RemoveMetadataAsync(VolumeId volume, string key, CancellationToken cancellationToken);

    /// <summary>All metadata of an image. Registers no watch.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Keys and values.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> when there is no such image.</exception>
    Task<IReadOnlyDictionary<string, string>> GetMetadataAsync(VolumeId volume, CancellationToken cancellationToken);

    /// <summary>The options that can be set for an image, and their values for it. Registers no watch.</summary>
    /// <param name="volume">The image's name; reserved names are allowed.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>All of them, in ordinal order of the names.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> when there is no such image.</exception>
    Task<IReadOnlyList<ImageOption>> GetOptionsAsync(VolumeId volume, CancellationToken cancellationToken);
}
