using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>Key-value metadata of an image (<c>rbd image-meta</c>).</summary>
public interface IImageMetadata
{
    /// <summary>Sets one value.</summary>
    /// <param name="volume">The image's name; reserved names are allowed.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it is set.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> when there is no such image.</exception>
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
}
