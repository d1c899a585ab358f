using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Simulation.Store;

/// <content>What the simulation does not do.</content>
public partial class SimulatedBlockStore
{
    public Task RemoveDamagedAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) =>
        RemoveAsync(volume, progress, cancellationToken);

    public Task<ImageTies> GetTiesAsync(VolumeId volume, CancellationToken cancellationToken) => throw NotHere();

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

    private static string? Damage(SimulatedImage? image) => image is { Partial: true } ? "it is half made" : null;
}
