using Mooring.Messages;

namespace Mooring.Storage.Ceph;

/// <content>Snapshots, clones and upkeep.</content>
internal sealed partial class CephStore
{
    public Task<ImageSnapshots> GetSnapshotsAsync(VolumeId volume, CancellationToken cancellationToken) => _snapshots.GetAsync(volume, cancellationToken);

    public Task CreateSnapshotAsync(VolumeId volume, string name, CancellationToken cancellationToken) =>
        _snapshots.CreateAsync(volume, name, cancellationToken);

    public Task RenameSnapshotAsync(VolumeId volume, string name, string newName, CancellationToken cancellationToken) =>
        _snapshots.RenameAsync(volume, name, newName, cancellationToken);

    public Task MendSnapshotsAsync(VolumeId volume, CancellationToken cancellationToken) => _snapshots.MendAsync(volume, cancellationToken);

    public Task RemoveSnapshotAsync(VolumeId volume, string name, CancellationToken cancellationToken) =>
        _snapshots.RemoveAsync(volume, name, cancellationToken);

    public Task ProtectSnapshotAsync(VolumeId volume, string name, CancellationToken cancellationToken) =>
        _snapshots.ProtectAsync(volume, name, cancellationToken);

    public Task UnprotectSnapshotAsync(VolumeId volume, string name, CancellationToken cancellationToken) =>
        _snapshots.UnprotectAsync(volume, name, cancellationToken);

    public Task RollBackAsync(VolumeId volume, string name, IProgress<double>? progress, CancellationToken cancellationToken) =>
        _snapshots.RollBackAsync(volume, name, progress, cancellationToken);

    public Task LimitSnapshotsAsync(VolumeId volume, long? countMax, CancellationToken cancellationToken) =>
        _snapshots.LimitAsync(volume, countMax, cancellationToken);

    public Task CloneAsync(VolumeId source, string snapshot, VolumeId target, CancellationToken cancellationToken) =>
        _clones.CloneAsync(source, snapshot, target, cancellationToken);

    public Task FlattenAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) =>
        _clones.FlattenAsync(volume, progress, cancellationToken);

    public Task DeepCopyAsync(VolumeId source, VolumeId target, IProgress<double>? progress, CancellationToken cancellationToken) =>
        _clones.DeepCopyAsync(source, target, progress, cancellationToken);

    public Task SparsifyAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) =>
        _upkeep.SparsifyAsync(volume, progress, cancellationToken);

    public Task RebuildObjectMapAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) =>
        _upkeep.RebuildObjectMapAsync(volume, progress, cancellationToken);

    public Task UpdateFeaturesAsync(VolumeId volume, IReadOnlyList<string> features, bool enabled, CancellationToken cancellationToken) =>
        _upkeep.UpdateFeaturesAsync(volume, features, enabled, cancellationToken);

    public Task<IReadOnlyList<VolumeId>> GetChildrenAsync(VolumeId volume, CancellationToken cancellationToken) =>
        _clones.GetChildrenAsync(volume, cancellationToken);
}
