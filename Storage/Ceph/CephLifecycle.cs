using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>Making, resizing and removing images through librbd.</summary>
internal sealed class CephLifecycle(CephImages images, CephCatalog catalog)
{
    /// <summary>Layering and deep-flatten. The exclusive lock would bounce between the processes; object-map, fast-diff and journaling need it.</summary>
    private static readonly ImageLayout Shared = new(Features: ["layering", "deep-flatten"]);

    private const string Trash = "rbd_trash";
    private const string SpaceProbePrefix = "mooring.space.";
    private const string DataPrefix = "rbd_data.";
    public const string ObjectMapPrefix = "rbd_object_map.";
    private const int RemovalsAtOnce = 64;

    public Task CreateAsync(VolumeId volume, long sizeBytes, ImageLayout layout, CancellationToken cancellationToken)
    {
        RequireSize(sizeBytes, $"create {volume}");
        return images.RunAsync(() => Create(volume, sizeBytes, layout), cancellationToken);
    }

    public Task CreateSharedAsync(VolumeId volume, long sizeBytes, CancellationToken cancellationToken)
    {
        RequireSize(sizeBytes, $"create {volume}");
        return images.RunAsync(() => Create(volume, sizeBytes, Shared), cancellationToken);
    }

    public Task RemoveAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) =>
        images.RunAsync(() => Remove(volume, progress), cancellationToken);

    public Task RemoveDamagedAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) =>
        images.RunAsync(() => RemoveDamaged(volume, progress), cancellationToken);

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

    private bool Create(VolumeId volume, long sizeBytes, ImageLayout layout)
    {
        var what = $"create {volume}";
        var io = images.ContextOf(volume);
        Rbd.CreateOptions(out var options);
        try
        {
            SetLayout(options, layout, what);
            images.Check(Rbd.Create(io, volume.Image, (ulong)sizeBytes, options), what);
            return true;
        }
        finally
        {
            Rbd.DestroyOptions(options);
        }
    }

    /// <summary>Makes a layout the options of an image that is about to be made.</summary>
    public void SetLayout(nint options, ImageLayout layout, string what)
    {
        Set(Rbd.OptionFormat, 2);
        if (layout.Features is { } features)
            Set(Rbd.OptionFeatures, CephHeaders.Bits(features));
        if (layout.ObjectSizeBytes is { } objectSize)
            Set(Rbd.OptionOrder, (ulong)System.Numerics.BitOperations.Log2((ulong)objectSize));
        if (layout.StripeUnitBytes is { } unit)
            Set(Rbd.OptionStripeUnit, (ulong)unit);
        if (layout.StripeCount is { } count)
            Set(Rbd.OptionStripeCount, (ulong)count);
        if (layout.DataPool is { } pool)
        {
            // Refuses a pool that there is not; librbd would say nothing of it.
            images.Connection.Open(pool, "");
            images.Check(Rbd.SetOption(options, Rbd.OptionDataPool, pool), what);
        }

        void Set(int option, ulong value) => images.Check(Rbd.SetOption(options, option, value), what);
    }

    /// <summary>
    /// Whether what librbd makes after an image's header is there, too: its stripe, its object map, its journal and, where all with a journal are mirrored,
    /// the entry that it is.
    /// </summary>
    public async Task<bool> IsCompleteAsync(VolumeId volume, CancellationToken cancellationToken)
    {
        if (await catalog.FindAsync(volume, cancellationToken).ConfigureAwait(false) is not { } id)
            return false;
        var io = await images.Connection.OpenAsync(volume.Pool, volume.Namespace, cancellationToken).ConfigureAwait(false);
        var (result, entries) = await ReadOperation.OmapAsync(io, CephHeaders.Prefix + id, [CephHeaders.FeaturesKey, CephHeaders.StripeKey]).ConfigureAwait(false);
        if (result == CephErrors.NotFound)
            return false;
        images.Connection.Check(result, $"look at {volume}");
        var features = entries.Where(entry => entry.Key.SequenceEqual(CephHeaders.FeaturesKey)).Select(entry => (ulong)new CephDecoder(entry.Value).Long()).FirstOrDefault();
        return ((features & CephHeaders.Striping) == 0 || entries.Any(entry => entry.Key.SequenceEqual(CephHeaders.StripeKey)))
            && ((features & CephHeaders.ObjectMap) == 0 || await IsThereAsync(ObjectMapPrefix).ConfigureAwait(false))
            && ((features & CephJournaling.Feature) == 0 || (await IsThereAsync(CephJournaling.Header).ConfigureAwait(false)
                && await CephMirroring.FollowsPoolAsync(images.Connection, io, id, $"look at {volume}").ConfigureAwait(false)));

        async Task<bool> IsThereAsync(string prefix)
        {
            var there = await ReadOperation.StatAsync(io, prefix + id).ConfigureAwait(false);
            if (there != CephErrors.NotFound)
                images.Connection.Check(there, $"look at {volume}");
            return there != CephErrors.NotFound;
        }
    }

    // librbd sees itself who has the image open and which snapshots it has, but would wait for one who has locked it. To open the image only to look costs
    // as much as the three durable steps of a request: it is done when it may be locked or migrated, and to say what is in the way.
    private unsafe bool Remove(VolumeId volume, IProgress<double>? progress)
    {
        var what = $"remove {volume}";
        var io = images.ContextOf(volume);
        // This thread belongs to a slot and may wait.
        var (named, id) = CephCatalog.IdOfAsync(io, volume.Image).GetAwaiter().GetResult();
        if (CephImageUsers.MayBeInUse(io, id))
            RequireUnused();
        var space = RemoveSpaceProbeAsync(io, id);
        using var callback = new ProgressCallback(progress, () => false);
        var result = RemoveOnce();
        if (result is CephErrors.Busy or CephErrors.NotEmpty)
        {
            RequireUnused();
            result = RemoveOnce();
        }
        if (result == CephErrors.NotFound && named >= 0)
        {
            if (RemoveNameAsync(io, volume.Image, id, what).GetAwaiter().GetResult())
                result = 0;
            else if (MakeTrash(io, what))
                result = RemoveOnce();
        }
        images.Check(result, what);
        space.GetAwaiter().GetResult();
        callback.Finish();
        return true;

        void RequireUnused() => CephImageUsers.RequireUnused(images, volume, what, withoutSnapshots: true);
        int RemoveOnce() => Rbd.Remove(io, volume.Image, ProgressCallback.Function, callback.State);
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
        var space = new SpaceProbe(images.ContextOf(volume), volume.Image);
        try
        {
            return images.Change(volume, what, image =>
            {
                if (shrinking == Shrinking.Never && IsSmaller(image))
                    throw images.Failure(CephErrors.Invalid, what, $"it would shrink to {sizeBytes} bytes, which was not allowed");
                if ((ulong)sizeBytes > SizeOf(image))
                    images.Check(space.Written.GetAwaiter().GetResult(), what);
                using var callback = new ProgressCallback(progress, () => false);
                images.Check(Rbd.Resize(image, (ulong)sizeBytes, shrinking != Shrinking.Never, ProgressCallback.Function, callback.State), what);
                callback.Finish();
                return true;
            });
        }
        finally
        {
            space.Removed.GetAwaiter().GetResult();
        }

        bool IsSmaller(ImageHandle image) => (ulong)sizeBytes < SizeOf(image);

        ulong SizeOf(ImageHandle image)
        {
            images.Check(Rbd.GetSize(image, out var now), what);
            return now;
        }
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

    /// <summary>As <see cref="RemoveDamagedAsync"/>; blocks: this thread belongs to a slot and may wait.</summary>
    public bool RemoveDamaged(VolumeId volume, IProgress<double>? progress)
    {
        var what = $"remove {volume}";
        var io = images.ContextOf(volume);
        if (catalog.FindAsync(volume, CancellationToken.None).GetAwaiter().GetResult() is not { } id)
            throw images.Failure(CephErrors.NotFound, what);
        if (id.Value.Length == 0 || ReadOperation.StatAsync(io, CephHeaders.Prefix + id).GetAwaiter().GetResult() != CephErrors.NotFound)
        {
            if (id.Value.Length > 0)
                NameAgainAsync(io, volume.Image, id, what).GetAwaiter().GetResult();
            return Remove(volume, progress);
        }
        RemoveObjects(io, what, DataPrefix + id, ObjectMapPrefix + id, SpaceProbePrefix + id);
        // Data in another pool are named after the one that the image lies in.
        var elsewhere = $"{DataPrefix}{Rados.GetPoolId(io)}.{id}";
        foreach (var pool in catalog.ListPoolsAsync(CancellationToken.None).GetAwaiter().GetResult().Where(pool => pool != volume.Pool))
            RemoveObjectsOf(pool);
        return RemoveNameAsync(io, volume.Image, id, what).GetAwaiter().GetResult();

        void RemoveObjectsOf(string pool)
        {
            try
            {
                RemoveObjects(images.ContextOf(volume with { Pool = pool }), what, elsewhere);
            }
            catch (BlockStoreException e) when (e.Kind == ErrorKind.PermissionDenied)
            {
                // What could not be made there is not there.
            }
        }
    }

    // The object that names an image whose header is there has been lost: with it, librbd removes the image.
    private async Task NameAgainAsync(IoContextHandle io, string name, ImageId id, string what)
    {
        var (result, _) = await CephCatalog.IdOfAsync(io, name).ConfigureAwait(false);
        if (result == CephErrors.NotFound)
        {
            result = await new WriteOperation().CreateNew().WriteFull(new CephEncoder().Text(id.Value).Written)
                .RunAsync(io, CephCatalog.IdPrefix + name).ConfigureAwait(false);
        }
        if (result != CephErrors.Exists)
            images.Check(result, what);
    }

    // An id may begin like another one.
    private void RemoveObjects(IoContextHandle io, string what, params string[] stems)
    {
        var found = new List<string>();
        images.Check(Rados.BeginObjects(io, out var list), what);
        try
        {
            for (int result; (result = Next(list, out var name)) != CephErrors.NotFound;)
            {
                images.Check(result, what);
                if (stems.Any(stem => name == stem || name.StartsWith(stem + ".", StringComparison.Ordinal)))
                    found.Add(name);
            }
        }
        finally
        {
            Rados.EndObjects(list);
        }
        foreach (var some in found.Chunk(RemovalsAtOnce))
        {
            foreach (var result in Task.WhenAll(some.Select(name => new WriteOperation().Remove().RunAsync(io, name))).GetAwaiter().GetResult())
            {
                if (result != CephErrors.NotFound)
                    images.Check(result, what);
            }
        }

        static unsafe int Next(nint list, out string name)
        {
            var result = Rados.NextObject(list, out var bytes, 0, 0);
            name = result < 0 ? "" : NativeText.Read(bytes);
            return result;
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

    /// <summary>Removes what a resize that was killed in the middle may have left of an image.</summary>
    public static Task RemoveSpaceProbeAsync(IoContextHandle io, ImageId id) => new WriteOperation().Remove().RunAsync(io, SpaceProbePrefix + id);

    // To grow an image changes only its header, which a full pool lets pass; the space that was asked for would not be there. Only a write tells. It is on
    // its way while the image is opened. One that was left by a dead client grows, as a full pool lets pass what needs no more space; named after the
    // image's id it goes with the image at the latest.
    private sealed class SpaceProbe
    {
        public SpaceProbe(IoContextHandle io, string image)
        {
            var id = CephCatalog.IdOfAsync(io, image);
            Written = WriteAsync(io, id);
            Removed = RemoveAsync(io, id);
        }

        public Task<int> Written { get; }

        public Task Removed { get; }

        private static async Task<int> WriteAsync(IoContextHandle io, Task<(int Result, ImageId Id)> asked)
        {
            var (result, id) = await asked.ConfigureAwait(false);
            return result < 0 ? result : await new WriteOperation().Append([0]).RunAsync(io, SpaceProbePrefix + id, Rados.FullTry).ConfigureAwait(false);
        }

        private async Task RemoveAsync(IoContextHandle io, Task<(int Result, ImageId Id)> asked)
        {
            await Written.ConfigureAwait(false);
            if (await asked.ConfigureAwait(false) is { Result: >= 0, Id: var id })
                await RemoveSpaceProbeAsync(io, id).ConfigureAwait(false);
        }
    }
}
