using System.Text;
using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>
/// Finding images. They are looked up in the objects where librbd keeps them (<c>rbd_id.NAME</c>, <c>rbd_directory</c>, <c>rbd_header.ID</c>), so that it
/// costs one or two reads, opens nothing and also sees what is half made or half removed.
/// </summary>
internal sealed class CephCatalog(CephConnection connection)
{
    public const string Directory = "rbd_directory";
    public const string IdPrefix = "rbd_id.";
    public const string NameKeyPrefix = "name_";
    public const string IdKeyPrefix = "id_";
    public const int PageMax = 1000;
    private const int IdLengthMax = 256;

    private readonly CephHeaders _headers = new(connection);

    public Task<IReadOnlyList<string>> ListPoolsAsync(CancellationToken cancellationToken) => connection.ControlAsync(ListPools, cancellationToken);

    public async Task<ImageId?> FindAsync(VolumeId volume, CancellationToken cancellationToken) =>
        (await FindWhereAsync(volume, cancellationToken).ConfigureAwait(false))?.Id;

    public async Task<ImageInfo> GetAsync(VolumeId volume, CancellationToken cancellationToken)
    {
        var (info, damage) = await LookAsync(volume, cancellationToken).ConfigureAwait(false);
        return info ?? throw connection.Failure(CephErrors.NotFound, $"open {volume}", damage);
    }

    public async Task<string?> ExamineAsync(VolumeId volume, CancellationToken cancellationToken) =>
        (await LookAsync(volume, cancellationToken).ConfigureAwait(false)).Damage;

    public async Task<IReadOnlyList<ListedImage>> ListImagesAsync(string pool, string ns, string? after, int limit, CancellationToken cancellationToken)
    {
        RequireLimit(limit);
        var io = await connection.OpenAsync(pool, ns, cancellationToken).ConfigureAwait(false);
        var listed = await EntriesAsync(io, Directory, NameKeyPrefix, after, limit, $"list {pool}/{ns}", cancellationToken).ConfigureAwait(false);
        if (listed is null)
        {
            await RequireNamespaceAsync(pool, ns, cancellationToken).ConfigureAwait(false);
            return [];
        }
        var parents = new CephHeaders.Parents();
        return await Task.WhenAll(listed.Select(entry => DescribeAsync(entry))).ConfigureAwait(false);

        async Task<ListedImage> DescribeAsync(OmapEntry entry)
        {
            var id = new ImageId(CephEncoder.ReadText(entry.Value) ?? "");
            if (NameOf(entry.Key) is not { } name)
                return new ListedImage(Escaped(entry.Key), id, null, "its name is not UTF-8; the rbd command can rename it") { CanBeNamed = false };
            var volume = new VolumeId(pool, ns, name);
            return await _headers.ReadAsync(io, volume, id, parents, cancellationToken).ConfigureAwait(false) is { } info
                ? new ListedImage(name, id, info, null)
                : new ListedImage(name, id, null, Damage(new Found(id, Named: true), name, hasHeader: false));
        }
    }

    /// <summary>
    /// The entries of a directory object after a name, in order. Those whose names are not UTF-8 come in addition and do not count.
    /// </summary>
    /// <returns>Null when there is no such object.</returns>
    public async Task<IReadOnlyList<OmapEntry>?> EntriesAsync(
        IoContextHandle io, string oid, string prefix, string? after, int limit, string what, CancellationToken cancellationToken)
    {
        var (found, last, left) = (new List<OmapEntry>(), Encoding.UTF8.GetBytes(prefix + after), limit);
        while (left > 0)
        {
            var (result, entries, more) = await ReadOperation.OmapAsync(io, oid, last, prefix, left).WaitAsync(cancellationToken).ConfigureAwait(false);
            if (result == CephErrors.NotFound)
                return null;
            connection.Check(result, what);
            found.AddRange(entries);
            left -= entries.Count(entry => NameOf(entry.Key) is not null);
            if (!more || entries.Count == 0)
                break;
            last = entries[^1].Key;
        }
        return found;

        string? NameOf(byte[] key) => StrictText(key.AsSpan(prefix.Length));
    }

    public static void RequireLimit(int limit)
    {
        if (limit is < 1 or > PageMax)
            throw new BlockStoreException(ErrorKind.InvalidArgument, $"cannot list {limit} of them: 1 to {PageMax} are allowed");
    }

    /// <summary>Text of UTF-8; null for other bytes.</summary>
    public static string? StrictText(ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        return text.Contains('\uFFFD', StringComparison.Ordinal) ? null : text;
    }

    /// <summary>The id in the object that holds a name: 0 and the id, or a negative errno.</summary>
    public static async Task<(int Result, ImageId Id)> IdOfAsync(IoContextHandle io, string name)
    {
        var (result, data) = await ReadOperation.DataAsync(io, IdPrefix + name, IdLengthMax).ConfigureAwait(false);
        // The object is made before it is filled: a name without an id is half made.
        return result < 0 ? (result, default) : (0, new ImageId(CephEncoder.ReadText(data) ?? ""));
    }

    private static string? NameOf(byte[] key) => StrictText(key.AsSpan(NameKeyPrefix.Length));

    private static string Escaped(byte[] key) =>
        string.Concat(key.Skip(NameKeyPrefix.Length).Select(b => b is >= 0x20 and < 0x7f ? $"{(char)b}" : $"\\x{b:x2}"));

    private async Task<(ImageInfo? Info, string? Damage)> LookAsync(VolumeId volume, CancellationToken cancellationToken)
    {
        if (await FindWhereAsync(volume, cancellationToken).ConfigureAwait(false) is not { } found)
            return (null, null);
        var io = await connection.OpenAsync(volume.Pool, volume.Namespace, cancellationToken).ConfigureAwait(false);
        var info = await _headers.ReadAsync(io, volume, found.Id, new CephHeaders.Parents(), cancellationToken).ConfigureAwait(false);
        return found.Named && info is not null ? (info, null) : (null, Damage(found, volume.Image, info is not null));
    }

    private static string Damage(Found found, string name, bool hasHeader) => found switch
    {
        { Id.Value: "" } => "it was not made to its end",
        { Named: true } => $"its header {CephHeaders.Prefix}{found.Id} is missing: making or removing it was cut short, or somebody removed that object",
        _ when hasHeader => $"the object {IdPrefix}{name}, which names it, is missing; its header is there",
        _ => $"removing it was cut short: only its name in {Directory} is left",
    };

    private async Task<Found?> FindWhereAsync(VolumeId volume, CancellationToken cancellationToken)
    {
        var io = await connection.OpenAsync(volume.Pool, volume.Namespace, cancellationToken).ConfigureAwait(false);
        var what = $"find {volume}";
        var byName = await IdOfAsync(io, volume.Image).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (byName.Result >= 0)
            return new Found(byName.Id, Named: true);
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
        return entries.Count > 0 && CephEncoder.ReadText(entries[0].Value) is { } id ? new Found(new ImageId(id), Named: false) : null;
    }

    // A namespace has a directory object from the moment it is made; a pool's default namespace gets one with its first image.
    public async Task RequireNamespaceAsync(string pool, string ns, CancellationToken cancellationToken)
    {
        await connection.RequirePoolAsync(pool, ns, cancellationToken).ConfigureAwait(false);
        if (ns.Length > 0)
            throw connection.Failure(CephErrors.NotFound, $"use namespace {pool}/{ns}");
    }

    /// <summary>Makes sure that a pool and namespace exist in which an object is missing that is made with the first thing to be kept in it.</summary>
    public async Task RequirePlaceAsync(IoContextHandle io, string pool, string ns, CancellationToken cancellationToken)
    {
        if (await ReadOperation.StatAsync(io, Directory).WaitAsync(cancellationToken).ConfigureAwait(false) == CephErrors.NotFound)
            await RequireNamespaceAsync(pool, ns, cancellationToken).ConfigureAwait(false);
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

    // Named: by its id object; otherwise only the directory knows it.
    private sealed record Found(ImageId Id, bool Named);
}
