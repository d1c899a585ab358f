using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>Who depends on an image: who has it open, and who has locked it.</summary>
public interface IImageTies
{
    /// <summary>Looks at all of them. Registers no watch.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>What there is.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> when there is none (also when it is half made).</exception>
    Task<ImageTies> GetTiesAsync(VolumeId volume, CancellationToken cancellationToken);

    /// <summary>
    /// Locks an image as <c>rbd lock add</c> does: an exclusive mark in this connection's name, that stays until it is broken, also when the connection is
    /// long gone. While it is there nobody else can lock the image, and Mooring changes nothing of it.
    /// </summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="lockId">The lock's id, as people choose it.</param>
    /// <param name="tag">Tells by whom it was made.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it is locked.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.Busy"/> when it is locked by another (the detail says
    /// by whom); <see cref="ErrorKind.AlreadyExists"/> when this connection has that very lock.</exception>
    Task LockAsync(VolumeId volume, string lockId, string tag, CancellationToken cancellationToken);

    /// <summary>Takes a lock away from its holder, whoever that is. Fences nobody.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="holder">The holder, as <see cref="ImageLock.Holder"/> says it.</param>
    /// <param name="lockId">The lock's id.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when the lock is gone.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> when there is no such image or lock.</exception>
    Task BreakLockAsync(VolumeId volume, string holder, string lockId, CancellationToken cancellationToken);
}

/// <summary>Who depends on an image.</summary>
/// <param name="Watchers">Who has it open to write.</param>
/// <param name="Locks">Who has locked it.</param>
public sealed record ImageTies(IReadOnlyList<ImageWatcher> Watchers, IReadOnlyList<ImageLock> Locks);

/// <summary>A client that has an image open to write.</summary>
/// <param name="Client">As the store names it, such as <c>client.4123</c>.</param>
/// <param name="Address">By which it can be fenced.</param>
public sealed record ImageWatcher(string Client, FenceAddress Address)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Client} at {Address}";
}

/// <summary>A lock on an image.</summary>
/// <param name="Holder">As the store names it, such as <c>client.4123</c>.</param>
/// <param name="Id">The lock's id, as its holder chose it.</param>
/// <param name="Address">By which the holder can be fenced.</param>
/// <param name="Tag">What it is tagged with; empty for most.</param>
/// <param name="Shared">Whether others may have the same lock with the same tag.</param>
/// <param name="Automatic">Whether a client has taken it by itself to write, and gives it up by itself.</param>
public sealed record ImageLock(string Holder, string Id, FenceAddress Address, string Tag, bool Shared, bool Automatic)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Holder} at {Address} (lock '{Id}')";
}
