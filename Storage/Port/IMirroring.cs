using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>
/// Mirroring of images to other clusters (<c>rbd mirror</c>): what is kept of it with pools and images. The copying itself is done by others. A store that
/// has none answers <see cref="ErrorKind.Unsupported"/>. Cut short, a call has taken effect, or may be called again.
/// </summary>
public interface IMirroring
{
    /// <summary>Which images of a pool and namespace can be mirrored.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="ns">The namespace; empty for the default one.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The mode.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> when the pool or namespace does not exist.</exception>
    Task<PoolMirroring> GetPoolMirroringAsync(string pool, string ns, CancellationToken cancellationToken) => throw NotHere();

    /// <summary>Says which images of a pool and namespace can be mirrored. Does nothing when that is so.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="ns">The namespace; empty for the default one.</param>
    /// <param name="mode">Which.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it is so.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.Busy"/> to end it while images are mirrored one by one,
    /// or peers are known.</exception>
    Task SetPoolMirroringAsync(string pool, string ns, PoolMirroring mode, CancellationToken cancellationToken) => throw NotHere();

    /// <summary>How an image is mirrored. Registers no watch.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>How.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/>.</exception>
    Task<ImageMirroring> GetMirroringAsync(VolumeId volume, CancellationToken cancellationToken) => throw NotHere();

    /// <summary>Whether an image is mirrored if its pool says so of it: if all that have the feature journaling are, and it has that. Opens nothing.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>False when beginning that was cut short; true of a store that has no mirroring.</returns>
    Task<bool> FollowsPoolAsync(VolumeId volume, CancellationToken cancellationToken) => Task.FromResult(true);

    /// <summary>Begins to mirror an image. By journal, it gets the feature journaling, and exclusive-lock, when it has not.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="mode">By what.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it is mirrored.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.InvalidArgument"/> when its pool's images are not mirrored one
    /// by one, or it is mirrored in the other mode.</exception>
    Task EnableMirroringAsync(VolumeId volume, MirroringMode mode, CancellationToken cancellationToken) => throw NotHere();

    /// <summary>Ends the mirroring of an image, and removes what it kept for that. Does nothing when it is not mirrored.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="force">Whether it need not be the primary one.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it is not mirrored.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.InvalidArgument"/> when it is not the primary one.</exception>
    Task DisableMirroringAsync(VolumeId volume, bool force, CancellationToken cancellationToken) => throw NotHere();

    /// <summary>Makes an image the primary one, which is written to.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="force">Whether the other cluster need not have given that up.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it is.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.InvalidArgument"/> when it is already, or is not mirrored;
    /// <see cref="ErrorKind.Busy"/> when the other one is still primary.</exception>
    Task PromoteAsync(VolumeId volume, bool force, CancellationToken cancellationToken) => throw NotHere();

    /// <summary>Makes an image not the primary one any more: it is only read.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it is not.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.InvalidArgument"/> when it is not already, or is not mirrored.</exception>
    Task DemoteAsync(VolumeId volume, CancellationToken cancellationToken) => throw NotHere();

    /// <summary>Marks an image to be copied anew from the primary one: what is here is lost.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when it is marked.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.InvalidArgument"/> when it is the primary one, or is not
    /// mirrored.</exception>
    Task ResyncAsync(VolumeId volume, CancellationToken cancellationToken) => throw NotHere();

    /// <summary>Keeps an image that is mirrored by snapshots as it is now, for the other cluster.</summary>
    /// <param name="volume">The image's name.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>The snapshot's id.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.InvalidArgument"/> when it is not the primary one, is not mirrored
    /// by snapshots, or its pool knows no peer that would want it.</exception>
    Task<SnapshotId> CreateMirrorSnapshotAsync(VolumeId volume, CancellationToken cancellationToken) => throw NotHere();

    private static BlockStoreException NotHere() => new(ErrorKind.Unsupported, "there is no mirroring on this store", 95);
}

/// <summary>Which images of a pool are mirrored.</summary>
public enum PoolMirroring
{
    /// <summary>None.</summary>
    Disabled,

    /// <summary>Those for which it is enabled one by one.</summary>
    Image,

    /// <summary>All that have the feature journaling.</summary>
    Pool,
}

/// <summary>By what an image is mirrored.</summary>
public enum MirroringMode
{
    /// <summary>By its journal.</summary>
    Journal,

    /// <summary>By snapshots.</summary>
    Snapshot,
}

/// <summary>Whether an image is mirrored.</summary>
public enum MirroringState
{
    /// <summary>It is not.</summary>
    Disabled,

    /// <summary>It is.</summary>
    Enabled,

    /// <summary>Beginning or ending it goes on, or was cut short; or making the image the primary one, or not.</summary>
    Changing,
}

/// <summary>How an image is mirrored.</summary>
/// <param name="State">Whether it is.</param>
/// <param name="Mode">By what; null when it is not.</param>
/// <param name="IsPrimary">Whether it is the one that is written to.</param>
/// <param name="GlobalId">What it is called on all clusters; empty when it is not mirrored.</param>
/// <param name="Sites">What those who copy say of it.</param>
public sealed record ImageMirroring(MirroringState State, MirroringMode? Mode, bool IsPrimary, string GlobalId, IReadOnlyList<MirrorSite> Sites)
{
    /// <summary>Of one that is not mirrored.</summary>
    public static ImageMirroring None { get; } = new(MirroringState.Disabled, null, false, "", []);

    /// <summary>The ids of its mirror's snapshots that are complete, the oldest first.</summary>
    public IReadOnlyList<SnapshotId> Snapshots { get; init; } = [];
}

/// <summary>What somebody who copies an image says of that.</summary>
/// <param name="Id">Of which cluster; empty for this one.</param>
/// <param name="State">As <c>rbd mirror image status</c> shows it, such as <c>up+replaying</c>.</param>
/// <param name="Description">In words.</param>
/// <param name="UpdatedAt">When; null when never.</param>
public sealed record MirrorSite(string Id, string State, string Description, DateTimeOffset? UpdatedAt);
