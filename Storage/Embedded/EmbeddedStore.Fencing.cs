using Mooring.Messages;

namespace Mooring.Storage.Embedded;

/// <content>Fencing.</content>
internal sealed partial class EmbeddedStore
{
    /// <remarks>
    /// From the commit on, no transaction of that session succeeds, so nothing of it becomes visible. What is left are bytes that it is
    /// just writing into a visible image: a process that runs stops within one chunk; from one that does not (SIGSTOP) the image is
    /// moved away, into a file that it does not have open. A fence here lasts as long as the process that it shuts out.
    /// </remarks>
    public async Task FenceAsync(FenceAddress address, TimeSpan duration, CancellationToken cancellationToken)
    {
        var hours = Math.Min(duration.TotalHours, TimeSpan.FromDays(365).TotalHours);
        var until = UtcMilliseconds() + (long)TimeSpan.FromHours(Math.Max(hours, 0)).TotalMilliseconds;
        var writes = await OnControlAsync(database => database.Write(() =>
        {
            RequireUnfenced(database);
            database.Execute(
                """
                INSERT INTO sessions VALUES (?, '', ?)
                ON CONFLICT (address) DO UPDATE SET fenced_until = max(coalesce(fenced_until, 0), excluded.fenced_until)
                """, address.Value, until);
            if (!IsAlive(address.Value))
                database.Execute("DELETE FROM uses WHERE session = ?", address.Value);
            return Writes(database, address);
        }), cancellationToken).ConfigureAwait(false);

        for (var waited = TimeSpan.Zero; writes.Count > 0 && waited < _options.FenceDrain; waited += TimeSpan.FromMilliseconds(5))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), _options.Time, cancellationToken).ConfigureAwait(false);
            writes = await OnControlAsync(database => Writes(database, address), cancellationToken).ConfigureAwait(false);
        }
        foreach (var (use, image) in writes)
        {
            await OnControlAsync(database =>
            {
                MoveAway(database, image, use);
                return true;
            }, cancellationToken).ConfigureAwait(false);
        }
    }

    public Task<bool> IsFencedAsync(FenceAddress address, CancellationToken cancellationToken) =>
        OnControlAsync(database => IsFenced(database, address.Value), cancellationToken);

    private static bool IsFenced(Database database, string session) =>
        database.Exists("SELECT 1 FROM sessions WHERE address = ? AND fenced_until IS NOT NULL", session);

    private static List<(long Use, string Image)> Writes(Database database, FenceAddress address) =>
        database.Query(row => (row.Number(0), row.Text(1)), "SELECT id, image FROM uses WHERE session = ? AND kind IN (?, ?)", address.Value, Writing, Reshaping);

    /// <summary>Gives an image another data file, so that a stopped process that has the old one open cannot touch it any more.</summary>
    private void MoveAway(Database database, string id, long fencedUse)
    {
        var row = database.First(Image.From, $"SELECT {Image.Columns} FROM images WHERE id = ?", id);
        if (row?.DataFile is null)
        {
            Abandon(database, fencedUse);
            return;
        }
        var volume = database.Query(r => new VolumeId(r.Text(0), r.Text(1), r.Text(2)), "SELECT pool, ns, name FROM images WHERE id = ?", id)[0];
        var (image, use, _) = Open(database, () => Require(database, volume), volume, _ => Reshaping);
        try
        {
            var name = MakeDataFile(database, image);
            CopyFile(database, image, name);
            var left = database.Write(() =>
            {
                RequireUnfenced(database);
                database.Execute("UPDATE images SET data_file = ?, trim_to = NULL WHERE id = ?", name, id);
                database.Execute("DELETE FROM loose_files WHERE name = ?", name);
                database.Execute("DELETE FROM uses WHERE id IN (?, ?)", use, fencedUse);
                return Loosen(database, image.DataFile);
            });
            Discard(database, left);
        }
        catch
        {
            Abandon(database, use);
            throw;
        }
    }
}
