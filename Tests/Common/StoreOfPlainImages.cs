using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Common;

/// <summary>What a block store for the tests of actors need not do.</summary>
public abstract class StoreOfPlainImages
{
    public Task LockAsync(VolumeId volume, string lockId, string tag, CancellationToken cancellationToken) => throw NotHere();

    public Task MendSnapshotsAsync(VolumeId volume, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task BreakLockAsync(VolumeId volume, string holder, string lockId, CancellationToken cancellationToken) => throw NotHere();

    public Task MoveToTrashAsync(VolumeId volume, TimeSpan delay, CancellationToken cancellationToken) => throw NotHere();

    public Task<IReadOnlyList<TrashedImage>> ListTrashAsync(string pool, string ns, string? after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<TrashedImage>>([]);

    public Task<TrashedImage?> FindInTrashAsync(string pool, string ns, ImageId id, CancellationToken cancellationToken) =>
        Task.FromResult<TrashedImage?>(null);

    public Task RestoreFromTrashAsync(ImageId id, VolumeId volume, CancellationToken cancellationToken) => throw NotHere();

    public Task RemoveFromTrashAsync(string pool, string ns, ImageId id, bool force, IProgress<double>? progress, CancellationToken cancellationToken) => throw NotHere();

    public Task<ImageMigration?> GetMigrationAsync(VolumeId target, CancellationToken cancellationToken) => Task.FromResult<ImageMigration?>(null);

    public Task PrepareMigrationAsync(VolumeId source, ImageId image, VolumeId target, ImageLayout layout, CancellationToken cancellationToken) => throw NotHere();

    public Task ExecuteMigrationAsync(VolumeId target, IProgress<double>? progress, CancellationToken cancellationToken) => throw NotHere();

    public Task CommitMigrationAsync(ImageMigration migration, IProgress<double>? progress, CancellationToken cancellationToken) => throw NotHere();

    public Task AbortMigrationAsync(ImageMigration migration, IProgress<double>? progress, CancellationToken cancellationToken) => throw NotHere();

    public Task CreateNamespaceAsync(string pool, string ns, CancellationToken cancellationToken) => throw NotHere();

    public Task RemoveNamespaceAsync(string pool, string ns, CancellationToken cancellationToken) => throw NotHere();

    public Task<IReadOnlyList<string>> ListNamespacesAsync(string pool, string? after, int limit, CancellationToken cancellationToken) => throw NotHere();

    public Task<bool> HasNamespaceAsync(string pool, string ns, CancellationToken cancellationToken) => throw NotHere();

    public Task CreateSnapshotAsync(VolumeId volume, string name, CancellationToken cancellationToken) => throw NotHere();

    public Task RenameSnapshotAsync(VolumeId volume, string name, string newName, CancellationToken cancellationToken) => throw NotHere();

    public Task RemoveSnapshotAsync(VolumeId volume, string name, CancellationToken cancellationToken) => throw NotHere();

    public Task ProtectSnapshotAsync(VolumeId volume, string name, CancellationToken cancellationToken) => throw NotHere();

    public Task UnprotectSnapshotAsync(VolumeId volume, string name, CancellationToken cancellationToken) => throw NotHere();

    public Task RollBackAsync(VolumeId volume, string name, IProgress<double>? progress, CancellationToken cancellationToken) => throw NotHere();

    public Task LimitSnapshotsAsync(VolumeId volume, long? countMax, CancellationToken cancellationToken) => throw NotHere();

    public Task CloneAsync(VolumeId source, string snapshot, VolumeId target, CancellationToken cancellationToken) => throw NotHere();

    public Task FlattenAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) => throw NotHere();

    public Task DeepCopyAsync(VolumeId source, VolumeId target, IProgress<double>? progress, CancellationToken cancellationToken) => throw NotHere();

    public Task SparsifyAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) => throw NotHere();

    public Task RebuildObjectMapAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) => throw NotHere();

    public Task UpdateFeaturesAsync(VolumeId volume, IReadOnlyList<string> features, bool enabled, CancellationToken cancellationToken) => throw NotHere();

    public Task<IReadOnlyList<ImageOption>> GetOptionsAsync(VolumeId volume, CancellationToken cancellationToken) => throw NotHere();

    public Task<IReadOnlyList<ImageUsage>> GetUsageAsync(VolumeId volume, CancellationToken cancellationToken) => throw NotHere();

    public Task<PoolStatistics> GetStatisticsAsync(string pool, string ns, CancellationToken cancellationToken) => throw NotHere();

    public Task<string?> FindGroupAsync(VolumeId group, CancellationToken cancellationToken) => throw NotHere();

    public Task<IReadOnlyList<string>> ListGroupsAsync(string pool, string ns, string? after, int limit, CancellationToken cancellationToken) => throw NotHere();

    public Task CreateGroupAsync(VolumeId group, CancellationToken cancellationToken) => throw NotHere();

    public Task RemoveGroupAsync(VolumeId group, CancellationToken cancellationToken) => throw NotHere();

    public Task RenameGroupAsync(VolumeId from, VolumeId to, CancellationToken cancellationToken) => throw NotHere();

    public Task<IReadOnlyList<GroupImage>> GetGroupImagesAsync(VolumeId group, CancellationToken cancellationToken) => throw NotHere();

    public Task AddToGroupAsync(VolumeId group, VolumeId volume, CancellationToken cancellationToken) => throw NotHere();

    public Task RemoveFromGroupAsync(VolumeId group, VolumeId volume, CancellationToken cancellationToken) => throw NotHere();

    public Task<IReadOnlyList<GroupSnapshot>> GetGroupSnapshotsAsync(VolumeId group, CancellationToken cancellationToken) => throw NotHere();

    public Task CreateGroupSnapshotAsync(VolumeId group, string name, CancellationToken cancellationToken) => throw NotHere();

    public Task RenameGroupSnapshotAsync(VolumeId group, string name, string newName, CancellationToken cancellationToken) => throw NotHere();

    public Task RemoveGroupSnapshotAsync(VolumeId group, string name, CancellationToken cancellationToken) => throw NotHere();

    public Task RollBackGroupAsync(VolumeId group, string name, IProgress<double>? progress, CancellationToken cancellationToken) => throw NotHere();

    public Task<IImageView> OpenViewAsync(VolumeId volume, string? snapshot, CancellationToken cancellationToken) => throw NotHere();

    public Task<IFilledImage> OpenToFillAsync(VolumeId volume, CancellationToken cancellationToken) => throw NotHere();

    protected static NotSupportedException NotHere() => new("not in this store");
}
