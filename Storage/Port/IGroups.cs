using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>
/// Groups of images, that can be snapshotted and rolled back together. A group is named as an image is, by pool, namespace and name, and its images lie
/// in its namespace; an image is in one group at most. Every call that names a group fails with <see cref="ErrorKind.NotFound"/> when there is none.
/// </summary>
public interface IGroups
{
    /// <summary>The internal id of a group.</summary>
    /// <param name="group">Its name.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The id, which stays when it is renamed; null when there is no such group.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> when the pool or namespace does not exist.</exception>
    Task<string?> FindGroupAsync(VolumeId group, CancellationToken cancellationToken);

    /// <summary>The groups of a pool and namespace, page by page.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="ns">The namespace; empty for the default one.</param>
    /// <param name="after">The page begins after this name; null begins at the start.</param>
    /// <param name="limit">At most so many, 1 to 1,000.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Names in the order of their UTF-8 bytes; fewer than <paramref name="limit"/> at the end.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> when the pool or namespace does not exist.</exception>
    Task<IReadOnlyList<string>> ListGroupsAsync(string pool, string ns, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Makes an empty group; completes one that another connection, which is fenced by now, has left half made.</summary>
    /// <param name="group">Its name.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it stands.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.AlreadyExists"/>.</exception>
    Task CreateGroupAsync(VolumeId group, CancellationToken cancellationToken);

    /// <summary>Removes a group; its images are in none then. Cut short it may be called again.</summary>
    /// <param name="group">Its name.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it is gone.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.Busy"/> while it has snapshots (the detail names them).</exception>
    Task RemoveGroupAsync(VolumeId group, CancellationToken cancellationToken);

    /// <summary>Gives a group another name within its pool and namespace.</summary>
    /// <param name="from">The name now.</param>
    /// <param name="to">The new name.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it has that name.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.AlreadyExists"/>; <see cref="ErrorKind.InvalidArgument"/> when pool or namespace differ.</exception>
    Task RenameGroupAsync(VolumeId from, VolumeId to, CancellationToken cancellationToken);

    /// <summary>The images of a group.</summary>
    /// <param name="group">Its name.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The images, in no order.</returns>
    Task<IReadOnlyList<GroupImage>> GetGroupImagesAsync(VolumeId group, CancellationToken cancellationToken);

    /// <summary>Puts an image into a group. Cut short, or when it is there already, it may be called again.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="volume">The image's name.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it is in the group.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> (image); <see cref="ErrorKind.AlreadyExists"/> when it is in another group;
    /// <see cref="ErrorKind.InvalidArgument"/> when it lies in another namespace.</exception>
    Task AddToGroupAsync(VolumeId group, VolumeId volume, CancellationToken cancellationToken);

    /// <summary>Takes an image out of a group; the group's snapshots of it stay. Cut short it may be called again.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="volume">The image's name.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it is in no group.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> when there is no such image or it is not in the group.</exception>
    Task RemoveFromGroupAsync(VolumeId group, VolumeId volume, CancellationToken cancellationToken);

    /// <summary>The snapshots of a group.</summary>
    /// <param name="group">Its name.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The snapshots, in no order.</returns>
    Task<IReadOnlyList<GroupSnapshot>> GetGroupSnapshotsAsync(VolumeId group, CancellationToken cancellationToken);

    /// <summary>
    /// Keeps the bytes and sizes of all images of a group as they are at one moment. Cut short it leaves a snapshot that is not complete, which
    /// <see cref="RemoveGroupSnapshotAsync"/> removes.
    /// </summary>
    /// <param name="group">The group's name.</param>
    /// <param name="name">The snapshot's name.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it stands.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.AlreadyExists"/>; <see cref="ErrorKind.Busy"/> when one of the images is locked.</exception>
    Task CreateGroupSnapshotAsync(VolumeId group, string name, CancellationToken cancellationToken);

    /// <summary>Gives a group's snapshot another name.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="name">The snapshot's name now.</param>
    /// <param name="newName">The new name.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it has that name.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> (snapshot); <see cref="ErrorKind.AlreadyExists"/>.</exception>
    Task RenameGroupSnapshotAsync(VolumeId group, string name, string newName, CancellationToken cancellationToken);

    /// <summary>Removes a group's snapshot, of all images of which it has one. Cut short it may be called again.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="name">The snapshot's name.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it is gone.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> (snapshot); <see cref="ErrorKind.Busy"/> when one of the images is locked.</exception>
    Task RemoveGroupSnapshotAsync(VolumeId group, string name, CancellationToken cancellationToken);

    /// <summary>
    /// Gives all images that were in a group the bytes and the size that they had at its snapshot. Cut short it leaves a mixture, and may be called again.
    /// </summary>
    /// <param name="group">The group's name.</param>
    /// <param name="name">The snapshot's name.</param>
    /// <param name="progress">As in <see cref="IImageLifecycle.RemoveAsync"/>, of one image after the other.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when all are as they were.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> (snapshot); <see cref="ErrorKind.InvalidArgument"/> when it is not complete;
    /// <see cref="ErrorKind.Busy"/> when one of the images is open (the detail says by whom) or locked.</exception>
    Task RollBackGroupAsync(VolumeId group, string name, IProgress<double>? progress, CancellationToken cancellationToken);
}

/// <summary>An image of a group.</summary>
/// <param name="Volume">Its name; null while it lies in the trash.</param>
/// <param name="Id">Its internal id.</param>
/// <param name="IsComplete">False while putting it into the group or taking it out is only half done.</param>
public sealed record GroupImage(VolumeId? Volume, ImageId Id, bool IsComplete);

/// <summary>A snapshot of a group.</summary>
/// <param name="Id">Its internal id; stays when it is renamed.</param>
/// <param name="Name">Its name within the group.</param>
/// <param name="IsComplete">False when making it was cut short: it is good for nothing.</param>
public sealed record GroupSnapshot(string Id, string Name, bool IsComplete);
