using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>Clones, and copies that keep what belongs to an image, through librbd.</summary>
internal sealed class CephClones(CephImages images)
{
    private const string NoClone = "it is no clone";

    public Task CloneAsync(VolumeId source, string snapshot, VolumeId target, CancellationToken cancellationToken)
    {
        var what = $"clone {source}@{snapshot} to {target}";
        CephSnapshots.RequireGoodNames(what, snapshot);
        return images.RunAsync(() => Clone(source, snapshot, target, what), cancellationToken);
    }

    public Task FlattenAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) =>
        images.RunAsync(() => Flatten(volume, progress, $"flatten {volume}", cancellationToken), cancellationToken);

    public Task DeepCopyAsync(VolumeId source, VolumeId target, IProgress<double>? progress, CancellationToken cancellationToken) =>
        images.RunAsync(() => DeepCopy(source, target, progress, $"copy {source} with its snapshots to {target}"), cancellationToken);

    public Task<IReadOnlyList<VolumeId>> GetChildrenAsync(VolumeId volume, CancellationToken cancellationToken)
    {
        var what = $"list the clones of {volume}";
        return images.RunAsync<IReadOnlyList<VolumeId>>(
            () => images.Use(volume, readOnly: true, what, image => CephChildren.Of(images, image, what, snapshot: null)), cancellationToken);
    }

    private bool Clone(VolumeId source, string snapshot, VolumeId target, string what)
    {
        var (from, to) = (images.ContextOf(source), images.ContextOf(target));
        var isProtected = images.Use(source, readOnly: true, what, image =>
        {
            CephImageUsers.RequireNotMigrating(images, image, what);
            return CephSnapshots.IsProtected(images, image, snapshot, what);
        });
        Rbd.CreateOptions(out var options);
        try
        {
            // The first format needs the protection. Which one a protected snapshot gets is the cluster's choice, as with the rbd command.
            if (!isProtected)
                images.Check(Rbd.SetOption(options, Rbd.OptionCloneFormat, 2), what);
            var result = Rbd.Clone(from, source.Image, snapshot, to, target.Image, options);
            if (result == CephErrors.NotFound && CephSnapshots.Mend(images, source))
                result = Rbd.Clone(from, source.Image, snapshot, to, target.Image, options);
            return result >= 0 ? true : throw images.Failure(result, what, result == CephErrors.NotFound ? "there is no such snapshot" : null);
        }
        finally
        {
            Rbd.DestroyOptions(options);
        }
    }

    private unsafe bool DeepCopy(VolumeId source, VolumeId target, IProgress<double>? progress, string what)
    {
        var to = images.ContextOf(target);
        return images.Use(source, readOnly: true, what, image =>
        {
            CephImageUsers.RequireNotMigrating(images, image, what);
            Rbd.CreateOptions(out var options);
            try
            {
                // A copy of a clone is one too, whether or not its parent is protected.
                if (CephCatalog.ParentOf(images, image, what) is not null)
                    images.Check(Rbd.SetOption(options, Rbd.OptionCloneFormat, 2), what);
                using var callback = new ProgressCallback(progress, () => false);
                images.Check(Rbd.DeepCopy(image, to, target.Image, options, ProgressCallback.Function, callback.State), what);
                callback.Finish();
                return true;
            }
            finally
            {
                Rbd.DestroyOptions(options);
            }
        });
    }

    // A client that dies may have entered in the object map what it had yet to write, and flattening passes over what stands there: the parent's data
    // are lost with that (seen with 16.2; tracker.ceph.com/issues/68998). Making the map anew does not help, which leaves such entries as they are; a
    // map that is declared invalid is asked by nobody. One that dies here leaves it so, which costs time and no data. A client that holds the image's
    // exclusive lock does the work itself, by its own map.
    private bool Flatten(VolumeId volume, IProgress<double>? progress, string what, CancellationToken cancellationToken)
    {
        var hasMap = images.Use(volume, readOnly: true, what, image => InvalidateMap(volume, image, what));
        return images.Change(volume, what, image => Flatten(image, hasMap, progress, what, cancellationToken));
    }

    private unsafe bool Flatten(ImageHandle image, bool hasMap, IProgress<double>? progress, string what, CancellationToken cancellationToken)
    {
        using var callback = new ProgressCallback(progress, () => cancellationToken.IsCancellationRequested);
        var result = Rbd.Flatten(image, ProgressCallback.Function, callback.State);
        if (result < 0 && result != CephErrors.Cancelled)
            throw images.Failure(result, what, result == CephErrors.Invalid ? NoClone : null);
        if (hasMap)
        {
            using var unheard = new ProgressCallback(null, () => false);
            images.Check(Rbd.RebuildObjectMap(image, ProgressCallback.Function, unheard.State), what);
        }
        images.Check(result, what);
        callback.Finish();
        return true;
    }

    private bool InvalidateMap(VolumeId volume, ImageHandle image, string what)
    {
        CephImageUsers.RequireNotMigrating(images, image, what);
        if (CephCatalog.ParentOf(images, image, what) is null)
            throw images.Failure(CephErrors.Invalid, what, NoClone);
        images.Check(Rbd.GetFeatures(image, out var features), what);
        if ((features & CephHeaders.ObjectMap) == 0)
            return false;
        // RBD_FLAG_OBJECT_MAP_INVALID, RBD_FLAG_FAST_DIFF_INVALID
        var flags = (features & CephHeaders.FastDiff) == 0 ? 1UL : 3UL;
        images.Check(new WriteOperation()
            .Execute("rbd", "set_flags", new CephEncoder().Number(flags).Number(flags).Number(CephChildren.Head).Written)
            .Run(images.ContextOf(volume), $"rbd_header.{CephCatalog.IdOf(images, image, what)}"), what);
        return true;
    }
}
