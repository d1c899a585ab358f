using System.Security.Cryptography;
using Mooring.Messages;

namespace Mooring.Storage.Embedded;

/// <content>Groups of images. A group's snapshot is a snapshot of each of its images, without a name, that bears the group snapshot's id.</content>
internal sealed partial class EmbeddedStore
{
    public Task<string?> FindGroupAsync(VolumeId group, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        RequireGoodName(group);
        return database.Read(() => FindGroup(database, group));
    }, cancellationToken);

    public Task<IReadOnlyList<string>> ListGroupsAsync(string pool, string ns, string? after, int limit, CancellationToken cancellationToken) =>
        OnSlotAsync<IReadOnlyList<string>>(database =>
        {
            RequirePage(limit);
            return database.Read(() =>
            {
                RequirePool(database, pool, ns);
                return database.Query(
                    row => row.Text(0), "SELECT name FROM image_groups WHERE pool = ? AND ns = ? AND name > ? ORDER BY name LIMIT ?", pool, ns ?? "", after ?? "", limit);
            });
        }, cancellationToken);

    public Task CreateGroupAsync(VolumeId group, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        RequireGoodName(group);
        return database.Write(() =>
        {
            RequireUnfenced(database);
            RequireFreeGroupName(database, group);
            return database.Execute(
                "INSERT INTO image_groups VALUES (?, ?, ?, ?)", Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), group.Pool, group.Namespace ?? "", group.Image);
        });
    }, cancellationToken);

    public Task RemoveGroupAsync(VolumeId group, CancellationToken cancellationToken) => ChangeGroupAsync(group, (database, id) =>
    {
        if (GroupSnapshots(database, id) is { Count: > 0 } snapshots)
            throw new BlockStoreException(ErrorKind.Busy, $"group {group} has the snapshots {ObstacleNames.Of([.. snapshots.Select(s => $"'{s.Name}'")])}", Failures.Enotempty);
        database.Execute("DELETE FROM group_images WHERE group_id = ?", id);
        database.Execute("DELETE FROM image_groups WHERE id = ?", id);
    }, cancellationToken);

    public Task RenameGroupAsync(VolumeId from, VolumeId to, CancellationToken cancellationToken) => ChangeGroupAsync(from, (database, id) =>
    {
        if ((from.Pool, from.Namespace) != (to.Pool, to.Namespace))
            throw Failures.Invalid($"a rename stays in its pool and namespace: {from} to {to}");
        RequireGoodName(to);
        RequireFreeGroupName(database, to);
        database.Execute("UPDATE image_groups SET name = ? WHERE id = ?", to.Image, id);
    }, cancellationToken);

    public Task<IReadOnlyList<GroupImage>> GetGroupImagesAsync(VolumeId group, CancellationToken cancellationToken) =>
        OnSlotAsync<IReadOnlyList<GroupImage>>(database => database.Read(() => database.Query(
            row => new GroupImage(row.Number(4) != 0 ? null : NameOf(row), new ImageId(row.Text(3)), true),
            """
            SELECT i.pool, i.ns, i.name, i.id, i.id IN (SELECT image FROM trash) FROM group_images g JOIN images i ON i.id = g.image
            WHERE g.group_id = ? ORDER BY i.pool, i.name
            """,
            RequireGroup(database, group))), cancellationToken);

    public Task AddToGroupAsync(VolumeId group, VolumeId volume, CancellationToken cancellationToken) => ChangeGroupAsync(group, (database, id) =>
    {
        if (group.Namespace != volume.Namespace)
            throw Failures.Invalid($"{volume} lies in another namespace than group {group}");
        var image = Require(database, volume);
        RequireNotMigrating(database, image, volume.ToString());
        if (GroupOf(database, image.Id) is { } other && other != id)
            throw new BlockStoreException(ErrorKind.AlreadyExists, $"{volume} is in another group", 17);
        database.Execute("INSERT OR REPLACE INTO group_images VALUES (?, ?)", image.Id, id);
    }, cancellationToken);

    public Task RemoveFromGroupAsync(VolumeId group, VolumeId volume, CancellationToken cancellationToken) => ChangeGroupAsync(group, (database, id) =>
    {
        if (database.Execute("DELETE FROM group_images WHERE image = ? AND group_id = ?", Require(database, volume).Id, id) == 0)
            throw Failures.NotFound($"{volume} is not in group {group}");
    }, cancellationToken);

    public Task<IReadOnlyList<GroupSnapshot>> GetGroupSnapshotsAsync(VolumeId group, CancellationToken cancellationToken) =>
        OnSlotAsync<IReadOnlyList<GroupSnapshot>>(database => database.Read(() => GroupSnapshots(database, RequireGroup(database, group))), cancellationToken);

    public Task CreateGroupSnapshotAsync(VolumeId group, string name, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        RequireGoodSnapshotName(name);
        return WhenAllFree(database, group, id => Members(database, id), Sharing, (id, members) =>
        {
            RequireFreeGroupSnapshotName(database, group, id, name);
            database.Execute("INSERT INTO group_snapshots (group_id, name) VALUES (?, ?)", id, name);
            var made = database.Query(row => row.Number(0), "SELECT last_insert_rowid()")[0];
            foreach (var (image, _) in members)
            {
                database.Execute(
                    "INSERT INTO image_snapshots (image, name, size, data_end, data_file, protected, created, group_snapshot) VALUES (?, NULL, ?, ?, ?, 0, ?, ?)",
                    image.Id, image.Size, image.DataEnd, image.DataFile, UtcMilliseconds(), made);
            }
            return true;
        });
    }, cancellationToken);

    public Task RenameGroupSnapshotAsync(VolumeId group, string name, string newName, CancellationToken cancellationToken) =>
        ChangeGroupAsync(group, (database, id) =>
        {
            RequireGoodSnapshotName(newName);
            var snapshot = RequireGroupSnapshot(database, group, id, name);
            RequireFreeGroupSnapshotName(database, group, id, newName);
            database.Execute("UPDATE group_snapshots SET name = ? WHERE id = ?", newName, snapshot);
        }, cancellationToken);

    public Task RemoveGroupSnapshotAsync(VolumeId group, string name, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        var left = database.Write(() =>
        {
            RequireUnfenced(database);
            var snapshot = RequireGroupSnapshot(database, group, RequireGroup(database, group), name);
            foreach (var (image, volume) in SnapshottedImages(database, snapshot))
                RequireNotLocked(database, image, volume);
            var files = database.Query(row => row.TextOrNull(0), "SELECT data_file FROM image_snapshots WHERE group_snapshot = ?", snapshot);
            database.Execute("DELETE FROM image_snapshots WHERE group_snapshot = ?", snapshot);
            database.Execute("DELETE FROM group_snapshots WHERE id = ?", snapshot);
            return files.Distinct().Select(file => Loosen(database, file)).ToList();
        });
        left.ForEach(file => Discard(database, file));
        return true;
    }, cancellationToken);

    public Task RollBackGroupAsync(VolumeId group, string name, IProgress<double>? progress, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        var left = WhenAllFree(
            database, group, id => SnapshottedImages(database, RequireGroupSnapshot(database, group, id, name)), Reshaping,
            (id, members) =>
            {
                var snapshot = RequireGroupSnapshot(database, group, id, name);
                foreach (var (image, volume) in members)
                {
                    RequireNotOpen(database, image, volume);
                    var then = database.First(Snapshot.From, $"SELECT {Snapshot.Columns} FROM image_snapshots WHERE image = ? AND group_snapshot = ?", image.Id, snapshot)!;
                    database.Execute("UPDATE images SET size = ?, data_file = ?, trim_to = ? WHERE id = ?", then.Size, then.DataFile, then.TrimTo, image.Id);
                }
                return members.Select(member => member.Image.DataFile).Distinct().Select(file => Loosen(database, file)).ToList();
            });
        left.ForEach(file => Discard(database, file));
        progress?.Report(1);
        return true;
    }, cancellationToken);

    /// <summary>In one transaction: changes the rows of a group's images when nobody does to any of them what excludes that.</summary>
    private T WhenAllFree<T>(
        Database database, VolumeId group, Func<string, IReadOnlyList<(Image Image, VolumeId Volume)>> membersOf, string kind,
        Func<string, IReadOnlyList<(Image Image, VolumeId Volume)>, T> change)
    {
        for (var until = Environment.TickCount64 + (long)_options.BusyTimeout.TotalMilliseconds; ; Thread.Sleep(3))
        {
            string? obstacle = null;
            var changed = database.Write(() =>
            {
                RequireUnfenced(database);
                var id = RequireGroup(database, group);
                var members = membersOf(id);
                foreach (var (image, volume) in members)
                {
                    RequireNotLocked(database, image, volume);
                    if (LiveUses(database, image.Id, fencedToo: kind == Sharing).Find(use => Excludes(kind, use.Kind)) is { } use)
                        obstacle = $"{volume} is in use: '{use.Purpose}' ({use.Session}) {use.Kind}";
                }
                return obstacle is null ? change(id, members) : default!;
            });
            if (obstacle is null)
                return changed;
            if (Environment.TickCount64 > until)
                throw Failures.Busy(obstacle);
            RequireLink();
        }
    }

    private Task ChangeGroupAsync(VolumeId group, Action<Database, string> change, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        database.Write(() =>
        {
            RequireUnfenced(database);
            change(database, RequireGroup(database, group));
        });
        return true;
    }, cancellationToken);

    private static string? FindGroup(Database database, VolumeId group)
    {
        RequirePool(database, group.Pool, group.Namespace);
        return database.First(
            row => row.Text(0), "SELECT id FROM image_groups WHERE pool = ? AND ns = ? AND name = ?", group.Pool, group.Namespace ?? "", group.Image);
    }

    private static string RequireGroup(Database database, VolumeId group)
    {
        RequireGoodName(group);
        return FindGroup(database, group) ?? throw Failures.NotFound($"there is no group {group}");
    }

    private static void RequireFreeGroupName(Database database, VolumeId group)
    {
        if (FindGroup(database, group) is not null)
            throw new BlockStoreException(ErrorKind.AlreadyExists, $"group {group} exists already", 17);
    }

    private static string? GroupOf(Database database, string image) =>
        database.First(row => row.Text(0), "SELECT group_id FROM group_images WHERE image = ?", image);

    /// <summary>Inside a transaction: an image in a group is not removed.</summary>
    private static void RequireInNoGroup(Database database, Image image, string volume)
    {
        if (database.First(
            row => NameOf(row).ToString(),
            "SELECT g.pool, g.ns, g.name FROM group_images i JOIN image_groups g ON g.id = i.group_id WHERE i.image = ?", image.Id) is { } group)
        {
            throw new BlockStoreException(ErrorKind.Busy, $"{volume} is in group {group}", 31);
        }
    }

    private static List<GroupSnapshot> GroupSnapshots(Database database, string group) => database.Query(
        row => new GroupSnapshot($"{row.Number(0)}", row.Text(1), true), "SELECT id, name FROM group_snapshots WHERE group_id = ? ORDER BY id", group);

    private static long RequireGroupSnapshot(Database database, VolumeId group, string id, string name) =>
        database.Query(row => (long?)row.Number(0), "SELECT id FROM group_snapshots WHERE group_id = ? AND name = ?", id, name).FirstOrDefault()
        ?? throw Failures.NotFound($"group {group} has no snapshot '{name}'");

    private static void RequireFreeGroupSnapshotName(Database database, VolumeId group, string id, string name)
    {
        if (database.Exists("SELECT 1 FROM group_snapshots WHERE group_id = ? AND name = ?", id, name))
            throw new BlockStoreException(ErrorKind.AlreadyExists, $"group {group} has a snapshot '{name}' already", 17);
    }

    private static List<(Image Image, VolumeId Volume)> Members(Database database, string group) => Named(
        database, "SELECT image FROM group_images WHERE group_id = ?", group);

    private static List<(Image Image, VolumeId Volume)> SnapshottedImages(Database database, long snapshot) => Named(
        database, "SELECT image FROM image_snapshots WHERE group_snapshot = ?", snapshot);

    private static List<(Image Image, VolumeId Volume)> Named(Database database, string ids, object argument) => database.Query(
        row => (Image.From(row), new VolumeId(row.Text(Image.ColumnCount), row.Text(Image.ColumnCount + 1), row.Text(Image.ColumnCount + 2))),
        $"SELECT {Image.Columns}, pool, ns, name FROM images WHERE id IN ({ids}) ORDER BY id", argument);
}
