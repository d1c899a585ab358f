using System.Text;
using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>The namespaces of pools, which librbd keeps in the object <c>rbd_namespace</c>.</summary>
internal sealed class CephNamespaces(CephConnection connection, CephImages images, CephCatalog catalog, CephTrash trash)
{
    private const string Object = "rbd_namespace";

    // DIRECTORY_STATE_READY of cls_rbd_types.h.
    private const byte DirectoryReady = 0;

    public Task CreateAsync(string pool, string ns, CancellationToken cancellationToken) => images.RunAsync(
        () =>
        {
            var what = $"make namespace {pool}/{ns}";
            var result = Rbd.CreateNamespace(connection.Open(pool, ""), ns);
            // librbd enters the name first, then makes the directory, without which the namespace cannot be used. This thread may wait.
            if (result != CephErrors.Exists || !CompleteAsync(connection.Open(pool, ns), what).GetAwaiter().GetResult())
                images.Check(result, what);
            return true;
        },
        cancellationToken);

    public Task RemoveAsync(string pool, string ns, CancellationToken cancellationToken) => images.RunAsync(
        () =>
        {
            var (what, io) = ($"remove namespace {pool}/{ns}", connection.Open(pool, ""));
            var result = Rbd.RemoveNamespace(io, ns);
            if (result == CephErrors.Busy)
            {
                var there = ImagesAsync(pool, ns).GetAwaiter().GetResult();
                if (there.Count > 0)
                    throw new BlockStoreException(images.Failure(result, what, $"there are images in it or in its trash: {ObstacleNames.Of(there)}").Error) { InTheWay = there };
                // They have gone since.
                result = Rbd.RemoveNamespace(io, ns);
            }
            images.Check(result, what);
            return true;
        },
        cancellationToken);

    public async Task<IReadOnlyList<string>> ListAsync(string pool, string? after, int limit, CancellationToken cancellationToken)
    {
        CephCatalog.RequireLimit(limit);
        var io = await connection.OpenAsync(pool, "", cancellationToken).ConfigureAwait(false);
        var entries = await catalog.EntriesAsync(io, Object, CephCatalog.NameKeyPrefix, after, limit, $"list the namespaces of {pool}", cancellationToken)
            .ConfigureAwait(false);
        if (entries is null)
            await connection.RequirePoolAsync(pool, "", cancellationToken).ConfigureAwait(false);
        return [.. (entries ?? []).Select(entry => CephCatalog.StrictText(entry.Key.AsSpan(CephCatalog.NameKeyPrefix.Length))).OfType<string>()];
    }

    public async Task<bool> ExistsAsync(string pool, string ns, CancellationToken cancellationToken)
    {
        var io = await connection.OpenAsync(pool, "", cancellationToken).ConfigureAwait(false);
        var (result, entries) = await ReadOperation.OmapAsync(io, Object, [Encoding.UTF8.GetBytes(CephCatalog.NameKeyPrefix + ns)])
            .WaitAsync(cancellationToken).ConfigureAwait(false);
        if (result == CephErrors.NotFound)
            await connection.RequirePoolAsync(pool, "", cancellationToken).ConfigureAwait(false);
        else
            connection.Check(result, $"find namespace {pool}/{ns}");
        return entries.Count > 0;
    }

    private async Task<List<VolumeId>> ImagesAsync(string pool, string ns)
    {
        var named = await catalog.ListImagesAsync(pool, ns, null, CephCatalog.PageMax, CancellationToken.None).ConfigureAwait(false);
        var trashed = await trash.ListAsync(pool, ns, null, CephCatalog.PageMax, CancellationToken.None).ConfigureAwait(false);
        return [.. named.Select(i => new VolumeId(pool, ns, i.Name)), .. trashed.Select(i => CephTrash.NameOf(pool, ns, i.Name, i.Id.Value))];
    }

    private async Task<bool> CompleteAsync(IoContextHandle io, string what)
    {
        if (await ReadOperation.StatAsync(io, CephCatalog.Directory).ConfigureAwait(false) != CephErrors.NotFound)
            return false;
        images.Check(
            await new WriteOperation().Execute("rbd", "dir_state_set", new CephEncoder().Byte(DirectoryReady).Written)
                .RunAsync(io, CephCatalog.Directory).ConfigureAwait(false),
            what);
        return true;
    }
}
