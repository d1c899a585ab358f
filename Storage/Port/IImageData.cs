using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>The bytes of an image.</summary>
public interface IImageData
{
    /// <summary>Reads bytes; holes read as zeros.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="offset">Where to begin, in bytes.</param>
    /// <param name="buffer">Filled whole.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when the buffer is filled.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.InvalidArgument"/> beyond the image's end.</exception>
    Task ReadAsync(VolumeId volume, long offset, Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Writes bytes; durable when this completes.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="offset">Where to begin, in bytes.</param>
    /// <param name="data">What to write.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when the bytes are durable.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.InvalidArgument"/> beyond the image's end;
    /// <see cref="ErrorKind.NoSpace"/>; <see cref="ErrorKind.Fenced"/>.</exception>
    Task WriteAsync(VolumeId volume, long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken);
}
