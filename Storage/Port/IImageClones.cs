using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>
/// Clones: images that show the data of a snapshot where they have none of their own. Every call fails with <see cref="ErrorKind.NotFound"/> when there is
/// no such image.
/// </summary>
public interface IImageClones
{
    /// <summary>
    /// Makes an image out of a snapshot, with its size and its image's metadata. While the snapshot is protected its clones may keep it so; of one
    /// that is not the clones live on when it is removed. A clone that fails leaves nothing, or a partial image under the target's name, which the
    /// caller removes.
    /// </summary>
    /// <param name="source">The image of the snapshot.</param>
    /// <param name="snapshot">The snapshot's name.</param>
    /// <param name="target">The new image's name; may lie in another pool.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it stands.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> (image, snapshot), <see cref="ErrorKind.AlreadyExists"/> (target),
    /// <see cref="ErrorKind.NoSpace"/>, <see cref="ErrorKind.Fenced"/>.</exception>
    Task CloneAsync(VolumeId source, string snapshot, VolumeId target, CancellationToken cancellationToken);

    /// <summary>Gives a clone all of its data, so that it needs its parent no more. Cut short it is a clone still, and may be called again.</summary>
    /// <param name="volume">The clone's name.</param>
    /// <param name="progress">As in <see cref="IImageLifecycle.RemoveAsync"/>.</param>
    /// <param name="cancellationToken">As in <see cref="IImageUpkeep.SparsifyAsync"/>.</param>
    /// <returns>Completes when it has no parent.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.InvalidArgument"/> when it is no clone; <see cref="ErrorKind.NoSpace"/>.</exception>
    Task FlattenAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken);

    /// <summary>
    /// Makes a new image with all the data of another and with its snapshots. A clone's copy is a clone of the same
    /// parent. A copy that fails leaves a partial image under the target's name, which the caller removes.
    /// </summary>
    /// <param name="source">The image to copy.</param>
    /// <param name="target">The new image's name; may lie in another pool.</param>
    /// <param name="progress">As in <see cref="IImageLifecycle.RemoveAsync"/>.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when all is there.</returns>
    /// <exception cref="BlockStoreException">As for <see cref="IImageLifecycle.CopyAsync"/>.</exception>
    Task DeepCopyAsync(VolumeId source, VolumeId target, IProgress<double>? progress, CancellationToken cancellationToken);

    /// <summary>The clones of an image's snapshots, of removed ones too. Registers no watch.</summary>
    /// <param name="volume">The image's name; reserved names are allowed.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Their names, reserved ones included.</returns>
    Task<IReadOnlyList<VolumeId>> GetChildrenAsync(VolumeId volume, CancellationToken cancellationToken);
}
