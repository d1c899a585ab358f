using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>Taking all bytes of an image out of the store, and bringing them in.</summary>
public interface IImageContent
{
    /// <summary>
    /// Opens an image, or a snapshot of it, only to be read: registers no watch and takes no lock. A snapshot shows the bytes of one moment; an image that is
    /// written meanwhile shows each byte as it was at some time since.
    /// </summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="snapshot">The snapshot's name; null for the image itself.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>The view, until it is disposed.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> (image, snapshot); <see cref="ErrorKind.Fenced"/>.</exception>
    Task<IImageView> OpenViewAsync(VolumeId volume, string? snapshot, CancellationToken cancellationToken);

    /// <summary>
    /// Opens an image to write much of it, as <see cref="IImageOpening.OpenAsync"/> does; nobody else is promised to see what is written before a flush has completed.
    /// </summary>
    /// <param name="volume">The image's name; reserved names are allowed.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>The open image.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.Fenced"/>.</exception>
    Task<IFilledImage> OpenToFillAsync(VolumeId volume, CancellationToken cancellationToken);
}

/// <summary>An image that is open to be read, and knows where it may differ from a snapshot.</summary>
public interface IImageView : IOpenImage
{
    /// <summary>The parts of a range in which this image has other bytes than one of its earlier snapshots; they may be given too large, and never too small.</summary>
    /// <param name="since">The snapshot's name; null compares with nothing but zeros.</param>
    /// <param name="offset">Where the range begins, in bytes.</param>
    /// <param name="length">How many bytes it has; at most <see cref="ImageDifference.RangeBytesMax"/>.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Parts in the order of their offsets, which do not overlap and do not reach beyond the image's end.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> (snapshot); <see cref="ErrorKind.InvalidArgument"/> beyond the image's end, or
    /// for a snapshot that is not older than what is shown.</exception>
    Task<IReadOnlyList<ImageDifference>> CompareAsync(string? since, long offset, long length, CancellationToken cancellationToken);
}

/// <summary>An image that is open to be written, and can be told of zeros without sending them.</summary>
public interface IFilledImage : IOpenImage
{
    /// <summary>Makes a range zeros, as a write of zeros would.</summary>
    /// <param name="offset">Where to begin, in bytes.</param>
    /// <param name="length">How many bytes.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when the range is zeros.</returns>
    /// <exception cref="BlockStoreException">As for <see cref="IOpenImage.WriteAsync"/>.</exception>
    Task ZeroAsync(long offset, long length, CancellationToken cancellationToken);
}

/// <summary>A part of an image.</summary>
/// <param name="Offset">Where it begins, in bytes.</param>
/// <param name="Length">How many bytes it has.</param>
/// <param name="IsZeros">Whether all of them are known to be zeros.</param>
public readonly record struct ImageDifference(long Offset, long Length, bool IsZeros)
{
    /// <summary>The longest range that is compared in one call, so that its answer is bounded.</summary>
    public const long RangeBytesMax = 256 << 20;
}
