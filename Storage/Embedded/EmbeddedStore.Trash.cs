using Mooring.Messages;

namespace Mooring.Storage.Embedded;

/// <content>The trash, and namespaces.</content>
internal sealed partial class EmbeddedStore
{
    public Task MoveToTrashAsync(VolumeId volume, TimeSpan delay, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        RequireGoodName(volume);
        return database.Write(() =>
        {
            RequireUnfenced(database);
            var image = Require(database, volume);
            RequireUnused(database, image, volume.ToString());
            RequireNotLocked(database, image, volume);
            var now = UtcMilliseconds();
            database.Execute("INSERT INTO trash VALUES (?, ?, ?, ?)", image.Id, volume.Image, now, now + (long)delay.TotalMilliseconds);
            return database.Execute("UPDATE images SET name = ? WHERE id = ?", TrashName(image.Id), image.Id);
        });
    }, cancellationToken);

    public Task<IReadOnlyList<TrashedImage>> ListTrashAsync(string pool, string ns, string? after, int limit, CancellationToken cancellationToken) =>
        OnSlotAsync<IReadOnlyList<TrashedImage>>(database =>
        {
            RequirePage(limit);
            return database.Read(() =>
            {
                RequirePool(database, pool, ns);
                return database.Query(Trashed, $"{SelectTrash} AND image > ? ORDER BY image LIMIT ?", pool, ns, after ?? "", limit);
            });
        }, cancellationToken);

    public Task<TrashedImage?> FindInTrashAsync(string pool, string ns, ImageId id, CancellationToken cancellationToken) =>
        OnSlotAsync(database => database.Read(() =>
        {
            RequirePool(database, pool, ns);
            return database.First(Trashed, $"{SelectTrash} AND image = ?", pool, ns, id.Value);
        }), cancellationToken);

    public Task RestoreFromTrashAsync(ImageId id, VolumeId volume, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        RequireGoodName(volume);
        return database.Write(() =>
        {
            RequireUnfenced(database);
            if (Find(database, volume) is not null)
                throw Failures.Exists(volume);
            _ = InTrash(database, volume.Pool, volume.Namespace, id);
            database.Execute("UPDATE images SET name = ? WHERE id = ?", volume.Image, id.Value);
            return database.Execute("DELETE FROM trash WHERE image = ?", id.Value);
        });
    }, cancellationToken);

    public Task RemoveFromTrashAsync(string pool, string ns, ImageId id, bool force, IProgress<double>? progress, CancellationToken cancellationToken) =>
        OnSlotAsync(database => Remove(
            database,
            () =>
            {
                RequirePool(database, pool, ns);
                var (image, until) = InTrash(database, pool, ns, id);
                return force || until <= UtcMilliseconds() ? image
                    : throw new BlockStoreException(ErrorKind.PermissionDenied, $"{id} cannot be removed from the trash of {pool}: its time there is not over", 1);
            },
            $"{id} in the trash of {pool}",
            progress), cancellationToken);

    public Task CreateNamespaceAsync(string pool, string ns, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        RequireGoodName(new VolumeId(pool, ns, "x"));
        return database.Write(() =>
        {
            RequireUnfenced(database);
            RequirePool(database, pool, null);
            if (HasNamespace(database, pool, ns))
                throw new BlockStoreException(ErrorKind.AlreadyExists, $"namespace {pool}/{ns} exists already", 17);
            return database.Execute("INSERT INTO namespaces VALUES (?, ?)", pool, ns);
        });
    }, cancellationToken);

    public Task RemoveNamespaceAsync(string pool, string ns, CancellationToken cancellationToken) => OnSlotAsync(database => database.Write(() =>
    {
        RequireUnfenced(database);
        RequirePool(database, pool, ns);
        var there = database.Query(
            NameOf,
            """
            SELECT i.pool, i.ns, COALESCE(t.name || ' (in the trash, id ' || i.id || ')', i.name) FROM images i LEFT JOIN trash t ON t.image = i.id
            WHERE i.pool = ? AND i.ns = ? ORDER BY i.name
            """,
            pool,
            ns);
        if (there.Count > 0)
            throw Failures.InTheWay($"namespace {pool}/{ns} cannot be removed: there are images in it or in its trash: {ObstacleNames.Of(there)}", there);
        return database.Execute("DELETE FROM namespaces WHERE pool = ? AND name = ?", pool, ns);
    }), cancellationToken);

    public Task<IReadOnlyList<string>> ListNamespacesAsync(string pool, string? after, int limit, CancellationToken cancellationToken) =>
        OnSlotAsync<IReadOnlyList<string>>(database =>
        {
            RequirePage(limit);
            return database.Read(() =>
            {
                RequirePool(database, pool, null);
                return database.Query(
                    row => row.Text(0), "SELECT name FROM namespaces WHERE pool = ? AND name > ? ORDER BY name LIMIT ?", pool, after ?? "", limit);
            });
        }, cancellationToken);

    public Task<bool> HasNamespaceAsync(string pool, string ns, CancellationToken cancellationToken) => OnSlotAsync(database => database.Read(() =>
    {
        RequirePool(database, pool, null);
        return HasNamespace(database, pool, ns);
    }), cancellationToken);

    private const string SelectTrash =
        "SELECT t.image, t.name, t.deleted, t.deferred_until, EXISTS (SELECT 1 FROM migrations m WHERE m.source = t.image) FROM trash t JOIN images i ON i.id = t.image WHERE i.pool = ? AND i.ns = ?";

    private const string Migrating = "migration";

    // No image can have a name with an @.
    private static string TrashName(string id) => $"@trash:{id}";

    private static bool HasNamespace(Database database, string pool, string ns) =>
        database.Exists("SELECT 1 FROM namespaces WHERE pool = ? AND name = ?", pool, ns);

    private static TrashedImage Trashed(Database.Row row) => new(
        new ImageId(row.Text(0)), row.Text(1), row.Number(4) == 0 ? "user" : Migrating, DateTimeOffset.FromUnixTimeMilliseconds(row.Number(2)), DateTimeOffset.FromUnixTimeMilliseconds(row.Number(3)));

    private static (Image Image, long DeferredUntil) InTrash(Database database, string pool, string? ns, ImageId id)
    {
        var trashed = database.First(Trashed, $"{SelectTrash} AND image = ?", pool, ns ?? "", id.Value)
            ?? throw Failures.NotFound($"there is no image {id} in the trash of {pool}{(string.IsNullOrEmpty(ns) ? "" : $"/{ns}")}");
        if (trashed.Source == Migrating)
            throw Failures.Busy($"{id} in the trash of {pool} is the source of a migration: commit or abort that");
        return (database.First(Image.From, $"SELECT {Image.Columns} FROM images WHERE id = ?", id.Value)!, trashed.DeferredUntil.ToUnixTimeMilliseconds());
    }
}
