using Mooring.Messages;

namespace Mooring.Storage.Embedded;

/// <content>Clones: images that name the data file of a snapshot until they are written to.</content>
internal sealed partial class EmbeddedStore
{
    public Task CloneAsync(VolumeId source, string snapshot, VolumeId target, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        RequireGoodName(target);
        database.Write(() =>
        {
            RequireUnfenced(database);
            var parent = Require(database, source);
            RequireNotMigrating(database, parent, source.ToString());
            var from = RequireSnapshot(database, parent, source, snapshot);
            if (Find(database, target) is not null)
                throw Failures.Exists(target);
            var made = Insert(database, target, from.Size, Ready, dataFile: null);
            database.Execute("UPDATE images SET data_file = ?, trim_to = ? WHERE id = ?", from.DataFile, from.TrimTo, made.Id);
            database.Execute("INSERT INTO clones VALUES (?, ?)", made.Id, from.Id);
            database.Execute("INSERT INTO metadata SELECT ?, key, value FROM metadata WHERE image = ?", made.Id, parent.Id);
        });
        return true;
    }, cancellationToken);

    public Task FlattenAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        database.Write(() =>
        {
            RequireUnfenced(database);
            var image = Require(database, volume);
            RequireNotMigrating(database, image, volume.ToString());
            // Its data are its own as soon as it is written to.
            if (database.Execute("DELETE FROM clones WHERE image = ?", image.Id) == 0)
                throw Failures.Invalid($"{volume} is no clone");
            ForgetUnneeded(database);
        });
        progress?.Report(1);
        return true;
    }, cancellationToken);

    public Task DeepCopyAsync(VolumeId source, VolumeId target, IProgress<double>? progress, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        RequireGoodName(target);
        WhenFree(database, () => Require(database, source), source, _ => Sharing, (from, _) =>
        {
            RequireNotMigrating(database, from, source.ToString());
            if (Find(database, target) is not null)
                throw Failures.Exists(target);
            var made = Insert(database, target, from.Size, Ready, dataFile: null);
            database.Execute("UPDATE images SET data_file = ?, trim_to = ? WHERE id = ?", from.DataFile, from.TrimTo, made.Id);
            database.Execute("INSERT INTO clones SELECT ?, snapshot FROM clones WHERE image = ?", made.Id, from.Id);
            database.Execute("INSERT INTO metadata SELECT ?, key, value FROM metadata WHERE image = ?", made.Id, from.Id);
            return database.Execute(
                """
                INSERT INTO image_snapshots (image, name, size, data_end, data_file, protected, created)
                SELECT ?, name, size, data_end, data_file, protected, created FROM image_snapshots WHERE image = ? AND name IS NOT NULL ORDER BY id
                """, made.Id, from.Id);
        });
        progress?.Report(1);
        return true;
    }, cancellationToken);

    public Task<IReadOnlyList<VolumeId>> GetChildrenAsync(VolumeId volume, CancellationToken cancellationToken) =>
        OnSlotAsync<IReadOnlyList<VolumeId>>(database => database.Read(() => Children(database, Require(database, volume))), cancellationToken);
}
