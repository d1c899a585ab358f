using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Common;

/// <summary>What a block store for the tests of actors need not do.</summary>
public abstract class StoreOfPlainImages
{
    public Task LockAsync(VolumeId volume, string lockId, string tag, CancellationToken cancellationToken) => throw NotHere();

    public Task BreakLockAsync(VolumeId volume, string holder, string lockId, CancellationToken cancellationToken) => throw NotHere();

    public Task MoveToTrashAsync(VolumeId volume, TimeSpan delay, CancellationToken cancellationToken) => throw NotHere();

    public Task<IReadOnlyList<TrashedImage>> ListTrashAsync(string pool, string ns, string? after, int limit, CancellationToken cancellationToken) => throw NotHere();

    public Task<TrashedImage?> FindInTrashAsync(string pool, string ns, ImageId id, CancellationToken cancellationToken) => throw NotHere();

    public Task RestoreFromTrashAsync(ImageId id, VolumeId volume, CancellationToken cancellationToken) => throw NotHere();

    public Task RemoveFromTrashAsync(string pool, string ns, ImageId id, bool force, IProgress<double>? progress, CancellationToken cancellationToken) => throw NotHere();

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

    public Task<IImageView> OpenViewAsync(VolumeId volume, string? snapshot, CancellationToken cancellationToken) => throw NotHere();

    public Task<IFilledImage> OpenToFillAsync(VolumeId volume, CancellationToken cancellationToken) => throw NotHere();

    protected static NotSupportedException NotHere() => new("not in this store");
}
