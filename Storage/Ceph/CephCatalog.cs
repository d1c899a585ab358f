using System.Text;
using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>
/// Finding images. Names are looked up in the objects where librbd keeps them (<c>rbd_id.NAME</c>, <c>rbd_directory</c>), so that it costs one
/// read and also sees what is half made or half removed.
/// </summary>
internal sealed class CephCatalog(CephConnection connection, CephImages images)
{
    public const string Directory = "rbd_directory";
    public const string IdPrefix = "rbd_id.";
    public const string NameKeyPrefix = "name_";
    private const int IdLengthMax = 256;

    private static readonly (ulong Bit, string Name)[] FeatureNames =
    [
        (1, "layering"), (2, "striping"), (4, "exclusive-lock"), (8, "object-map"), (16, "fast-diff"), (32, "deep-flatten"),
        (64, "journaling"), (128, "data-pool"), (256, "operations"), (512, "migrating"), (1024, "non-primary"), (2048, "dirty-cache"),
    ];

    public Task<IReadOnlyList<string>> ListPoolsAsync(CancellationToken cancellationToken) => connection.ControlAsync(ListPools, cancellationToken);

    public async Task<ImageId?> FindAsync(VolumeId volume, CancellationToken cancellationToken)
    {
        var io = await connection.OpenAsync(volume.Pool, volume.Namespace, cancellationToken).ConfigureAwait(false);
        var what = $"find {volume}";
        var byName = await IdOfAsync(io, volume.Image).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (byName.Result >= 0)
            return byName.Id;
        if (byName.Result != CephErrors.NotFound)
            throw connection.Failure(byName.Result, what);
        // Removing takes the id object before the directory's entry, which still holds the name.
        var (result, entries) = await ReadOperation.OmapAsync(io, Directory, [Encoding.UTF8.GetBytes(NameKeyPrefix + volume.Image)])
            .WaitAsync(cancellationToken).ConfigureAwait(false);
        if (result == CephErrors.NotFound)
        {
            await RequireNamespaceAsync(volume.Pool, volume.Namespace, cancellationToken).ConfigureAwait(false);
            return null;
        }
        connection.Check(result, what);
        return entries.Count > 0 && CephEncoder.ReadText(entries[0].Value) is { } id ? new ImageId(id) : null;
    }

    public async Task<IReadOnlyList<string>> ListAsync(string pool, string ns, string? after, int limit, CancellationToken cancellationToken)
    {
        if (limit is < 1 or > 1000)
            throw new BlockStoreException(ErrorKind.InvalidArgument, $"cannot list {limit} images: 1 to 1000 are allowed");
        var io = await connection.OpenAsync(pool, ns, cancellationToken).ConfigureAwait(false);
        var names = new List<string>();
        var last = NameKeyPrefix + after;
        while (names.Count < limit)
        {
            var (result, entries, more) = await ReadOperation.OmapAsync(io, Directory, last, NameKeyPrefix, limit - names.Count)
                .WaitAsync(cancellationToken).ConfigureAwait(false);
            if (result == CephErrors.NotFound)
            {
                await RequireNamespaceAsync(pool, ns, cancellationToken).ConfigureAwait(false);
                return names;
            }
            connection.Check(result, $"list {pool}/{ns}");
            foreach (var entry in entries)
                names.Add(Encoding.UTF8.GetString(entry.Key.AsSpan(NameKeyPrefix.Length)));
            if (!more || entries.Count == 0)
                break;
            last = Encoding.UTF8.GetString(entries[^1].Key);
        }
        return names;
    }

    public Task<ImageInfo> GetAsync(VolumeId volume, CancellationToken cancellationToken) => images.RunAsync(
        () => images.Use(volume, readOnly: true, $"open {volume}", image => Describe(volume, image)), cancellationToken);

    /// <summary>The id in the object that holds a name: 0 and the id, or a negative errno.</summary>
    public static async Task<(int Result, ImageId Id)> IdOfAsync(IoContextHandle io, string name)
    {
        var (result, data) = await ReadOperation.DataAsync(io, IdPrefix + name, IdLengthMax).ConfigureAwait(false);
        // The object is made before it is filled: a name without an id is half made.
        return result < 0 ? (result, default) : (0, new ImageId(CephEncoder.ReadText(data) ?? ""));
    }

    // A namespace has a directory object from the moment it is made; a pool's default namespace gets one with its first image.
    private async Task RequireNamespaceAsync(string pool, string ns, CancellationToken cancellationToken)
    {
        await connection.RequirePoolAsync(pool, ns, cancellationToken).ConfigureAwait(false);
        if (ns.Length > 0)
            throw connection.Failure(CephErrors.NotFound, $"use namespace {pool}/{ns}");
    }

    private unsafe IReadOnlyList<string> ListPools(ClusterHandle cluster)
    {
        connection.Check(Rados.WaitForLatestOsdMap(cluster), "list pools");
        var buffer = new byte[4096];
        int length;
        while (true)
        {
            fixed (byte* b = buffer)
                length = Rados.ListPools(cluster, b, (nuint)buffer.Length);
            connection.Check(length, "list pools");
            if (length <= buffer.Length)
                break;
            buffer = new byte[length];
        }
        var pools = NativeText.SplitList(buffer).Where(IsForImages).ToList();
        pools.Sort(StringComparer.Ordinal);
        return pools;
    }

    private unsafe bool IsForImages(string pool)
    {
        const int bufferLength = 4096;
        var buffer = new byte[bufferLength];
        nuint length = bufferLength;
        int result;
        try
        {
            fixed (byte* b = buffer)
                result = Rados.ListApplications(connection.Open(pool, ""), b, &length);
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.NotFound)
        {
            // Removed since the list was read.
            return false;
        }
        connection.Check(result, $"read the applications of pool {pool}");
        return NativeText.SplitList(buffer).Contains("rbd");
    }

    private unsafe ImageInfo Describe(VolumeId volume, ImageHandle image)
    {
        var what = $"describe {volume}";
        images.Check(Rbd.Stat(image, out var stat, (nuint)sizeof(Rbd.ImageStat)), what);
        images.Check(Rbd.GetFeatures(image, out var features), what);
        images.Check(Rbd.GetCreateTimestamp(image, out var created), what);
        return new ImageInfo(
            volume, IdOf(images, image, what), (long)stat.Size, (long)stat.ObjectSize,
            [.. FeatureNames.Where(feature => (features & feature.Bit) != 0).Select(feature => feature.Name)],
            created.AsTime(), ParentOf(images, image, what));
    }

    /// <summary>The id of an open image.</summary>
    public static unsafe ImageId IdOf(CephImages images, ImageHandle image, string what)
    {
        var id = stackalloc byte[IdLengthMax];
        images.Check(Rbd.GetId(image, id, IdLengthMax), what);
        return new ImageId(NativeText.Read(id));
    }

    /// <summary>The snapshot that an open image was cloned from; null when it is no clone.</summary>
    public static unsafe string? ParentOf(CephImages images, ImageHandle image, string what)
    {
        var parent = default(Rbd.LinkedImage);
        var snapshot = default(Rbd.SnapshotSpec);
        var result = Rbd.GetParent(image, ref parent, ref snapshot);
        if (result == CephErrors.NotFound)
            return null;
        images.Check(result, what);
        try
        {
            var name = new VolumeId(NativeText.Read(parent.PoolName), NativeText.Read(parent.Namespace), NativeText.Read(parent.ImageName));
            return $"{name}@{NativeText.Read(snapshot.Name)}";
        }
        finally
        {
            Rbd.Free(ref parent);
            Rbd.Free(ref snapshot);
        }
    }
}
