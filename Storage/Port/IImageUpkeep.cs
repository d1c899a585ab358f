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

    /// <summary>
    /// Switches features on or off. A new object map is not right until <see cref="RebuildObjectMapAsync"/> has made it so. Cut short it has taken effect
    /// or not.
    /// </summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="features">Their names: <see cref="ImageFeatures.CanBeEnabled"/> or <see cref="ImageFeatures.CanBeDisabled"/>.</param>
    /// <param name="enabled">Whether the image is to have them.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it has them, or has not.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.InvalidArgument"/> when one is so already, cannot be changed, or needs another.</exception>
    Task UpdateFeaturesAsync(VolumeId volume, IReadOnlyList<string> features, bool enabled, CancellationToken cancellationToken);
}
