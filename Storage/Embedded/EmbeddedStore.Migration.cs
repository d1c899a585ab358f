using Mooring.Messages;

namespace Mooring.Storage.Embedded;

/// <content>
/// Migrations. A target names its source's data files, as a clone does: nothing is to be copied, and each step is one transaction. The source lies among
/// what is in the trash, and its row says under which name it comes back.
/// </content>
internal sealed partial class EmbeddedStore
{
    public Task<ImageMigration?> GetMigrationAsync(VolumeId target, CancellationToken cancellationToken) =>
        OnSlotAsync(database => database.Read(() => MigrationOf(database, Require(database, target).Id, target)), cancellationToken);

    public Task PrepareMigrationAsync(VolumeId source, ImageId image, VolumeId target, ImageLayout layout, CancellationToken cancellationToken) =>
        OnSlotAsync(database =>
        {
            RequireGoodName(source);
            RequireGoodName(target);
            if (database.Read(() => IsPrepared(database, image.Value, target)))
                return true;
            return WhenFree(database, () => RequireMigratable(database, source, image), source, _ => Sharing, (from, _) =>
            {
                RequireUnused(database, from, source.ToString());
                if (Find(database, target) is not null)
                    throw Failures.Exists(target);
                if (layout.DataPool is { } pool)
                    RequirePool(database, pool, null);
                var made = Insert(database, target, from.Size, Ready, dataFile: null, new ImageLayout(
                    layout.ObjectSizeBytes ?? from.Layout.ObjectSizeBytes, layout.Features ?? from.Layout.Features,
                    layout.StripeUnitBytes ?? from.Layout.StripeUnitBytes, layout.StripeCount ?? from.Layout.StripeCount, layout.DataPool ?? from.Layout.DataPool));
                database.Execute("UPDATE images SET data_file = ?, trim_to = ? WHERE id = ?", from.DataFile, from.TrimTo, made.Id);
                database.Execute("INSERT INTO clones SELECT ?, snapshot FROM clones WHERE image = ?", made.Id, from.Id);
                database.Execute("INSERT INTO metadata SELECT ?, key, value FROM metadata WHERE image = ?", made.Id, from.Id);
                database.Execute(
                    """
                    INSERT INTO image_snapshots (image, name, size, data_end, data_file, protected, created)
                    SELECT ?, name, size, data_end, data_file, protected, created FROM image_snapshots WHERE image = ? ORDER BY id
                    """, made.Id, from.Id);
                HandClonesOver(database, from.Id, made.Id);
                var now = UtcMilliseconds();
                database.Execute("INSERT INTO trash VALUES (?, ?, ?, ?)", from.Id, source.Image, now, now);
                database.Execute("UPDATE images SET name = ? WHERE id = ?", TrashName(from.Id), from.Id);
                database.Execute("INSERT INTO migrations VALUES (?, ?, 0)", made.Id, from.Id);
                return true;
            });
        }, cancellationToken);

    public Task ExecuteMigrationAsync(VolumeId target, IProgress<double>? progress, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        database.Write(() =>
        {
            RequireUnfenced(database);
            var image = Require(database, target);
            RequireNoLock(database, image, target.ToString());
            var migration = MigrationOf(database, image.Id, target) ?? throw Failures.Invalid($"{target} is not the target of a migration");
            if (migration.State != MigrationState.Prepared)
                throw Failures.Invalid($"the migration to {target} has been executed already");
            database.Execute("UPDATE migrations SET executed = 1 WHERE target = ?", image.Id);
        });
        progress?.Report(1);
        return true;
    }, cancellationToken);

    public Task CommitMigrationAsync(ImageMigration migration, IProgress<double>? progress, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        var left = database.Write(() =>
        {
            RequireUnfenced(database);
            if (!database.Exists("SELECT 1 FROM images WHERE id = ?", migration.TargetId.Value))
                throw NoImage(migration.Target);
            if (MigrationOf(database, migration.TargetId.Value, migration.Target) is not { } now)
                return [];
            if (now.State != MigrationState.Executed)
                throw Failures.Invalid($"the migration to {migration.Target} has not been executed");
            database.Execute("DELETE FROM migrations WHERE target = ?", now.TargetId.Value);
            database.Execute("DELETE FROM trash WHERE image = ?", now.SourceId.Value);
            return ForgetImage(database, now.SourceId.Value);
        });
        left.ForEach(file => Discard(database, file));
        progress?.Report(1);
        return true;
    }, cancellationToken);

    public Task AbortMigrationAsync(ImageMigration migration, IProgress<double>? progress, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        var (source, taken) = (migration.Source!.Value, false);
        var left = WhenFree(database, () => RequireAborted(database, migration), migration.Target, _ => Sharing, (image, _) =>
        {
            taken = Find(database, source) is { } there && there.Id != migration.SourceId.Value;
            var files = new List<string?>();
            if (image.Id == migration.TargetId.Value)
            {
                RequireUnused(database, image, migration.Target.ToString());
                RequireNoLock(database, image, migration.Target.ToString());
                HandClonesOver(database, image.Id, migration.SourceId.Value);
                var before = database.Query(row => row.TextOrNull(0), "SELECT data_file FROM images WHERE id = ?", migration.SourceId.Value)[0];
                database.Execute("UPDATE images SET data_file = ?, trim_to = ? WHERE id = ?", image.DataFile, image.TrimTo, migration.SourceId.Value);
                database.Execute("DELETE FROM migrations WHERE target = ?", image.Id);
                files.AddRange(ForgetImage(database, image.Id));
                files.Add(Loosen(database, before));
                if (!taken)
                {
                    database.Execute("DELETE FROM trash WHERE image = ?", migration.SourceId.Value);
                    database.Execute("UPDATE images SET name = ? WHERE id = ?", source.Image, migration.SourceId.Value);
                }
            }
            return files;
        });
        left.ForEach(file => Discard(database, file));
        if (taken)
            throw MigrationNames.Taken(migration);
        progress?.Report(1);
        return true;
    }, cancellationToken);

    private static ImageMigration? MigrationOf(Database database, string target, VolumeId name) => database.First(
        row => new ImageMigration(
            NameOf(row), new ImageId(row.Text(3)), name, new ImageId(target), row.Number(4) == 0 ? MigrationState.Prepared : MigrationState.Executed, ""),
        """
        SELECT i.pool, i.ns, t.name, i.id, m.executed FROM migrations m JOIN images i ON i.id = m.source JOIN trash t ON t.image = m.source WHERE m.target = ?
        """,
        target);

    private static bool IsPrepared(Database database, string source, VolumeId target) => database.Exists(
        "SELECT 1 FROM migrations m JOIN images i ON i.id = m.target WHERE m.source = ? AND i.pool = ? AND i.ns = ? AND i.name = ?",
        source, target.Pool, target.Namespace ?? "", target.Image);

    private static Image RequireMigratable(Database database, VolumeId source, ImageId id)
    {
        var image = Require(database, source);
        if (image.Id != id.Value)
            throw Failures.NotFound($"{source} is another image than {id}");
        RequireNotLocked(database, image, source);
        RequireInNoGroup(database, image, source.ToString());
        if (database.Exists("SELECT 1 FROM image_snapshots WHERE image = ? AND name IS NULL", image.Id))
            throw Failures.Busy($"{source} cannot be migrated: it has snapshots of a group, or removed ones that clones need");
        return image;
    }

    // The target, or the source when that is all that there is left.
    private static Image RequireAborted(Database database, ImageMigration migration)
    {
        Image? ById(ImageId id) => database.First(Image.From, $"SELECT {Image.Columns} FROM images WHERE id = ?", id.Value);
        if (database.Exists("SELECT 1 FROM migrations WHERE target = ? AND source = ?", migration.TargetId.Value, migration.SourceId.Value))
            return ById(migration.TargetId)!;
        return ById(migration.TargetId) is null && ById(migration.SourceId) is { } source ? source
            : throw Failures.NotFound($"{migration.Target} is not the target of a migration any more");
    }

    /// <summary>Inside a transaction: the clones of one image's snapshots become those of another's of the same names.</summary>
    private static void HandClonesOver(Database database, string from, string to) => database.Execute(
        """
        UPDATE clones SET snapshot = (SELECT n.id FROM image_snapshots n JOIN image_snapshots o ON o.name = n.name WHERE o.id = clones.snapshot AND n.image = ?)
        WHERE snapshot IN (SELECT o.id FROM image_snapshots o JOIN image_snapshots n ON n.name = o.name WHERE o.image = ? AND n.image = ?)
        """,
        to, from, to);

    /// <summary>Inside a transaction: an image goes, with its snapshots.</summary>
    /// <returns>The files to discard after it.</returns>
    private List<string?> ForgetImage(Database database, string image)
    {
        var files = database.Query(
            row => row.TextOrNull(0), "SELECT data_file FROM images WHERE id = ? UNION SELECT data_file FROM image_snapshots WHERE image = ?", image, image);
        foreach (var (table, column) in new[]
        {
            ("images", "id"), ("metadata", "image"), ("uses", "image"), ("locks", "image"), ("snapshot_limits", "image"), ("clones", "image"), ("image_snapshots", "image"),
        })
            database.Execute($"DELETE FROM {table} WHERE {column} = ?", image);
        ForgetUnneeded(database);
        return [.. files.Select(file => Loosen(database, file))];
    }

    /// <summary>Inside a transaction: it is the target of no migration, which would not bring along what is changed.</summary>
    private static void RequireNotMigrating(Database database, Image image, string volume)
    {
        if (database.Exists("SELECT 1 FROM migrations WHERE target = ?", image.Id))
            throw Failures.Busy($"{volume} {MigrationNames.Stays}");
    }
}
