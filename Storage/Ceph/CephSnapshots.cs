using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>Snapshots of images through librbd.</summary>
internal sealed class CephSnapshots(CephImages images)
{
    // What librbd gives when there is no limit, and takes to end one.
    private const ulong Unlimited = ulong.MaxValue;

    public Task<ImageSnapshots> GetAsync(VolumeId volume, CancellationToken cancellationToken)
    {
        var what = $"list the snapshots of {volume}";
        return images.RunAsync(() => images.Use(volume, readOnly: true, what, image => Describe(image, what)), cancellationToken);
    }

    public Task CreateAsync(VolumeId volume, string name, CancellationToken cancellationToken) =>
        ChangeAsync($"make snapshot {volume}@{name}", volume, [name], image => Rbd.CreateSnapshot(image, name), cancellationToken, result => result switch
        {
            CephErrors.QuotaExceeded => "it may not have more snapshots",
            _ => null,
        });

    public Task RenameAsync(VolumeId volume, string name, string newName, CancellationToken cancellationToken) => ChangeAsync(
        $"rename snapshot {volume}@{name} to {newName}", volume, [name, newName], image => Rbd.RenameSnapshot(image, name, newName), cancellationToken);

    public Task RemoveAsync(VolumeId volume, string name, CancellationToken cancellationToken) => ChangeAsync(
        $"remove snapshot {volume}@{name}", volume, [name], image => Rbd.RemoveSnapshot(image, name), cancellationToken, result => result switch
        {
            CephErrors.Busy => "it is protected",
            _ => null,
        });

    public Task MendAsync(VolumeId volume, CancellationToken cancellationToken) => images.RunAsync(() => Mend(images, volume), cancellationToken);

    public Task ProtectAsync(VolumeId volume, string name, CancellationToken cancellationToken) => ChangeAsync(
        $"protect snapshot {volume}@{name}", volume, [name], image => Rbd.ProtectSnapshot(image, name), cancellationToken, result => result switch
        {
            CephErrors.Busy => "it is protected already",
            _ => null,
        });

    public Task UnprotectAsync(VolumeId volume, string name, CancellationToken cancellationToken)
    {
        var what = $"unprotect snapshot {volume}@{name}";
        return ChangeAsync(what, volume, [name], image =>
        {
            var result = Rbd.UnprotectSnapshot(image, name);
            if (result != CephErrors.Busy)
                return result;
            var clones = CephChildren.Of(images, image, what, IdOf(image, name, what));
            // They have gone since.
            if (clones.Count == 0)
                return Rbd.UnprotectSnapshot(image, name);
            throw new BlockStoreException(images.Failure(result, what, $"it is cloned by {ObstacleNames.Of(clones)}").Error) { InTheWay = clones };
        }, cancellationToken, result => result == CephErrors.Invalid ? "it is not protected" : null);
    }

    public Task RollBackAsync(VolumeId volume, string name, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var what = $"roll {volume} back to {name}";
        return images.RunAsync(() => RollBack(volume, name, progress, what), cancellationToken);
    }

    public Task LimitAsync(VolumeId volume, long? countMax, CancellationToken cancellationToken)
    {
        var what = $"limit the snapshots of {volume}";
        if (countMax < 0)
            throw new BlockStoreException(ErrorKind.InvalidArgument, $"cannot {what} to {countMax}");
        return ChangeAsync(what, volume, [], image => Rbd.SetSnapshotLimit(image, countMax is { } most ? (ulong)most : Unlimited), cancellationToken, result => result switch
        {
            CephErrors.Range => "it has more already",
            _ => null,
        });
    }

    /// <summary>Refuses when an image has snapshots of any sort, and says which.</summary>
    /// <returns>What is left of snapshots whose removal was cut short: for <see cref="Sweep"/>.</returns>
    public static List<ulong> RequireNone(CephImages images, ImageHandle image, string what)
    {
        var (remains, found) = (Remains(images, image, what), List(images, image, what));
        if (found.Count == 0)
            return remains;
        var clones = CephChildren.Of(images, image, what, snapshot: null);
        // A clone has gone since.
        if (clones.Count == 0)
            remains = [.. found.Where(s => s.Kind == Rbd.SnapshotInTrash).Select(s => s.Id)];
        found.RemoveAll(s => remains.Contains(s.Id));
        if (found.Count == 0)
            return remains;
        var reasons = found.Select(s => s.Kind switch
        {
            Rbd.SnapshotOfUser => $"'{s.Name}'{(IsProtected(images, image, s.Name, what) ? " (protected)" : "")}",
            Rbd.SnapshotOfGroup => $"'{s.Name}' (of a group)",
            Rbd.SnapshotInTrash => "one in the trash that a clone needs",
            _ => $"'{s.Name}' (of mirroring)",
        }).ToList();
        var cloned = clones.Count == 0 ? "" : $", and is cloned by {ObstacleNames.Of(clones)}";
        var why = $"it has {(reasons.Count == 1 ? "the snapshot" : "the snapshots")} {ObstacleNames.Of(reasons)}{cloned}";
        throw new BlockStoreException(images.Failure(CephErrors.NotEmpty, what, why).Error) { InTheWay = clones };
    }

    /// <summary>
    /// What is left of snapshots whose removal was cut short. librbd gives a snapshot to the image's trash before it removes it, for its clones' sake: one
    /// there without clones is needed by nobody.
    /// </summary>
    public static List<ulong> Remains(CephImages images, ImageHandle image, string what) =>
    [
        .. List(images, image, what)
            .Where(s => s.Kind == Rbd.SnapshotInTrash && CephChildren.Of(images, image, what, s.Id).Count == 0)
            .Select(s => s.Id),
    ];

    /// <summary>Ends those removals; blocks.</summary>
    public static bool Sweep(CephImages images, ImageHandle image, List<ulong> remains, string what)
    {
        foreach (var id in remains)
        {
            var result = Rbd.RemoveSnapshot(image, id);
            // Somebody else was faster, or needs it after all.
            if (result is not (CephErrors.NotFound or CephErrors.Busy))
                images.Check(result, what);
        }
        return true;
    }

    /// <summary>As above, of an image that is known by its id.</summary>
    public static bool SweepById(CephImages images, IoContextHandle io, ImageId id, List<ulong> remains, string what)
    {
        images.Check(Rbd.OpenById(io, id.Value, out var opened, 0), what);
        using var image = new ImageHandle(opened, io);
        return Sweep(images, image, remains, what);
    }

    /// <summary>Ends removals and makings that were cut short; blocks.</summary>
    /// <returns>Whether there were any.</returns>
    public static bool Mend(CephImages images, VolumeId volume)
    {
        var what = $"end what was cut short with snapshots of {volume}";
        var (remains, incomplete) = images.Use(volume, readOnly: true, what, image =>
        {
            var remains = Remains(images, image, what);
            return (remains, WithoutMap(images, volume, image, what).Except(remains).ToList());
        });
        if (remains.Count > 0)
            images.Change(volume, what, image => Sweep(images, image, remains, what));
        foreach (var id in incomplete)
            images.Change(volume, what, image => MakeMap(images, image, id, what));
        return remains.Count + incomplete.Count > 0;
    }

    // librbd enters a snapshot in the header and then makes its object map. Without that it is there, and nothing opens it by its name, nor as a clone's parent
    // (ENOENT, seen with 16.2).
    private static List<ulong> WithoutMap(CephImages images, VolumeId volume, ImageHandle image, string what)
    {
        images.Check(Rbd.GetFeatures(image, out var features), what);
        if ((features & CephHeaders.ObjectMap) == 0)
            return [];
        var (io, map) = (images.ContextOf(volume), $"{CephLifecycle.ObjectMapPrefix}{CephCatalog.IdOf(images, image, what)}.");
        return [.. List(images, image, what).Select(s => s.Id).Where(id => ReadOperation.StatAsync(io, $"{map}{id:x16}").GetAwaiter().GetResult() == CephErrors.NotFound)];
    }

    private static unsafe bool MakeMap(CephImages images, ImageHandle image, ulong id, string what)
    {
        var result = Rbd.SetSnapshot(image, id);
        // Removed meanwhile.
        if (result == CephErrors.NotFound)
            return true;
        images.Check(result, what);
        using var unheard = new ProgressCallback(null, () => false);
        images.Check(Rbd.RebuildObjectMap(image, ProgressCallback.Function, unheard.State), what);
        return true;
    }

    private Task ChangeAsync(
        string what, VolumeId volume, string[] names, Func<ImageHandle, int> call, CancellationToken cancellationToken, Func<int, string?>? reason = null)
    {
        RequireGoodNames(what, names);
        return images.RunAsync(() => images.Change(volume, what, image =>
        {
            var result = call(image);
            return result >= 0 ? true : throw images.Failure(result, what, reason?.Invoke(result) ?? Reason(result));
        }), cancellationToken);
    }

    private static string? Reason(int result) => result switch
    {
        CephErrors.NotFound => "there is no such snapshot",
        CephErrors.Exists => "there is a snapshot of that name already",
        _ => null,
    };

    private unsafe bool RollBack(VolumeId volume, string name, IProgress<double>? progress, string what)
    {
        RequireGoodNames(what, name);
        // Read-only, which is no watcher: those that are there are others.
        images.Use(volume, readOnly: true, what, image =>
        {
            CephImageUsers.RequireNotOpen(images, image, what);
            return true;
        });
        return images.Change(volume, what, image =>
        {
            using var callback = new ProgressCallback(progress, () => false);
            var result = Rbd.RollBack(image, name, ProgressCallback.Function, callback.State);
            if (result < 0)
                throw images.Failure(result, what, Reason(result));
            callback.Finish();
            return true;
        });
    }

    public static void RequireGoodNames(string what, params string[] names)
    {
        if (names.Select(SnapshotName.Validate).FirstOrDefault(problem => problem is not null) is { } problem)
            throw new BlockStoreException(ErrorKind.InvalidArgument, CephErrors.OneLine($"cannot {what}: {problem}"), 22);
    }

    public unsafe ImageSnapshots Describe(ImageHandle image, string what)
    {
        images.Check(Rbd.GetSnapshotLimit(image, out var limit), what);
        var items = new List<ImageSnapshot>();
        foreach (var (id, name, size, kind) in List(images, image, what))
        {
            if (kind != Rbd.SnapshotOfUser)
                continue;
            images.Check(Rbd.GetSnapshotTimestamp(image, id, out var created), what);
            items.Add(new ImageSnapshot(new SnapshotId(id), name, size, created.AsTime(), IsProtected(images, image, name, what)));
        }
        return new ImageSnapshots(
            CephCatalog.IdOf(images, image, what), [.. items.OrderBy(s => s.Id.Value)], limit == Unlimited ? null : (long)Math.Min(limit, long.MaxValue));
    }

    /// <summary>The snapshots of an open image, of any sort; blocks.</summary>
    public static unsafe List<(ulong Id, string Name, long Size, int Kind)> List(CephImages images, ImageHandle image, string what)
    {
        var count = 16;
        while (true)
        {
            var buffer = new Rbd.SnapshotInfo[count];
            fixed (Rbd.SnapshotInfo* snapshots = buffer)
            {
                var result = Rbd.ListSnapshots(image, snapshots, &count);
                if (result == CephErrors.Range)
                    continue;
                images.Check(result, what);
                var found = new List<(ulong, string, long, int)>();
                for (var i = 0; i < result; i++)
                {
                    // It may have been removed since the image was opened.
                    if (Rbd.GetSnapshotKind(image, snapshots[i].Id, out var kind) >= 0)
                        found.Add((snapshots[i].Id, NativeText.Read(snapshots[i].Name), (long)snapshots[i].Size, kind));
                }
                if (result > 0)
                    Rbd.FreeSnapshots(snapshots);
                return found;
            }
        }
    }

    private ulong IdOf(ImageHandle image, string name, string what) => List(images, image, what).First(s => s.Kind == Rbd.SnapshotOfUser && s.Name == name).Id;

    public static unsafe bool IsProtected(CephImages images, ImageHandle image, string name, string what)
    {
        fixed (byte* text = NativeText.Terminated(name))
        {
            var result = Rbd.IsProtected(image, text, out var isProtected);
            if (result == CephErrors.NotFound)
                return false;
            images.Check(result, what);
            return isProtected != 0;
        }
    }
}
