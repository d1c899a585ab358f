using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Simulation.Store;

/// <content>It has neither snapshots nor clones.</content>
public partial class SimulatedBlockStore
{
    public Task<ImageSnapshots> GetSnapshotsAsync(VolumeId volume, CancellationToken cancellationToken) =>
        Read($"snapshots of {volume}", 2, () => new ImageSnapshots(Complete(volume).Id, [], null), cancellationToken);

    public Task CreateSnapshotAsync(VolumeId volume, string name, CancellationToken cancellationToken) => throw NotHere();

    public Task RenameSnapshotAsync(VolumeId volume, string name, string newName, CancellationToken cancellationToken) => throw NotHere();

    public Task RemoveSnapshotAsync(VolumeId volume, string name, CancellationToken cancellationToken) => throw NotHere();

    public Task ProtectSnapshotAsync(VolumeId volume, string name, CancellationToken cancellationToken) => throw NotHere();

    public Task UnprotectSnapshotAsync(VolumeId volume, string name, CancellationToken cancellationToken) => throw NotHere();

    public Task RollBackAsync(VolumeId volume, string name, IProgress<double>? progress, CancellationToken cancellationToken) => throw NotHere();

    public Task LimitSnapshotsAsync(VolumeId volume, long? countMax, CancellationToken cancellationToken) => throw NotHere();

    public Task CloneAsync(VolumeId source, string snapshot, VolumeId target, CancellationToken cancellationToken) => throw NotHere();

    public Task FlattenAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) => throw NotHere();

    public Task<IReadOnlyList<VolumeId>> GetChildrenAsync(VolumeId volume, CancellationToken cancellationToken) =>
        Read<IReadOnlyList<VolumeId>>($"children of {volume}", 2, () => [], cancellationToken);

    public Task DeepCopyAsync(VolumeId source, VolumeId target, IProgress<double>? progress, CancellationToken cancellationToken) => throw NotHere();

    public Task SparsifyAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) => throw NotHere();

    public Task RebuildObjectMapAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) => throw NotHere();
}
