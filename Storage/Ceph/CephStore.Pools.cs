using Mooring.Messages;

namespace Mooring.Storage.Ceph;

/// <content>What goes beyond single images' life: their ties, the trash, namespaces.</content>
internal sealed partial class CephStore
{
    public Task<ImageTies> GetTiesAsync(VolumeId volume, CancellationToken cancellationToken) => _ties.GetAsync(volume, cancellationToken);

    public Task LockAsync(VolumeId volume, string lockId, string tag, CancellationToken cancellationToken) =>
        _ties.LockAsync(volume, lockId, tag, cancellationToken);

    public Task BreakLockAsync(VolumeId volume, string holder, string lockId, CancellationToken cancellationToken) =>
        _ties.BreakLockAsync(volume, holder, lockId, cancellationToken);

    public Task MoveToTrashAsync(VolumeId volume, TimeSpan delay, CancellationToken cancellationToken) => _trash.MoveAsync(volume, delay, cancellationToken);

    public Task<IReadOnlyList<TrashedImage>> ListTrashAsync(string pool, string ns, string? after, int limit, CancellationToken cancellationToken) =>
        _trash.ListAsync(pool, ns, after, limit, cancellationToken);

    public Task<TrashedImage?> FindInTrashAsync(string pool, string ns, ImageId id, CancellationToken cancellationToken) =>
        _trash.FindAsync(pool, ns, id, cancellationToken);

    public Task RestoreFromTrashAsync(ImageId id, VolumeId volume, CancellationToken cancellationToken) => _trash.RestoreAsync(id, volume, cancellationToken);

    public Task RemoveFromTrashAsync(string pool, string ns, ImageId id, bool force, IProgress<double>? progress, CancellationToken cancellationToken) =>
        _trash.RemoveAsync(pool, ns, id, force, progress, cancellationToken);

    public Task CreateNamespaceAsync(string pool, string ns, CancellationToken cancellationToken) => _namespaces.CreateAsync(pool, ns, cancellationToken);

    public Task RemoveNamespaceAsync(string pool, string ns, CancellationToken cancellationToken) => _namespaces.RemoveAsync(pool, ns, cancellationToken);

    public Task<IReadOnlyList<string>> ListNamespacesAsync(string pool, string? after, int limit, CancellationToken cancellationToken) =>
        _namespaces.ListAsync(pool, after, limit, cancellationToken);

    public Task<bool> HasNamespaceAsync(string pool, string ns, CancellationToken cancellationToken) => _namespaces.ExistsAsync(pool, ns, cancellationToken);

    public Task<IReadOnlyList<ImageUsage>> GetUsageAsync(VolumeId volume, CancellationToken cancellationToken) => _usage.GetAsync(volume, cancellationToken);

    public Task<PoolStatistics> GetStatisticsAsync(string pool, string ns, CancellationToken cancellationToken) =>
        _usage.GetStatisticsAsync(pool, ns, cancellationToken);
}
