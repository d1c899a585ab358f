using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>
/// An image that is open. Any number of calls may run at once, in no order among each other. A call that has begun is not cancelled: its buffer stays
/// in use until it completes. After the connection was fenced no write takes effect any more and each fails with <see cref="ErrorKind.Fenced"/>.
/// </summary>
public interface IOpenImage : IAsyncDisposable
{
    /// <summary>The image's name.</summary>
    VolumeId Volume { get; }

    /// <summary>Its size in bytes when it was opened.</summary>
    long SizeBytes { get; }

    /// <summary>Reads bytes; holes read as zeros.</summary>
    /// <param name="offset">Where to begin, in bytes.</param>
    /// <param name="buffer">Filled whole.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when the buffer is filled.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.InvalidArgument"/> beyond the image's end; <see cref="ErrorKind.Unavailable"/>.</exception>
    Task ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Writes bytes. Every connection reads them when this has completed; they are durable when a flush that began later has completed.</summary>
    /// <param name="offset">Where to begin, in bytes.</param>
    /// <param name="data">What to write; stays unchanged until this completes.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when the bytes are written.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.InvalidArgument"/> beyond the image's end; <see cref="ErrorKind.NoSpace"/>;
    /// <see cref="ErrorKind.Fenced"/>; <see cref="ErrorKind.PermissionDenied"/> when it was opened read-only.</exception>
    Task WriteAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken);

    /// <summary>Makes durable what was written before.</summary>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when every write that had completed before the call is durable.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.Fenced"/>; <see cref="ErrorKind.Unavailable"/>.</exception>
    Task FlushAsync(CancellationToken cancellationToken);
}
