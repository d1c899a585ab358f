using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>
/// Renaming. librbd does it in three steps: the new name's id object, the directory, the old name's id object. Whoever died between them
/// leaves both names on one image, which librbd refuses to go on from; the last two steps are made up for here.
/// </summary>
internal sealed class CephRename(CephConnection connection, CephImages images)
{
    public async Task RenameAsync(VolumeId from, VolumeId to, CancellationToken cancellationToken)
    {
        var what = $"rename {from} to {to}";
        if (from.Pool != to.Pool || from.Namespace != to.Namespace)
            throw new BlockStoreException(ErrorKind.InvalidArgument, $"cannot {what}: they must lie in one pool and namespace");
        if (from.Image == to.Image)
            throw new BlockStoreException(ErrorKind.InvalidArgument, $"cannot {what}: the names are the same");
        await images.RunAsync(() => Rename(from, to, what), cancellationToken).ConfigureAwait(false);
    }

    private bool Rename(VolumeId from, VolumeId to, string what)
    {
        var io = images.ContextOf(from);
        // This thread belongs to a slot and may wait.
        var (found, id) = CephCatalog.IdOfAsync(io, from.Image).GetAwaiter().GetResult();
        // Mooring's own work is never locked by hand.
        if (found >= 0 && !from.Image.StartsWith(VolumeId.ReservedPrefix, StringComparison.Ordinal))
            RequireChangeable(from, what);
        var result = found < 0 ? found : Rbd.Rename(io, from.Image, to.Image);
        if (result >= 0)
        {
            // librbd takes "exists already" for a repetition of itself and reports success, also to one who lost a race for the name.
            var (taken, winner) = CephCatalog.IdOfAsync(io, to.Image).GetAwaiter().GetResult();
            return taken < 0 || winner == id ? true : throw images.Failure(CephErrors.Exists, what);
        }
        if (result == CephErrors.Exists && CompleteAsync(io, from.Image, to.Image, what).GetAwaiter().GetResult())
            return true;
        throw images.Failure(result, what, result == CephErrors.NotFound ? $"{from} does not exist" : null);
    }

    private void RequireChangeable(VolumeId volume, string what)
    {
        try
        {
            images.Use(volume, readOnly: true, what, image =>
            {
                CephImageUsers.RequireChangeable(images, image, what);
                return true;
            });
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.NotFound)
        {
            // Half made or half renamed: renaming says more.
        }
    }

    private async Task<bool> CompleteAsync(IoContextHandle io, string from, string to, string what)
    {
        var source = await CephCatalog.IdOfAsync(io, from).ConfigureAwait(false);
        var target = await CephCatalog.IdOfAsync(io, to).ConfigureAwait(false);
        if (source.Result < 0 || target.Result < 0 || source.Id != target.Id || source.Id.Value.Length == 0)
            return false;
        var id = new CephEncoder().Text(source.Id.Value).Written.ToArray();
        // The directory changes only if it still has this image under the old name. When it has the new one already, that step was done.
        var renamed = await new WriteOperation()
            .Execute("rbd", "dir_rename_image", new CephEncoder().Text(from).Text(to).Text(source.Id.Value).Written)
            .RunAsync(io, CephCatalog.Directory).ConfigureAwait(false);
        if (renamed < 0 && !await IsListedAsync(io, to, id).ConfigureAwait(false))
            throw connection.Failure(renamed, what);
        // Only the old name of this image: another one may have got that name meanwhile.
        var removed = await new WriteOperation().DataEquals(id).Remove().RunAsync(io, CephCatalog.IdPrefix + from).ConfigureAwait(false);
        if (removed is < 0 and not CephErrors.NotFound && !CephErrors.IsDifference(removed))
            throw connection.Failure(removed, what);
        return true;
    }

    private static async Task<bool> IsListedAsync(IoContextHandle io, string name, byte[] encodedId)
    {
        var key = System.Text.Encoding.UTF8.GetBytes(CephCatalog.NameKeyPrefix + name);
        var (result, entries) = await ReadOperation.OmapAsync(io, CephCatalog.Directory, [key]).ConfigureAwait(false);
        return result >= 0 && entries.Count == 1 && entries[0].Value.AsSpan().SequenceEqual(encodedId);
    }
}
