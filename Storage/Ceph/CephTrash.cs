using System.Text;
using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>
/// The trash. What lies in it is read from the object where librbd keeps it (<c>rbd_trash</c>); librbd moves, restores and removes, and goes on from where
/// a process that was killed has left these.
/// </summary>
internal sealed class CephTrash(CephConnection connection, CephImages images, CephCatalog catalog)
{
    public const string Object = "rbd_trash";

    /// <summary>Where an entry comes from.</summary>
    public const string OfUser = "user", OfMigration = "migration";

    private const byte StateNormal = 0, StateMoving = 1;

    // ENCODE_START: version, oldest compatible version, length.
    private const int HeadBytes = 6;
    private const byte VersionWithState = 2;

    // TrashImageSpec (cls_rbd_types.h).
    private static readonly string[] Sources = [OfUser, "mirroring", OfMigration, "removing", "user-parent"];

    public Task MoveAsync(VolumeId volume, TimeSpan delay, CancellationToken cancellationToken) => images.RunAsync(
        () =>
        {
            var what = $"move {volume} to the trash";
            CephImageUsers.RequireUnused(images, volume, what);
            images.Check(Rbd.MoveToTrash(images.ContextOf(volume), volume.Image, (ulong)delay.TotalSeconds), what);
            return true;
        },
        cancellationToken);

    public async Task<IReadOnlyList<TrashedImage>> ListAsync(string pool, string ns, string? after, int limit, CancellationToken cancellationToken)
    {
        CephCatalog.RequireLimit(limit);
        var io = await connection.OpenAsync(pool, ns, cancellationToken).ConfigureAwait(false);
        var entries = await catalog.EntriesAsync(io, Object, CephCatalog.IdKeyPrefix, after, limit, $"list the trash of {pool}/{ns}", cancellationToken)
            .ConfigureAwait(false);
        if (entries is null)
            await catalog.RequirePlaceAsync(io, pool, ns, cancellationToken).ConfigureAwait(false);
        return [.. (entries ?? []).Select(entry => Read(Encoding.UTF8.GetString(entry.Key.AsSpan(CephCatalog.IdKeyPrefix.Length)), entry.Value))];
    }

    public async Task<TrashedImage?> FindAsync(string pool, string ns, ImageId id, CancellationToken cancellationToken)
    {
        var io = await connection.OpenAsync(pool, ns, cancellationToken).ConfigureAwait(false);
        var (result, entries) = await ReadOperation.OmapAsync(io, Object, [Encoding.UTF8.GetBytes(CephCatalog.IdKeyPrefix + id)])
            .WaitAsync(cancellationToken).ConfigureAwait(false);
        if (result == CephErrors.NotFound)
            await catalog.RequirePlaceAsync(io, pool, ns, cancellationToken).ConfigureAwait(false);
        else
            connection.Check(result, $"find {id} in the trash of {pool}/{ns}");
        return entries.Count == 0 ? null : Read(id.Value, entries[0].Value);
    }

    public Task RestoreAsync(ImageId id, VolumeId volume, CancellationToken cancellationToken) => images.RunAsync(
        () =>
        {
            var what = $"restore {id} as {volume}";
            if (FindAsync(volume.Pool, volume.Namespace, id, CancellationToken.None).GetAwaiter().GetResult() is { Source: OfMigration })
                throw images.Failure(CephErrors.Busy, what, "it is the source of a migration: commit or abort that");
            var result = Rbd.RestoreFromTrash(images.ContextOf(volume), id.Value, volume.Image);
            images.Check(result, what, result == CephErrors.NotFound ? "it is not in the trash" : null);
            return true;
        },
        cancellationToken);

    public Task RemoveAsync(string pool, string ns, ImageId id, bool force, IProgress<double>? progress, CancellationToken cancellationToken) =>
        images.RunAsync(() => Remove(pool, ns, id, force, progress), cancellationToken);

    /// <summary>Makes an entry of a migration one that a user has moved there; blocks. Nothing of the move is to be done any more.</summary>
    public void GiveToUser(IoContextHandle io, ImageId id, string what)
    {
        var key = Encoding.UTF8.GetBytes(CephCatalog.IdKeyPrefix + id);
        var (result, entries) = ReadOperation.OmapAsync(io, Object, [key]).GetAwaiter().GetResult();
        images.Check(result, what);
        if (entries.Count == 0)
            return;
        // Behind the structure's head the source, at its end the state.
        byte[] given = [.. entries[0].Value];
        given[HeadBytes] = (byte)Array.IndexOf(Sources, OfUser);
        if (given[0] >= VersionWithState)
            given[^1] = StateNormal;
        images.Check(new WriteOperation().OmapEquals(key, entries[0].Value).OmapSet(key, given).Run(io, Object), what);
    }

    /// <summary>For a line of text: such an image has its name no more, but is in the way.</summary>
    public static VolumeId NameOf(string pool, string ns, string name, string id) => new(pool, ns, $"{name} (in the trash, id {id})");

    /// <summary>An entry of the trash.</summary>
    public static TrashedImage Read(string id, ReadOnlySpan<byte> bytes)
    {
        var decoder = new CephDecoder(bytes);
        var version = decoder.Version();
        var (source, name, deleted, deferred) = (decoder.Byte(), decoder.Text(), decoder.Time(), decoder.Time());
        return new TrashedImage(new ImageId(id), name, source < Sources.Length ? Sources[source] : $"{source}", deleted, deferred)
        {
            Moving = version >= VersionWithState && decoder.Byte() == StateMoving,
        };
    }

    /// <summary>As <see cref="RemoveAsync"/>; blocks.</summary>
    public unsafe bool Remove(string pool, string ns, ImageId id, bool force, IProgress<double>? progress)
    {
        var what = $"remove {id} from the trash of {pool}";
        var io = connection.Open(pool, ns);
        // What is half removed cannot be opened, and nobody uses it.
        if (Rbd.OpenByIdReadOnly(io, id.Value, out var opened, 0) >= 0)
        {
            using var image = new ImageHandle(opened, io);
            CephImageUsers.RequireNotOpen(images, image, what);
            CephImageUsers.RequireChangeable(images, image, what);
            if (CephSnapshots.RequireNone(images, image, what) is { Count: > 0 } remains)
                CephSnapshots.SweepById(images, io, id, remains, what);
        }
        CompleteMove(io, pool, ns, id, what);
        var space = CephLifecycle.RemoveSpaceProbeAsync(io, id);
        using var callback = new ProgressCallback(progress, () => false);
        var result = Rbd.RemoveFromTrash(io, id.Value, force, ProgressCallback.Function, callback.State);
        images.Check(result, what, result switch
        {
            CephErrors.NotFound => "it is not in the trash",
            CephErrors.NotPermitted => "its time in the trash is not over",
            _ => null,
        });
        space.GetAwaiter().GetResult();
        callback.Finish();
        return true;
    }

    // Moving an image there marks it, takes its name away and then takes the mark off; librbd goes on from a mark only by the name. This thread belongs to a
    // slot and may wait.
    private void CompleteMove(IoContextHandle io, string pool, string ns, ImageId id, string what)
    {
        if (FindAsync(pool, ns, id, CancellationToken.None).GetAwaiter().GetResult() is not { Moving: true } entry)
            return;
        if (catalog.FindAsync(new VolumeId(pool, ns, entry.Name), CancellationToken.None).GetAwaiter().GetResult() == id)
            throw connection.Failure(CephErrors.Busy, what, $"it is called {entry.Name} still: moving it there was cut short");
        images.Check(
            new WriteOperation().Execute("rbd", "trash_state_set", new CephEncoder().Text(id.Value).Byte(StateNormal).Byte(StateMoving).Written)
                .RunAsync(io, Object).GetAwaiter().GetResult(),
            what);
    }
}
