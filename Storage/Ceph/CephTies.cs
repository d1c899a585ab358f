using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>Who and what depends on an image, and the locks that people put there by hand.</summary>
internal sealed class CephTies(CephConnection connection, CephImages images, CephCatalog catalog)
{
    public Task<ImageTies> GetAsync(VolumeId volume, CancellationToken cancellationToken)
    {
        var what = $"look at {volume}";
        return images.RunAsync(() => images.Use(volume, readOnly: true, what, Of), cancellationToken);
    }

    public static ImageTies Of(ImageHandle image) => new(CephImageUsers.Watchers(image), CephImageUsers.Lockers(image));

    public async Task LockAsync(VolumeId volume, string lockId, string tag, CancellationToken cancellationToken)
    {
        var what = $"lock {volume}";
        var (io, header) = await HeaderAsync(volume, cancellationToken).ConfigureAwait(false);
        var result = await new WriteOperation()
            .Execute("lock", "lock", CephEncoder.Lock(CephImageUsers.LockName, shared: false, lockId, "", TimeSpan.Zero, flags: 0, tag).Written)
            .RunAsync(io, header).ConfigureAwait(false);
        if (result == CephErrors.Busy)
        {
            var locks = (await GetAsync(volume, cancellationToken).ConfigureAwait(false)).Locks;
            throw connection.Failure(result, what, $"it is locked by {string.Join(", ", locks)}");
        }
        connection.Check(result, what);
    }

    public async Task BreakLockAsync(VolumeId volume, string holder, string lockId, CancellationToken cancellationToken)
    {
        var (io, header) = await HeaderAsync(volume, cancellationToken).ConfigureAwait(false);
        await images.RunAsync(
            () =>
            {
                var result = Rados.BreakLock(io, header, CephImageUsers.LockName, holder, lockId);
                images.Check(
                    result, $"break the lock '{lockId}' of {holder} on {volume}",
                    result == CephErrors.NotFound ? "there is no such lock" : result == CephErrors.Invalid ? "that is no client such as client.4123" : null);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<(IoContextHandle Io, string Header)> HeaderAsync(VolumeId volume, CancellationToken cancellationToken)
    {
        // Locking would make the object.
        var image = await catalog.GetAsync(volume, cancellationToken).ConfigureAwait(false);
        return (await connection.OpenAsync(volume.Pool, volume.Namespace, cancellationToken).ConfigureAwait(false), CephHeaders.Prefix + image.Id);
    }
}
