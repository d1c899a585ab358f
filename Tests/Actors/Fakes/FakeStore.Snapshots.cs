using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Actors.Fakes;

/// <content>It has neither snapshots nor clones.</content>
public sealed partial class FakeStore
{
    public async Task<ImageSnapshots> GetSnapshotsAsync(VolumeId volume, CancellationToken cancellationToken) =>
        new((await GetAsync(volume, cancellationToken)).Id, [], null);

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
        Task.FromResult<IReadOnlyList<VolumeId>>([]);

    public Task DeepCopyAsync(VolumeId source, VolumeId target, IProgress<double>? progress, CancellationToken cancellationToken) => throw NotHere();

    public Task SparsifyAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) => throw NotHere();

    public Task RebuildObjectMapAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) => throw NotHere();
}
