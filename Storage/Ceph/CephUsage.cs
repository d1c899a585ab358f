using System.Runtime.InteropServices;
using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>What images and pools take up, as librbd counts it.</summary>
internal sealed class CephUsage(CephImages images, CephCatalog catalog)
{
    public Task<IReadOnlyList<ImageUsage>> GetAsync(VolumeId volume, CancellationToken cancellationToken)
    {
        var what = $"find out what {volume} takes up";
        return images.RunAsync(() => images.Use(volume, readOnly: true, what, image => Measure(image, what)), cancellationToken);
    }

    public async Task<PoolStatistics> GetStatisticsAsync(string pool, string ns, CancellationToken cancellationToken)
    {
        // librbd finds nothing in a namespace that there is not; this refuses it.
        await catalog.ListImagesAsync(pool, ns, null, 1, cancellationToken).ConfigureAwait(false);
        return await images.RunAsync(() => Count(images.ContextOf(new VolumeId(pool, ns, "")), $"count the images of {pool}"), cancellationToken).ConfigureAwait(false);
    }

    private IReadOnlyList<ImageUsage> Measure(ImageHandle image, string what)
    {
        var usage = new List<ImageUsage>();
        string? before = null;
        foreach (var (id, name, size, _) in CephSnapshots.List(images, image, what).Where(s => s.Kind == Rbd.SnapshotOfUser).OrderBy(s => s.Id))
        {
            images.Check(Rbd.SetSnapshot(image, id), what);
            usage.Add(new ImageUsage(name, size, UsedSince(image, before, (ulong)size, what)));
            before = name;
        }
        images.Check(Rbd.SetSnapshot(image, CephChildren.Head), what);
        images.Check(Rbd.GetSize(image, out var now), what);
        usage.Add(new ImageUsage(null, (long)now, UsedSince(image, before, now, what)));
        return usage;
    }

    private unsafe long UsedSince(ImageHandle image, string? snapshot, ulong size, string what)
    {
        long used = 0;
        fixed (byte* from = snapshot is null ? null : NativeText.Terminated(snapshot))
            images.Check(Rbd.IterateDifference(image, (nint)from, 0, size, includeParent: 0, wholeObject: 1, &OnExtent, (nint)(&used)), what);
        return used;
    }

    [UnmanagedCallersOnly]
    private static unsafe int OnExtent(ulong offset, nuint length, int exists, nint state)
    {
        if (exists != 0)
            *(long*)state += (long)length;
        return 0;
    }

    private unsafe PoolStatistics Count(IoContextHandle io, string what)
    {
        Rbd.CreatePoolStatistics(out var statistics);
        try
        {
            var sums = stackalloc ulong[Rbd.PoolStatisticOptions.Length];
            for (var i = 0; i < Rbd.PoolStatisticOptions.Length; i++)
                images.Check(Rbd.AddPoolStatistic(statistics, Rbd.PoolStatisticOptions[i], sums + i), what);
            images.Check(Rbd.GetPoolStatistics(io, statistics), what);
            return new PoolStatistics((long)sums[0], (long)sums[1], (long)sums[2], (long)sums[3], (long)sums[4], (long)sums[5]);
        }
        finally
        {
            Rbd.DestroyPoolStatistics(statistics);
        }
    }
}
