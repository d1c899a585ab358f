using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Actors.Fakes;

/// <content>What no actor's specification needs.</content>
public sealed partial class FakeStore
{
    public Task RemoveDamagedAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) => throw NotHere();

    public Task<ImageTies> GetTiesAsync(VolumeId volume, CancellationToken cancellationToken) => Task.FromResult(new ImageTies([], []));

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
}
