using System.Globalization;
using System.Text;
using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>
/// Groups of images. What is in them is read from where librbd keeps it (cls_rbd.cc): the names in <c>rbd_group_directory</c>, images and snapshots in
/// <c>rbd_group_header.ID</c>. librbd changes them, and goes on from where a process that was killed has left these.
/// </summary>
internal sealed class CephGroups(CephConnection connection, CephImages images, CephCatalog catalog)
{
    private const string Directory = "rbd_group_directory";
    private const string HeaderPrefix = "rbd_group_header.";
    private const string ImageKeyPrefix = "image_";
    private const string SnapshotKeyPrefix = "snapshot_";
    private const int PageMax = 1000;

    // The pool's id in hexadecimal digits, before an underscore and the image's id.
    private const int PoolDigits = 16;

    // cls_rbd_types.h: GROUP_IMAGE_LINK_STATE_ATTACHED, GROUP_SNAPSHOT_STATE_COMPLETE.
    private const byte Attached = 0, Complete = 1;

    public async Task<string?> FindAsync(VolumeId group, CancellationToken cancellationToken)
    {
        var io = await connection.OpenAsync(group.Pool, group.Namespace, cancellationToken).ConfigureAwait(false);
        var (result, entries) = await ReadOperation.OmapAsync(io, Directory, [Encoding.UTF8.GetBytes(CephCatalog.NameKeyPrefix + group.Image)])
            .WaitAsync(cancellationToken).ConfigureAwait(false);
        if (result == CephErrors.NotFound)
            await catalog.RequirePlaceAsync(io, group.Pool, group.Namespace, cancellationToken).ConfigureAwait(false);
        else
            connection.Check(result, $"find group {group}");
        return entries.Count == 0 ? null : CephEncoder.ReadText(entries[0].Value);
    }

    public async Task<IReadOnlyList<string>> ListAsync(string pool, string ns, string? after, int limit, CancellationToken cancellationToken)
    {
        CephCatalog.RequireLimit(limit);
        var io = await connection.OpenAsync(pool, ns, cancellationToken).ConfigureAwait(false);
        var entries = await catalog.EntriesAsync(io, Directory, CephCatalog.NameKeyPrefix, after, limit, $"list the groups of {pool}", cancellationToken)
            .ConfigureAwait(false);
        if (entries is null)
            await catalog.RequirePlaceAsync(io, pool, ns, cancellationToken).ConfigureAwait(false);
        return [.. (entries ?? []).Select(entry => CephCatalog.StrictText(entry.Key.AsSpan(CephCatalog.NameKeyPrefix.Length))).OfType<string>()];
    }

    public async Task CreateAsync(VolumeId group, CancellationToken cancellationToken)
    {
        var what = $"make group {group}";
        // librbd would make it in a namespace that there is not.
        await FindAsync(group, cancellationToken).ConfigureAwait(false);
        var result = await images.RunAsync(() => Rbd.CreateGroup(images.ContextOf(group), group.Image), cancellationToken).ConfigureAwait(false);
        // librbd enters the name first, then makes the header.
        if (result != CephErrors.Exists || !await CompleteAsync(group, what, cancellationToken).ConfigureAwait(false))
            connection.Check(result, what);
    }

    public async Task RemoveAsync(VolumeId group, CancellationToken cancellationToken)
    {
        var what = $"remove group {group}";
        var snapshots = await SnapshotsAsync(group, what, cancellationToken).ConfigureAwait(false);
        if (snapshots.Count > 0)
            throw connection.Failure(CephErrors.NotEmpty, what, $"it has the snapshots {ObstacleNames.Of([.. snapshots.Select(s => $"'{s.Seen.Name}'")])}");
        await RunAsync(what, group, io => Rbd.RemoveGroup(io, group.Image), cancellationToken).ConfigureAwait(false);
    }

    public async Task RenameAsync(VolumeId from, VolumeId to, CancellationToken cancellationToken)
    {
        var what = $"rename group {from} to {to}";
        if ((from.Pool, from.Namespace) != (to.Pool, to.Namespace))
            throw connection.Failure(CephErrors.Invalid, what, "a rename stays in its pool and namespace");
        await RequireAsync(from, what, cancellationToken).ConfigureAwait(false);
        await RunAsync(what, from, io => Rbd.RenameGroup(io, from.Image, to.Image), cancellationToken).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<GroupImage>> GetImagesAsync(VolumeId group, CancellationToken cancellationToken)
    {
        var entries = await EntriesAsync(group, ImageKeyPrefix, $"list the images of group {group}", cancellationToken).ConfigureAwait(false);
        return await Task.WhenAll(entries.Select(async entry =>
        {
            var (poolId, id, _) = MemberOf(entry.Key);
            var pool = await connection.PoolNameAsync(poolId, cancellationToken).ConfigureAwait(false);
            var io = await connection.OpenAsync(pool, group.Namespace, cancellationToken).ConfigureAwait(false);
            var (_, listed) = await ReadOperation.OmapAsync(io, CephCatalog.Directory, [Encoding.UTF8.GetBytes(CephCatalog.IdKeyPrefix + id)])
                .WaitAsync(cancellationToken).ConfigureAwait(false);
            var name = listed.Count > 0 ? CephEncoder.ReadText(listed[0].Value) : null;
            return new GroupImage(name is null ? null : new VolumeId(pool, group.Namespace, name), new ImageId(id), entry.Value is [Attached]);
        })).ConfigureAwait(false);
    }

    public async Task AddAsync(VolumeId group, VolumeId volume, CancellationToken cancellationToken)
    {
        var what = $"put {volume} into group {group}";
        if (group.Namespace != volume.Namespace)
            throw connection.Failure(CephErrors.Invalid, what, "it lies in another namespace");
        await RequireAsync(group, what, cancellationToken).ConfigureAwait(false);
        if ((await catalog.GetAsync(volume, cancellationToken).ConfigureAwait(false)).Features.Contains("migrating"))
            throw connection.Failure(CephErrors.Busy, what, $"it {MigrationNames.Stays}");
        await RunAsync(
            what, group, io => Rbd.AddToGroup(io, group.Image, images.ContextOf(volume), volume.Image), cancellationToken,
            result => result == CephErrors.Exists ? "it is in another group" : null).ConfigureAwait(false);
    }

    public async Task RemoveAsync(VolumeId group, VolumeId volume, CancellationToken cancellationToken)
    {
        var what = $"take {volume} out of group {group}";
        var id = (await catalog.GetAsync(volume, cancellationToken).ConfigureAwait(false)).Id;
        if ((await GetImagesAsync(group, cancellationToken).ConfigureAwait(false)).All(there => there.Id != id))
            throw connection.Failure(CephErrors.NotFound, what, "it is not in it");
        await RunAsync(what, group, io => Rbd.RemoveFromGroup(io, group.Image, images.ContextOf(volume), volume.Image), cancellationToken).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<GroupSnapshot>> GetSnapshotsAsync(VolumeId group, CancellationToken cancellationToken) =>
        [.. (await SnapshotsAsync(group, $"list the snapshots of group {group}", cancellationToken).ConfigureAwait(false)).Select(found => found.Seen)];

    public async Task CreateSnapshotAsync(VolumeId group, string name, CancellationToken cancellationToken)
    {
        var what = $"make snapshot {group}@{name}";
        CephSnapshots.RequireGoodNames(what, name);
        var members = await NamedAsync(
            (await EntriesAsync(group, ImageKeyPrefix, what, cancellationToken).ConfigureAwait(false)).Select(entry => MemberOf(entry.Key)), cancellationToken)
            .ConfigureAwait(false);
        await RunAsync(
            what, group,
            io =>
            {
                RequireFree(group, members, what, notOpen: false);
                return Rbd.CreateGroupSnapshot(io, group.Image, name);
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async Task RenameSnapshotAsync(VolumeId group, string name, string newName, CancellationToken cancellationToken)
    {
        var what = $"rename snapshot {group}@{name} to {newName}";
        CephSnapshots.RequireGoodNames(what, name, newName);
        await SnapshotAsync(group, name, what, cancellationToken).ConfigureAwait(false);
        await RunAsync(what, group, io => Rbd.RenameGroupSnapshot(io, group.Image, name, newName), cancellationToken).ConfigureAwait(false);
    }

    public async Task RemoveSnapshotAsync(VolumeId group, string name, CancellationToken cancellationToken)
    {
        var what = $"remove snapshot {group}@{name}";
        var found = await SnapshotAsync(group, name, what, cancellationToken).ConfigureAwait(false);
        await RunAsync(
            what, group,
            io =>
            {
                RequireFree(group, found.Members, what, notOpen: false);
                var result = Rbd.RemoveGroupSnapshot(io, group.Image, name);
                // librbd passes over an image's snapshot that somebody has half removed.
                if (result >= 0)
                    Sweep(group, found.Members, what);
                return result;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async Task RollBackAsync(VolumeId group, string name, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var what = $"roll group {group} back to {name}";
        var found = await SnapshotAsync(group, name, what, cancellationToken).ConfigureAwait(false);
        if (!found.Seen.IsComplete)
            throw connection.Failure(CephErrors.Invalid, what, "making that snapshot was cut short");
        await RunAsync(what, group, RollBack, cancellationToken).ConfigureAwait(false);

        unsafe int RollBack(IoContextHandle io)
        {
            RequireFree(group, found.Members, what, notOpen: true);
            using var callback = new ProgressCallback(progress, () => false);
            var result = Rbd.RollBackGroup(io, group.Image, name, ProgressCallback.Function, callback.State);
            if (result >= 0)
                callback.Finish();
            return result;
        }
    }

    private void Sweep(VolumeId group, IReadOnlyList<Member> members, string what)
    {
        foreach (var (pool, id, _) in members)
        {
            var io = connection.Open(pool, group.Namespace);
            images.Check(Rbd.OpenByIdReadOnly(io, id, out var looked, 0), what);
            using var look = new ImageHandle(looked, io);
            if (CephSnapshots.Remains(images, look, what) is { Count: > 0 } remains)
                CephSnapshots.SweepById(images, io, new ImageId(id), remains, what);
        }
    }

    // librbd waits for a lock that was put there by hand, and takes others' automatic ones away. To what has been half removed it rolls nothing back.
    private void RequireFree(VolumeId group, IReadOnlyList<Member> members, string what, bool notOpen)
    {
        foreach (var (pool, id, snapshot) in members)
        {
            var io = connection.Open(pool, group.Namespace);
            images.Check(Rbd.OpenByIdReadOnly(io, id, out var opened, 0), what, $"image {id} of it cannot be opened");
            using var image = new ImageHandle(opened, io);
            CephImageUsers.RequireChangeable(images, image, what);
            if (!notOpen)
                continue;
            CephImageUsers.RequireNotOpen(images, image, what);
            if (!CephSnapshots.List(images, image, what).Exists(s => s.Id == snapshot && s.Kind == Rbd.SnapshotOfGroup))
                throw images.Failure(CephErrors.Invalid, what, $"removing that snapshot was cut short: image {id} has lost it");
        }
    }

    private static (long Pool, string Id, ulong Snapshot) MemberOf(byte[] key)
    {
        var text = Encoding.UTF8.GetString(key.AsSpan(ImageKeyPrefix.Length));
        return (long.Parse(text.AsSpan(0, PoolDigits), NumberStyles.HexNumber, CultureInfo.InvariantCulture), text[(PoolDigits + 1)..], 0);
    }

    private async Task<IReadOnlyList<Member>> NamedAsync(IEnumerable<(long Pool, string Id, ulong Snapshot)> members, CancellationToken cancellationToken)
    {
        var named = new List<Member>();
        foreach (var (pool, id, snapshot) in members)
            named.Add(new Member(await connection.PoolNameAsync(pool, cancellationToken).ConfigureAwait(false), id, snapshot));
        return named;
    }

    private async Task<Found> SnapshotAsync(VolumeId group, string name, string what, CancellationToken cancellationToken) =>
        (await SnapshotsAsync(group, what, cancellationToken).ConfigureAwait(false)).FirstOrDefault(found => found.Seen.Name == name)
        ?? throw connection.Failure(CephErrors.NotFound, what, "there is no such snapshot");

    private async Task<List<Found>> SnapshotsAsync(VolumeId group, string what, CancellationToken cancellationToken)
    {
        var snapshots = new List<Found>();
        foreach (var entry in await EntriesAsync(group, SnapshotKeyPrefix, what, cancellationToken).ConfigureAwait(false))
        {
            var (seen, members) = Read(entry.Value);
            snapshots.Add(new Found(seen, await NamedAsync(members, cancellationToken).ConfigureAwait(false)));
        }
        return snapshots;
    }

    // GroupSnapshot and ImageSnapshotSpec (cls_rbd_types.h).
    private static (GroupSnapshot Seen, List<(long Pool, string Id, ulong Snapshot)> Members) Read(ReadOnlySpan<byte> bytes)
    {
        var decoder = new CephDecoder(bytes);
        decoder.Version();
        var seen = new GroupSnapshot(decoder.Text(), decoder.Text(), decoder.Byte() == Complete);
        var members = new List<(long, string, ulong)>();
        for (var left = decoder.Number(); left > 0; left--)
        {
            decoder.Version();
            members.Add((decoder.Long(), decoder.Text(), (ulong)decoder.Long()));
        }
        return (seen, members);
    }

    private async Task<IReadOnlyList<OmapEntry>> EntriesAsync(VolumeId group, string prefix, string what, CancellationToken cancellationToken)
    {
        var id = await RequireAsync(group, what, cancellationToken).ConfigureAwait(false);
        var io = await connection.OpenAsync(group.Pool, group.Namespace, cancellationToken).ConfigureAwait(false);
        var all = new List<OmapEntry>();
        for (string? after = null; ;)
        {
            // Without a header it is half made or half removed: nothing is in it.
            var page = await catalog.EntriesAsync(io, HeaderPrefix + id, prefix, after, PageMax, what, cancellationToken).ConfigureAwait(false) ?? [];
            all.AddRange(page);
            if (page.Count < PageMax)
                return all;
            after = Encoding.UTF8.GetString(page[^1].Key.AsSpan(prefix.Length));
        }
    }

    private async Task<string> RequireAsync(VolumeId group, string what, CancellationToken cancellationToken) =>
        await FindAsync(group, cancellationToken).ConfigureAwait(false) ?? throw connection.Failure(CephErrors.NotFound, what, "there is no such group");

    private Task<bool> RunAsync(
        string what, VolumeId group, Func<IoContextHandle, int> call, CancellationToken cancellationToken, Func<int, string?>? reason = null) => images.RunAsync(
        () =>
        {
            var result = call(images.ContextOf(group));
            images.Check(result, what, reason?.Invoke(result));
            return true;
        },
        cancellationToken);

    private async Task<bool> CompleteAsync(VolumeId group, string what, CancellationToken cancellationToken)
    {
        var io = await connection.OpenAsync(group.Pool, group.Namespace, cancellationToken).ConfigureAwait(false);
        if (await FindAsync(group, cancellationToken).ConfigureAwait(false) is not { } id
            || await ReadOperation.StatAsync(io, HeaderPrefix + id).WaitAsync(cancellationToken).ConfigureAwait(false) != CephErrors.NotFound)
        {
            return false;
        }
        connection.Check(await new WriteOperation().Create().RunAsync(io, HeaderPrefix + id).ConfigureAwait(false), what);
        return true;
    }

    private sealed record Found(GroupSnapshot Seen, IReadOnlyList<Member> Members);

    // Snapshot: that which belongs to one of the group's; 0 when it is about none.
    private sealed record Member(string Pool, string Id, ulong Snapshot);
}
