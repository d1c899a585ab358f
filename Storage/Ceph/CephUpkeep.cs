using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>Sparsifying images and making their object maps anew, through librbd.</summary>
internal sealed class CephUpkeep(CephImages images, CephJournaling journaling, CephMirroring mirroring)
{
    // What the rbd command takes unless it is told otherwise.
    private const int SparseBytes = 4096;

    public unsafe Task SparsifyAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) => RunAsync(
        $"sparsify {volume}", volume, progress, (image, state) => Rbd.Sparsify(image, SparseBytes, ProgressCallback.Function, state), _ => null, cancellationToken);

    public unsafe Task RebuildObjectMapAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) => RunAsync(
        $"rebuild the object map of {volume}", volume, progress, (image, state) => Rbd.RebuildObjectMap(image, ProgressCallback.Function, state),
        result => result == CephErrors.Invalid ? "it has no object map" : null, cancellationToken);

    public Task UpdateFeaturesAsync(VolumeId volume, IReadOnlyList<string> features, bool enabled, CancellationToken cancellationToken)
    {
        var what = $"{(enabled ? "enable" : "disable")} {string.Join(", ", features)} of {volume}";
        ImageFeatures.RequireKnown(features, enabled, what);
        return images.RunAsync(
            () =>
            {
                // What was cut short of switching it off is done with that.
                IReadOnlyList<string> left = features.Contains(ImageFeatures.Journaling) && journaling.Mend(volume, what) && !enabled
                    ? [.. features.Where(feature => feature != ImageFeatures.Journaling)]
                    : features;
                if (enabled && features.Contains(ImageFeatures.Journaling) && !mirroring.FollowsPoolAsync(volume, CancellationToken.None).GetAwaiter().GetResult())
                    left = images.Change(volume, what, image => TakeJournal(image, features, what));
                return left.Count == 0 || images.Change(volume, what, image => Update(image, left, enabled, what));
            },
            cancellationToken);
    }

    // librbd begins to mirror an image after it has made its journal, and never again for one that has it. Whoever gets the image's lock carries out what the
    // journal holds; when somebody else has it, that one does all of it.
    private List<string> TakeJournal(ImageHandle image, IReadOnlyList<string> features, string what)
    {
        var locked = Rbd.AcquireLock(image, Rbd.LockExclusive);
        if (locked is not (CephErrors.Busy or CephErrors.ReadOnly))
            images.Check(locked, what);
        images.Check(Rbd.UpdateFeatures(image, CephJournaling.Feature, 0), what);
        images.Check(Rbd.GetFeatures(image, out var present), what);
        return [.. features.Except(CephHeaders.Names(present))];
    }

    private bool Update(ImageHandle image, IReadOnlyList<string> features, bool enabled, string what)
    {
        images.Check(Rbd.GetFeatures(image, out var present), what);
        if (ImageFeatures.Problem(CephHeaders.Names(present), features, enabled) is { } problem)
            throw images.Failure(CephErrors.Invalid, what, problem);
        images.Check(
            Rbd.UpdateFeatures(image, CephHeaders.Bits(features), enabled ? (byte)1 : (byte)0), what);
        return true;
    }

    private Task RunAsync(
        string what, VolumeId volume, IProgress<double>? progress, Func<ImageHandle, nint, int> call, Func<int, string?> reason, CancellationToken cancellationToken) =>
        images.RunAsync(() => images.Change(volume, what, image =>
        {
            using var callback = new ProgressCallback(progress, () => cancellationToken.IsCancellationRequested);
            var result = call(image, callback.State);
            if (result < 0)
                throw images.Failure(result, what, reason(result));
            callback.Finish();
            return true;
        }), cancellationToken);
}
