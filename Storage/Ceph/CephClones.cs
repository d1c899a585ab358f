using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>Making, flattening and listing clones through librbd.</summary>
internal sealed class CephClones(CephImages images)
{
    public Task CloneAsync(VolumeId source, string snapshot, VolumeId target, CancellationToken cancellationToken)
    {
        var what = $"clone {source}@{snapshot} to {target}";
        CephSnapshots.RequireGoodNames(what, snapshot);
        return images.RunAsync(() => Clone(source, snapshot, target, what), cancellationToken);
    }

    public Task FlattenAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) =>
        images.RunAsync(() => Flatten(volume, progress, $"flatten {volume}"), cancellationToken);

    public Task<IReadOnlyList<VolumeId>> GetChildrenAsync(VolumeId volume, CancellationToken cancellationToken)
    {
        var what = $"list the clones of {volume}";
        return images.RunAsync<IReadOnlyList<VolumeId>>(
            () => images.Use(volume, readOnly: true, what, image => CephChildren.Of(images, image, what, snapshot: null)), cancellationToken);
    }

    private bool Clone(VolumeId source, string snapshot, VolumeId target, string what)
    {
        var (from, to) = (images.ContextOf(source), images.ContextOf(target));
        var isProtected = images.Use(source, readOnly: true, what, image => CephSnapshots.IsProtected(images, image, snapshot, what));
        Rbd.CreateOptions(out var options);
        try
        {
            // The first format needs the protection. Which one a protected snapshot gets is the cluster's choice, as with the rbd command.
            if (!isProtected)
                images.Check(Rbd.SetOption(options, Rbd.OptionCloneFormat, 2), what);
            var result = Rbd.Clone(from, source.Image, snapshot, to, target.Image, options);
            return result >= 0 ? true : throw images.Failure(result, what, result == CephErrors.NotFound ? "there is no such snapshot" : null);
        }
        finally
        {
            Rbd.DestroyOptions(options);
        }
    }

    private unsafe bool Flatten(VolumeId volume, IProgress<double>? progress, string what) => images.Change(volume, what, image =>
    {
        using var callback = new ProgressCallback(progress, () => false);
        var result = Rbd.Flatten(image, ProgressCallback.Function, callback.State);
        if (result < 0)
            throw images.Failure(result, what, result == CephErrors.Invalid ? "it is no clone" : null);
        callback.Finish();
        return true;
    });
}
