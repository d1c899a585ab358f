using Mooring.Messages;

namespace Mooring.Storage.Embedded;

/// <content>
/// Snapshots and clones: rows that name the same data file as the image did. Whoever writes to an image whose file others name gives it a file of
/// its own first, so making, rolling back and cloning are one transaction each.
/// </content>
internal sealed partial class EmbeddedStore
{
    public Task<ImageSnapshots> GetSnapshotsAsync(VolumeId volume, CancellationToken cancellationToken) => OnSlotAsync(database => database.Read(() =>
    {
        var image = Require(database, volume);
        return new ImageSnapshots(
            new ImageId(image.Id),
            [.. NamedSnapshots(database, image.Id).Select(s =>
                new ImageSnapshot(new SnapshotId((ulong)s.Id), s.Name!, s.Size, DateTimeOffset.FromUnixTimeMilliseconds(s.Created), s.IsProtected))],
            database.Query(row => (long?)row.Number(0), "SELECT count_max FROM snapshot_limits WHERE image = ?", image.Id).FirstOrDefault());
    }), cancellationToken);

    public Task CreateSnapshotAsync(VolumeId volume, string name, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        RequireGoodSnapshotName(name);
        return WhenFree(database, () => Require(database, volume), volume, _ => Sharing, (image, _) =>
        {
            RequireNotMigrating(database, image, volume.ToString());
            RequireFreeName(database, image, volume, name);
            var taken = NamedSnapshots(database, image.Id).Count;
            if (database.Exists("SELECT 1 FROM snapshot_limits WHERE image = ? AND count_max <= ?", image.Id, taken))
                throw new BlockStoreException(ErrorKind.NoSpace, $"{volume} may not have more snapshots: it has {taken}", 122);
            database.Execute("INSERT INTO image_snapshots (image, name, size, data_end, data_file, protected, created) VALUES (?, ?, ?, ?, ?, 0, ?)",
                image.Id, name, image.Size, image.DataEnd, image.DataFile, UtcMilliseconds());
            return true;
        });
    }, cancellationToken);

    public Task RenameSnapshotAsync(VolumeId volume, string name, string newName, CancellationToken cancellationToken)
    {
        return ChangeSnapshotAsync(volume, name, (database, image, snapshot) =>
        {
            RequireGoodSnapshotName(newName);
            RequireFreeName(database, image, volume, newName);
            database.Execute("UPDATE image_snapshots SET name = ? WHERE id = ?", newName, snapshot.Id);
        }, cancellationToken);
    }

    public Task RemoveSnapshotAsync(VolumeId volume, string name, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        var left = database.Write(() =>
        {
            RequireUnfenced(database);
            var image = Require(database, volume);
            RequireNotMigrating(database, image, volume.ToString());
            var snapshot = RequireSnapshot(database, image, volume, name);
            if (snapshot.IsProtected)
                throw Failures.Busy($"snapshot {volume}@{name} is protected");
            // Its clones name the file themselves.
            database.Execute("UPDATE image_snapshots SET name = NULL, data_file = NULL WHERE id = ?", snapshot.Id);
            ForgetUnneeded(database);
            return Loosen(database, snapshot.DataFile);
        });
        Discard(database, left);
        return true;
    }, cancellationToken);

    /// <remarks>They go in one transaction.</remarks>
    public Task MendSnapshotsAsync(VolumeId volume, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task ProtectSnapshotAsync(VolumeId volume, string name, CancellationToken cancellationToken) =>
        ChangeSnapshotAsync(volume, name, (database, _, snapshot) =>
        {
            if (snapshot.IsProtected)
                throw Failures.Busy($"snapshot {volume}@{name} is protected already");
            database.Execute("UPDATE image_snapshots SET protected = 1 WHERE id = ?", snapshot.Id);
        }, cancellationToken);

    public Task UnprotectSnapshotAsync(VolumeId volume, string name, CancellationToken cancellationToken) =>
        ChangeSnapshotAsync(volume, name, (database, _, snapshot) =>
        {
            if (!snapshot.IsProtected)
                throw Failures.Invalid($"snapshot {volume}@{name} is not protected");
            if (Children(database, snapshot.Id) is { Count: > 0 } clones)
                throw Failures.InTheWay($"snapshot {volume}@{name} is cloned by {ObstacleNames.Of(clones)}", clones);
            database.Execute("UPDATE image_snapshots SET protected = 0 WHERE id = ?", snapshot.Id);
        }, cancellationToken);

    public Task RollBackAsync(VolumeId volume, string name, IProgress<double>? progress, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        var left = WhenFree(database, () => Require(database, volume), volume, _ => Reshaping, (image, _) =>
        {
            RequireNotMigrating(database, image, volume.ToString());
            var snapshot = RequireSnapshot(database, image, volume, name);
            RequireNotOpen(database, image, volume);
            database.Execute("UPDATE images SET size = ?, data_file = ?, trim_to = ? WHERE id = ?", snapshot.Size, snapshot.DataFile, snapshot.TrimTo, image.Id);
            return Loosen(database, image.DataFile);
        });
        Discard(database, left);
        progress?.Report(1);
        return true;
    }, cancellationToken);

    public Task LimitSnapshotsAsync(VolumeId volume, long? countMax, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        if (countMax < 0)
            throw Failures.Invalid($"an image has at least 0 snapshots, not {countMax}");
        database.Write(() =>
        {
            RequireUnfenced(database);
            var image = Require(database, volume);
            RequireNotMigrating(database, image, volume.ToString());
            var id = image.Id;
            if (NamedSnapshots(database, id).Count is var count && count > countMax)
                throw Failures.Invalid($"{volume} has {count} snapshots already", 34);
            if (countMax is { } most)
                database.Execute("INSERT OR REPLACE INTO snapshot_limits VALUES (?, ?)", id, most);
            else
                database.Execute("DELETE FROM snapshot_limits WHERE image = ?", id);
        });
        return true;
    }, cancellationToken);

    private Task ChangeSnapshotAsync(VolumeId volume, string name, Action<Database, Image, Snapshot> change, CancellationToken cancellationToken) =>
        OnSlotAsync(database =>
        {
            database.Write(() =>
            {
                RequireUnfenced(database);
                var image = Require(database, volume);
                RequireNotMigrating(database, image, volume.ToString());
                change(database, image, RequireSnapshot(database, image, volume, name));
            });
            return true;
        }, cancellationToken);

    private static void RequireGoodSnapshotName(string name)
    {
        if (SnapshotName.Validate(name) is { } problem)
            throw Failures.Invalid(problem);
    }

    private static Snapshot RequireSnapshot(Database database, Image image, VolumeId volume, string name)
    {
        RequireGoodSnapshotName(name);
        return database.First(Snapshot.From, $"SELECT {Snapshot.Columns} FROM image_snapshots WHERE image = ? AND name = ?", image.Id, name)
            ?? throw Failures.NotFound($"{volume} has no snapshot '{name}'");
    }

    private static void RequireFreeName(Database database, Image image, VolumeId volume, string name)
    {
        if (database.Exists("SELECT 1 FROM image_snapshots WHERE image = ? AND name = ?", image.Id, name))
            throw new BlockStoreException(ErrorKind.AlreadyExists, $"{volume} has a snapshot '{name}' already", 17);
    }

    private static void RequireNoSnapshots(Database database, Image image, string volume)
    {
        var obstacles = NamedSnapshots(database, image.Id).Select(s => s.IsProtected ? $"'{s.Name}' (protected)" : $"'{s.Name}'").Concat(database.Query(
            row => $"'{row.Text(0)}' (of a group)",
            "SELECT g.name FROM image_snapshots s JOIN group_snapshots g ON g.id = s.group_snapshot WHERE s.image = ? ORDER BY g.id", image.Id)).ToList();
        var clones = Children(database, image);
        if (obstacles.Count == 0 && clones.Count == 0)
            return;
        if (obstacles.Count == 0)
            obstacles.Add("one in the trash that a clone needs");
        var cloned = clones.Count == 0 ? "" : $", and is cloned by {ObstacleNames.Of(clones)}";
        throw Failures.InTheWay($"{volume} has the snapshot{(obstacles.Count == 1 ? "" : "s")} {ObstacleNames.Of(obstacles)}{cloned}", clones, Failures.Enotempty);
    }

    private static List<Snapshot> NamedSnapshots(Database database, string image) =>
        database.Query(Snapshot.From, $"SELECT {Snapshot.Columns} FROM image_snapshots WHERE image = ? AND name IS NOT NULL ORDER BY id", image);

    /// <summary>The clones of one snapshot.</summary>
    private static List<VolumeId> Children(Database database, long snapshot) => database.Query(
        NameOf, "SELECT i.pool, i.ns, i.name FROM clones c JOIN images i ON i.id = c.image WHERE c.snapshot = ? ORDER BY i.pool, i.ns, i.name", snapshot);

    /// <summary>The clones of all of an image's snapshots.</summary>
    private static List<VolumeId> Children(Database database, Image image) => database.Query(
        NameOf,
        """
        SELECT i.pool, i.ns, i.name FROM image_snapshots s JOIN clones c ON c.snapshot = s.id JOIN images i ON i.id = c.image
        WHERE s.image = ? ORDER BY i.pool, i.ns, i.name
        """,
        image.Id);

    private static VolumeId NameOf(Database.Row row) => new(row.Text(0), row.Text(1), row.Text(2));

    private static string? ParentOf(Database database, string image) => database.First(
        row => $"{NameOf(row)}@{row.TextOrNull(3) ?? "(removed)"}",
        """
        SELECT i.pool, i.ns, i.name, s.name FROM clones c JOIN image_snapshots s ON s.id = c.snapshot JOIN images i ON i.id = s.image
        WHERE c.image = ?
        """,
        image);

    /// <summary>Inside a transaction: an image that goes is no clone any more.</summary>
    private static void ForgetSnapshots(Database database, Image image)
    {
        database.Execute("DELETE FROM snapshot_limits WHERE image = ?", image.Id);
        database.Execute("DELETE FROM clones WHERE image = ?", image.Id);
        ForgetUnneeded(database);
    }

    /// <summary>Inside a transaction: removed snapshots are kept only for their clones.</summary>
    private static void ForgetUnneeded(Database database) =>
        database.Execute("DELETE FROM image_snapshots WHERE name IS NULL AND group_snapshot IS NULL AND id NOT IN (SELECT snapshot FROM clones)");

    /// <summary>A row of <c>image_snapshots</c>.</summary>
    private sealed record Snapshot(long Id, string? Name, long Size, long DataEnd, string? DataFile, bool IsProtected, long Created)
    {
        public const string Columns = "id, name, size, data_end, data_file, protected, created";

        /// <summary>As in an image's row.</summary>
        public long? TrimTo => DataEnd < Size ? DataEnd : null;

        public static Snapshot From(Database.Row row) => new(
            row.Number(0), row.TextOrNull(1), row.Number(2), row.Number(3), row.TextOrNull(4), row.Number(5) != 0, row.Number(6));
    }
}
