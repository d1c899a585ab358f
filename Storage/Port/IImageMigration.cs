using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>
/// Moving images to other pools or into other layouts while clients use them (<c>rbd migration</c>). From its preparation on an image is opened by the
/// target's name, which shows all its data and takes what is written; the source has no name any more and lies in the trash, for nobody to touch. Until it
/// is committed or aborted a target's data are read and written, and nothing else of it is changed: what does so fails with <see cref="ErrorKind.Busy"/>.
/// None of these calls can be stopped half way. Each may be called again when another connection, which is fenced by now, has left it half done.
/// </summary>
public interface IImageMigration
{
    /// <summary>The migration that an image is the target of.</summary>
    /// <param name="target">The image's name.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The migration; null when it is the target of none.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> when there is no such image.</exception>
    Task<ImageMigration?> GetMigrationAsync(VolumeId target, CancellationToken cancellationToken);

    /// <summary>
    /// Makes the target, with the source's snapshots and metadata, and takes the source's name away. Clones of the source are the target's then. Does
    /// nothing when that very image has been prepared for that target; what fails leaves the source as it was.
    /// </summary>
    /// <param name="source">The source's name.</param>
    /// <param name="image">Its internal id.</param>
    /// <param name="target">The target's name; may lie in another pool.</param>
    /// <param name="layout">How the target is laid out; what is null is as with the source.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when the target can be opened.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> (source); <see cref="ErrorKind.AlreadyExists"/> (target);
    /// <see cref="ErrorKind.Busy"/> while the source is open or locked (the detail says by whom), in a group, mirrored, being migrated, or has snapshots of a
    /// group or in the trash; <see cref="ErrorKind.NoSpace"/>.</exception>
    Task PrepareMigrationAsync(VolumeId source, ImageId image, VolumeId target, ImageLayout layout, CancellationToken cancellationToken);

    /// <summary>Copies all data to the target, also while clients have it open.</summary>
    /// <param name="target">The target's name.</param>
    /// <param name="progress">As in <see cref="IImageLifecycle.RemoveAsync"/>.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when the target needs the source no more.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.InvalidArgument"/> when it is no target, or not in a state
    /// to be executed; <see cref="ErrorKind.Damaged"/> when a snapshot that it came with has been removed since; <see cref="ErrorKind.Busy"/> while it is locked;
    /// <see cref="ErrorKind.NoSpace"/>.</exception>
    Task ExecuteMigrationAsync(VolumeId target, IProgress<double>? progress, CancellationToken cancellationToken);

    /// <summary>Ends an executed migration: removes the source, with its snapshots.</summary>
    /// <param name="migration">As <see cref="GetMigrationAsync"/> gave it before the first try.</param>
    /// <param name="progress">As in <see cref="IImageLifecycle.RemoveAsync"/>.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when the target is an image like any other, and nothing is left of the source.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.InvalidArgument"/> when it has not been executed.</exception>
    Task CommitMigrationAsync(ImageMigration migration, IProgress<double>? progress, CancellationToken cancellationToken);

    /// <summary>
    /// Gives the source its name and the target's data back, and removes the target. When another image has got the source's name meanwhile the source
    /// stays in the trash, from where it can be restored under another one.
    /// </summary>
    /// <param name="migration">As <see cref="GetMigrationAsync"/> gave it before the first try.</param>
    /// <param name="progress">As in <see cref="IImageLifecycle.RemoveAsync"/>.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    /// <returns>Completes when the source is as it was, and nothing is left of the target.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.Busy"/> while the target is open or locked;
    /// <see cref="ErrorKind.AlreadyExists"/> when another image has the source's name (the detail says where the source is).</exception>
    Task AbortMigrationAsync(ImageMigration migration, IProgress<double>? progress, CancellationToken cancellationToken);
}

/// <summary>How far a migration is.</summary>
public enum MigrationState
{
    /// <summary>The store says that it has failed, or something that is not known.</summary>
    Failed,

    /// <summary>Its preparation goes on, or was cut short.</summary>
    Preparing,

    /// <summary>The target can be used.</summary>
    Prepared,

    /// <summary>Data are being copied, or were when that was cut short.</summary>
    Executing,

    /// <summary>All data are there.</summary>
    Executed,

    /// <summary>It is being undone, or was when that was cut short.</summary>
    Aborting,
}

/// <summary>A migration of an image.</summary>
/// <param name="Source">The name that the source had; null when it is no image of this store, but something that is only read.</param>
/// <param name="SourceId">The source's internal id; empty when it is no image.</param>
/// <param name="Target">The target's name.</param>
/// <param name="TargetId">The target's internal id.</param>
/// <param name="State">How far it is.</param>
/// <param name="Detail">What the store says of that, such as how much is copied; empty for nothing.</param>
public sealed record ImageMigration(VolumeId? Source, ImageId SourceId, VolumeId Target, ImageId TargetId, MigrationState State, string Detail);
