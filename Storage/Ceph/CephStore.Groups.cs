using Mooring.Messages;

namespace Mooring.Storage.Ceph;

/// <content>Groups of images.</content>
internal sealed partial class CephStore
{
    public Task<string?> FindGroupAsync(VolumeId group, CancellationToken cancellationToken) => _groups.FindAsync(group, cancellationToken);

    public Task<IReadOnlyList<string>> ListGroupsAsync(string pool, string ns, string? after, int limit, CancellationToken cancellationToken) =>
        _groups.ListAsync(pool, ns, after, limit, cancellationToken);

    public Task CreateGroupAsync(VolumeId group, CancellationToken cancellationToken) => _groups.CreateAsync(group, cancellationToken);

    public Task RemoveGroupAsync(VolumeId group, CancellationToken cancellationToken) => _groups.RemoveAsync(group, cancellationToken);

    public Task RenameGroupAsync(VolumeId from, VolumeId to, CancellationToken cancellationToken) => _groups.RenameAsync(from, to, cancellationToken);

    public Task<IReadOnlyList<GroupImage>> GetGroupImagesAsync(VolumeId group, CancellationToken cancellationToken) =>
        _groups.GetImagesAsync(group, cancellationToken);

    public Task AddToGroupAsync(VolumeId group, VolumeId volume, CancellationToken cancellationToken) => _groups.AddAsync(group, volume, cancellationToken);

    public Task RemoveFromGroupAsync(VolumeId group, VolumeId volume, CancellationToken cancellationToken) =>
        _groups.RemoveAsync(group, volume, cancellationToken);

    public Task<IReadOnlyList<GroupSnapshot>> GetGroupSnapshotsAsync(VolumeId group, CancellationToken cancellationToken) =>
        _groups.GetSnapshotsAsync(group, cancellationToken);

    public Task CreateGroupSnapshotAsync(VolumeId group, string name, CancellationToken cancellationToken) =>
        _groups.CreateSnapshotAsync(group, name, cancellationToken);

    public Task RenameGroupSnapshotAsync(VolumeId group, string name, string newName, CancellationToken cancellationToken) =>
        _groups.RenameSnapshotAsync(group, name, newName, cancellationToken);

    public Task RemoveGroupSnapshotAsync(VolumeId group, string name, CancellationToken cancellationToken) =>
        _groups.RemoveSnapshotAsync(group, name, cancellationToken);

    public Task RollBackGroupAsync(VolumeId group, string name, IProgress<double>? progress, CancellationToken cancellationToken) =>
        _groups.RollBackAsync(group, name, progress, cancellationToken);
}
