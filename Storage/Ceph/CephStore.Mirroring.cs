using Mooring.Messages;

namespace Mooring.Storage.Ceph;

/// <content>Mirroring.</content>
internal sealed partial class CephStore
{
    public Task<PoolMirroring> GetPoolMirroringAsync(string pool, string ns, CancellationToken cancellationToken) =>
        _mirroring.GetPoolAsync(pool, ns, cancellationToken);

    public Task SetPoolMirroringAsync(string pool, string ns, PoolMirroring mode, CancellationToken cancellationToken) =>
        _mirroring.SetPoolAsync(pool, ns, mode, cancellationToken);

    public Task<ImageMirroring> GetMirroringAsync(VolumeId volume, CancellationToken cancellationToken) => _mirroring.GetAsync(volume, cancellationToken);

    public Task<bool> FollowsPoolAsync(VolumeId volume, CancellationToken cancellationToken) => _mirroring.FollowsPoolAsync(volume, cancellationToken);

    public Task EnableMirroringAsync(VolumeId volume, MirroringMode mode, CancellationToken cancellationToken) =>
        _mirroring.EnableAsync(volume, mode, cancellationToken);

    public Task DisableMirroringAsync(VolumeId volume, bool force, CancellationToken cancellationToken) =>
        _mirroring.DisableAsync(volume, force, cancellationToken);

    public Task PromoteAsync(VolumeId volume, bool force, CancellationToken cancellationToken) => _mirroring.PromoteAsync(volume, force, cancellationToken);

    public Task DemoteAsync(VolumeId volume, CancellationToken cancellationToken) => _mirroring.DemoteAsync(volume, cancellationToken);

    public Task ResyncAsync(VolumeId volume, CancellationToken cancellationToken) => _mirroring.ResyncAsync(volume, cancellationToken);

    public Task<SnapshotId> CreateMirrorSnapshotAsync(VolumeId volume, CancellationToken cancellationToken) =>
        _mirroring.CreateSnapshotAsync(volume, cancellationToken);
}
