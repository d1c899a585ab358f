using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>Who and what depends on an image, and the locks that people put there by hand.</summary>
internal sealed class CephTies(CephConnection connection, CephImages images, CephCatalog catalog)
{
    // RBD_LOCK_NAME of cls_rbd_client.
    private const string LockName = "rbd_lock";
    private const int ChildrenAtFirst = 64;
    private const int UserSnapshot = 0;
    private const int SnapshotsAtFirst = 64;

    public Task<ImageTies> GetAsync(VolumeId volume, CancellationToken cancellationToken)
    {
        var what = $"look at {volume}";
        return images.RunAsync(
            () => images.Use(volume, readOnly: true, what, image => new ImageTies(
                CountSnapshots(image, what), Children(image, what), CephImageUsers.Watchers(image), CephImageUsers.Lockers(image))),
            cancellationToken);
    }

    public async Task LockAsync(VolumeId volume, string lockId, string tag, CancellationToken cancellationToken)
    {
        var what = $"lock {volume}";
        var (io, header) = await HeaderAsync(volume, cancellationToken).ConfigureAwait(false);
        var result = await new WriteOperation()
            .Execute("lock", "lock", CephEncoder.Lock(LockName, lockId, "", TimeSpan.Zero, flags: 0, tag).Written)
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
                var result = Rados.BreakLock(io, header, LockName, holder, lockId);
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

    // Those that only live on for the sake of clones are not counted.
    private unsafe int CountSnapshots(ImageHandle image, string what)
    {
        for (var room = SnapshotsAtFirst; ;)
        {
            var snapshots = new Rbd.SnapshotInfo[room];
            var count = room;
            fixed (Rbd.SnapshotInfo* s = snapshots)
            {
                var result = Rbd.ListSnapshots(image, s, &count);
                if (result == CephErrors.Range)
                {
                    room = Math.Max(count, room * 2);
                    continue;
                }
                images.Check(result, what);
                if (result > 0)
                    Rbd.EndSnapshots(s);
                return snapshots[..result].Count(snapshot => Rbd.GetSnapshotKind(image, snapshot.Id, out var kind) >= 0 && kind == UserSnapshot);
            }
        }
    }

    private unsafe List<string> Children(ImageHandle image, string what)
    {
        for (nuint room = ChildrenAtFirst; ;)
        {
            var children = new Rbd.LinkedImage[room];
            nuint count = room;
            fixed (Rbd.LinkedImage* c = children)
            {
                var result = Rbd.ListChildren(image, c, &count);
                if (result == CephErrors.Range)
                {
                    room = nuint.Max(count, room * 2);
                    continue;
                }
                images.Check(result, what);
                var names = children[..(int)count].Select(Name).Order(StringComparer.Ordinal).ToList();
                Rbd.FreeChildren(c, count);
                return names;
            }
        }
    }

    private static unsafe string Name(Rbd.LinkedImage child)
    {
        var name = new VolumeId(NativeText.Read(child.PoolName), NativeText.Read(child.Namespace), NativeText.Read(child.ImageName));
        return child.Trash != 0 ? $"{name} (in the trash as {NativeText.Read(child.ImageId)})" : name.ToString();
    }
}
