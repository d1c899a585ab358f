using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>
/// What changes how an image is kept, and none of its bytes. Every call fails with <see cref="ErrorKind.NotFound"/> when there is no such image; cut
/// short it may be called again.
/// </summary>
public interface IImageUpkeep
{
    /// <summary>Gives back the space of what is zeros.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="progress">As in <see cref="IImageLifecycle.RemoveAsync"/>.</param>
    /// <param name="cancellationToken">Stops it at its next step, with <see cref="ErrorKind.Cancelled"/>, before it has begun with
    /// <see cref="OperationCanceledException"/>.</param>
    /// <returns>Completes when that is done.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.Fenced"/>.</exception>
    Task SparsifyAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken);

    /// <summary>Makes the map of the image's objects anew. A store that needs none has nothing to do.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="progress">As in <see cref="IImageLifecycle.RemoveAsync"/>.</param>
    /// <param name="cancellationToken">Stops it at its next step, with <see cref="ErrorKind.Cancelled"/>, before it has begun with
    /// <see cref="OperationCanceledException"/>.</param>
    /// <returns>Completes when the map is right.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.InvalidArgument"/> when the image has no such map.</exception>
    Task RebuildObjectMapAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken);
}
