using System.Runtime.InteropServices;

namespace Mooring.Storage.Ceph.Native;

/// <content>Statistics of pools.</content>
internal static unsafe partial class Rbd
{
    /// <summary>RBD_POOL_STAT_OPTION_IMAGES, _IMAGE_PROVISIONED_BYTES, _IMAGE_SNAPSHOTS, and the same of the trash.</summary>
    public static ReadOnlySpan<int> PoolStatisticOptions => [0, 1, 3, 4, 5, 7];

    [LibraryImport(Library, EntryPoint = "rbd_pool_stats_create")]
    public static partial void CreatePoolStatistics(out nint statistics);

    [LibraryImport(Library, EntryPoint = "rbd_pool_stats_destroy")]
    public static partial void DestroyPoolStatistics(nint statistics);

    [LibraryImport(Library, EntryPoint = "rbd_pool_stats_option_add_uint64")]
    public static partial int AddPoolStatistic(nint statistics, int option, ulong* value);

    [LibraryImport(Library, EntryPoint = "rbd_pool_stats_get")]
    public static partial int GetPoolStatistics(IoContextHandle io, nint statistics);
}
