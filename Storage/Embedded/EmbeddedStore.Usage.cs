using Mooring.Messages;

namespace Mooring.Storage.Embedded;

/// <content>What images and pools take up.</content>
internal sealed partial class EmbeddedStore
{
    /// <remarks>A file that the snapshot before, or a clone's parent, names too is counted there.</remarks>
    public Task<IReadOnlyList<ImageUsage>> GetUsageAsync(VolumeId volume, CancellationToken cancellationToken) =>
        OnSlotAsync<IReadOnlyList<ImageUsage>>(database =>
        {
            while (true)
            {
                var (image, snapshots, parent) = database.Read(() =>
                {
                    var found = Require(database, volume);
                    return (found, NamedSnapshots(database, found.Id), ParentFile(database, found.Id));
                });
                try
                {
                    var usage = new List<ImageUsage>();
                    var before = parent;
                    foreach (var (name, size, file, end) in snapshots.Select(s => (s.Name, s.Size, s.DataFile, s.DataEnd)).Append((null, image.Size, image.DataFile, image.DataEnd)))
                    {
                        usage.Add(new ImageUsage(name, size, file is null || file == before ? 0 : Allocated(file, end)));
                        before = file;
                    }
                    return usage;
                }
                catch (FileNotFoundException) when (database.Read(() => Require(database, volume).DataFile) != image.DataFile
                    || database.Read(() => NamedSnapshots(database, image.Id).Count) != snapshots.Count)
                {
                    // Somebody has moved or removed it in between: look again.
                }
            }
        }, cancellationToken);

    public Task<PoolStatistics> GetStatisticsAsync(string pool, string ns, CancellationToken cancellationToken) => OnSlotAsync(database => database.Read(() =>
    {
        RequirePool(database, pool, ns);
        var (images, trash) = (Sums("NOT IN"), Sums("IN"));
        return new PoolStatistics(images.Count, images.Bytes, images.Snapshots, trash.Count, trash.Bytes, trash.Snapshots);

        (long Count, long Bytes, long Snapshots) Sums(string membership) => database.Query(
            row => (row.Number(0), row.Number(1), row.Number(2)),
            $"""
            SELECT count(*), coalesce(sum(size), 0),
                coalesce(sum((SELECT count(*) FROM image_snapshots s WHERE s.image = i.id AND s.name IS NOT NULL)), 0)
            FROM images i WHERE pool = ? AND ns = ? AND id {membership} (SELECT image FROM trash)
            """,
            pool, ns ?? "")[0];
    }), cancellationToken);

    private static string? ParentFile(Database database, string image) => database.Query(
        row => row.TextOrNull(0), "SELECT s.data_file FROM clones c JOIN image_snapshots s ON s.id = c.snapshot WHERE c.image = ?", image).FirstOrDefault();

    private long Allocated(string file, long end)
    {
        using var opened = SparseFile.Open(DataPath(file));
        long bytes = 0;
        for (long offset = 0; SparseFile.NextData(opened, offset, end) is { } data; offset = data.End)
            bytes += data.End - data.Begin;
        return bytes;
    }
}
