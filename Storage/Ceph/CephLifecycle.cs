using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>Making, resizing and removing images through librbd.</summary>
internal sealed class CephLifecycle(CephImages images)
{
    /// <summary>Layering and deep-flatten. The exclusive lock would bounce between the processes; object-map, fast-diff and journaling need it.</summary>
    private const ulong SharedFeatures = 1 | 32;

    private const string Trash = "rbd_trash";

    private const string SpaceProbePrefix = "mooring.space.";

    public Task CreateAsync(VolumeId volume, long sizeBytes, CancellationToken cancellationToken)
    {
        RequireSize(sizeBytes, $"create {volume}");
        return images.RunAsync(() => Create(volume, sizeBytes, features: null), cancellationToken);
    }

    public Task CreateSharedAsync(VolumeId volume, long sizeBytes, CancellationToken cancellationToken)
    {
        RequireSize(sizeBytes, $"create {volume}");
        return images.RunAsync(() => Create(volume, sizeBytes, SharedFeatures), cancellationToken);
    }

    public Task RemoveAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) =>
        images.RunAsync(() => Remove(volume, progress), cancellationToken);

    public Task ResizeAsync(VolumeId volume, long sizeBytes, Shrinking shrinking, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        RequireSize(sizeBytes, $"resize {volume}");
        return images.RunAsync(() => Resize(volume, sizeBytes, shrinking, progress), cancellationToken);
    }

    private static void RequireSize(long sizeBytes, string what)
    {
        if (sizeBytes <= 0)
            throw new BlockStoreException(ErrorKind.InvalidArgument, $"cannot {what}: its size is {sizeBytes} bytes; more than 0 are needed");
    }

    private bool Create(VolumeId volume, long sizeBytes, ulong? features)
    {
        var what = $"create {volume}";
        var io = images.ContextOf(volume);
        Rbd.CreateOptions(out var options);
        try
        {
            images.Check(Rbd.SetOption(options, Rbd.OptionFormat, 2), what);
            if (features is { } chosen)
                images.Check(Rbd.SetOption(options, Rbd.OptionFeatures, chosen), what);
            images.Check(Rbd.Create(io, volume.Image, (ulong)sizeBytes, options), what);
            return true;
        }
        finally
        {
            Rbd.DestroyOptions(options);
        }
    }

    private unsafe bool Remove(VolumeId volume, IProgress<double>? progress)
    {
        var what = $"remove {volume}";
        RequireUnused(volume, what);
        var io = images.ContextOf(volume);
        // This thread belongs to a slot and may wait.
        var (named, id) = CephCatalog.IdOfAsync(io, volume.Image).GetAwaiter().GetResult();
        using var callback = new ProgressCallback(progress, () => false);
        var result = Rbd.Remove(io, volume.Image, ProgressCallback.Function, callback.State);
        if (result == CephErrors.NotFound && named >= 0)
        {
            if (RemoveNameAsync(io, volume.Image, id, what).GetAwaiter().GetResult())
                result = 0;
            else if (MakeTrash(io, what))
                result = Rbd.Remove(io, volume.Image, ProgressCallback.Function, callback.State);
        }
        images.Check(result, what);
        callback.Finish();
        return true;
    }

    private unsafe bool Resize(VolumeId volume, long sizeBytes, Shrinking shrinking, IProgress<double>? progress)
    {
        var what = $"resize {volume}";
        if (shrinking == Shrinking.Unused)
        {
            // Read-only, which is no watcher: those that are there are others.
            images.Use(volume, readOnly: true, what, image =>
            {
                if (IsSmaller(image))
                    CephImageUsers.RequireNotOpen(images, image, what);
                return true;
            });
        }
        return images.Change(volume, what, image =>
        {
            if (shrinking == Shrinking.Never && IsSmaller(image))
                throw images.Failure(CephErrors.Invalid, what, $"it would shrink to {sizeBytes} bytes, which was not allowed");
            if ((ulong)sizeBytes > SizeOf(image))
                RequireSpace(volume, what);
            using var callback = new ProgressCallback(progress, () => false);
            images.Check(Rbd.Resize(image, (ulong)sizeBytes, shrinking != Shrinking.Never, ProgressCallback.Function, callback.State), what);
            callback.Finish();
            return true;
        });

        bool IsSmaller(ImageHandle image) => (ulong)sizeBytes < SizeOf(image);

        ulong SizeOf(ImageHandle image)
        {
            images.Check(Rbd.GetSize(image, out var now), what);
            return now;
        }
    }

    // To grow an image changes only its header, which a full pool lets pass; the space that was asked for would not be there. Only a write tells.
    private void RequireSpace(VolumeId volume, string what)
    {
        var (io, probe) = (images.ContextOf(volume), SpaceProbePrefix + volume.Image);
        images.Check(new WriteOperation().WriteFull([0]).RunAsync(io, probe, Rados.FullTry).GetAwaiter().GetResult(), what);
        images.Check(new WriteOperation().Remove().RunAsync(io, probe).GetAwaiter().GetResult(), what);
    }

    // librbd puts an image into the pool's trash before it removes it. The first time it makes the trash, which a full pool refuses, and says
    // that the image does not exist (seen with 16.2).
    private bool MakeTrash(IoContextHandle io, string what)
    {
        if (ReadOperation.StatAsync(io, Trash).GetAwaiter().GetResult() != CephErrors.NotFound)
            return false;
        images.Check(new WriteOperation().Create().RunAsync(io, Trash).GetAwaiter().GetResult(), what);
        return true;
    }

    // Before anything else: librbd would wait for the exclusive lock of a client that is dead until its watch ends, half a minute later.
    private void RequireUnused(VolumeId volume, string what)
    {
        try
        {
            images.Use(volume, readOnly: true, what, image =>
            {
                CephImageUsers.RequireNotOpen(images, image, what);
                CephImageUsers.RequireNotLocked(images, image, what);
                CephSnapshots.RequireNone(images, image, what);
                return true;
            });
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.NotFound)
        {
            // Not there, or half made: then there is nothing to open, and removing says more.
        }
    }

    /// <summary>
    /// librbd stops at the first thing that it misses of an image of which only the name was written, or is left. Then the name is all
    /// there is to remove; each step is guarded by the image's id.
    /// </summary>
    private async Task<bool> RemoveNameAsync(IoContextHandle io, string name, ImageId id, string what)
    {
        if (await ReadOperation.StatAsync(io, "rbd_header." + id).ConfigureAwait(false) != CephErrors.NotFound)
            return false;
        var unlisted = await new WriteOperation()
            .Execute("rbd", "dir_remove_image", new CephEncoder().Text(name).Text(id.Value).Written)
            .RunAsync(io, CephCatalog.Directory).ConfigureAwait(false);
        var removed = await new WriteOperation().DataEquals(new CephEncoder().Text(id.Value).Written).Remove()
            .RunAsync(io, CephCatalog.IdPrefix + name).ConfigureAwait(false);
        foreach (var result in new[] { unlisted, removed })
        {
            if (result != CephErrors.NotFound && !CephErrors.IsDifference(result))
                images.Check(result, what);
        }
        return true;
    }
}
