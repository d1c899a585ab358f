using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>The trash of a pool and namespace: images without a name, that can be brought back under one.</summary>
public interface IImageTrash
{
    /// <summary>
    /// Moves an image into the trash of its pool and namespace; completes a move of the same image that another connection, which is fenced by now, has
    /// left half done.
    /// </summary>
    /// <param name="volume">The image's name, which is free afterwards.</param>
    /// <param name="delay">For how long it cannot be removed from there without force.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it is there.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.Busy"/> while a client has it open or it is
    /// locked (the detail says by whom).</exception>
    Task MoveToTrashAsync(VolumeId volume, TimeSpan delay, CancellationToken cancellationToken);

    /// <summary>What lies in the trash, in the order of the ids, page by page.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="ns">The namespace; empty for the default one.</param>
    /// <param name="after">The page begins after this id; null begins at the start.</param>
    /// <param name="limit">At most so many, 1 to 1,000.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The images; fewer than <paramref name="limit"/> at the end.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> when the pool or namespace does not exist.</exception>
    Task<IReadOnlyList<TrashedImage>> ListTrashAsync(string pool, string ns, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>One image in the trash.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="ns">The namespace; empty for the default one.</param>
    /// <param name="id">The image's id.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The image; null when it is not there.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> when the pool or namespace does not exist.</exception>
    Task<TrashedImage?> FindInTrashAsync(string pool, string ns, ImageId id, CancellationToken cancellationToken);

    /// <summary>
    /// Brings an image back; completes what another connection, which is fenced by now, has left half done.
    /// </summary>
    /// <param name="id">The image's id.</param>
    /// <param name="volume">The name that it gets, in the pool and namespace of the trash.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it has that name.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> (not in the trash); <see cref="ErrorKind.AlreadyExists"/> (the name);
    /// <see cref="ErrorKind.Busy"/> while it is being removed.</exception>
    Task RestoreFromTrashAsync(ImageId id, VolumeId volume, CancellationToken cancellationToken);

    /// <summary>Removes an image in the trash and its data, for good; completes a removal that was cut short.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="ns">The namespace; empty for the default one.</param>
    /// <param name="id">The image's id.</param>
    /// <param name="force">Whether its time there need not be over.</param>
    /// <param name="progress">As in <see cref="IImageLifecycle.RemoveAsync"/>.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it and its data are gone.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.PermissionDenied"/> while its time is not over;
    /// <see cref="ErrorKind.Busy"/> while a client has it open, it has snapshots, is in a group, or is being restored.</exception>
    Task RemoveFromTrashAsync(string pool, string ns, ImageId id, bool force, IProgress<double>? progress, CancellationToken cancellationToken);
}

/// <summary>An image in the trash.</summary>
/// <param name="Id">Its internal id.</param>
/// <param name="Name">The name that it had.</param>
/// <param name="Source">Who moved it there: <c>user</c>, or a part of the store such as <c>mirroring</c> or <c>migration</c>; <c>removing</c> when that was
/// the first step of its removal, which goes on or was cut short.</param>
/// <param name="DeletedAt">Since when it is there.</param>
/// <param name="DeferredUntil">Until when it cannot be removed without force.</param>
public sealed record TrashedImage(ImageId Id, string Name, string Source, DateTimeOffset DeletedAt, DateTimeOffset DeferredUntil)
{
    /// <summary>Whether moving it there was cut short: it is not all there yet.</summary>
    public bool Moving { get; init; }

    /// <summary>Whether it is only there because it is being removed, or was when whoever did that died.</summary>
    public bool Removing => Source == "removing";
}
