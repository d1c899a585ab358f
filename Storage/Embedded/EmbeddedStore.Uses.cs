using Mooring.Messages;

namespace Mooring.Storage.Embedded;

/// <content>Who has an image open for what.</content>
internal sealed partial class EmbeddedStore
{
    /// <summary>Several may write bytes at once.</summary>
    private const string Writing = "writes to it";

    /// <summary>Changes the data file itself; alone.</summary>
    private const string Reshaping = "reshapes it";

    /// <summary>Makes its data file that of a snapshot too: nobody may be writing it, not even one who is fenced and has not been drained.</summary>
    private const string Sharing = "takes a snapshot of it";

    private const string CopyingFrom = "copies from it";
    private const string CopyingTo = "copies into it";

    /// <summary>Inside a transaction: nobody who may still act has it open.</summary>
    private void RequireUnused(Database database, Image image, string volume)
    {
        if (LiveUses(database, image.Id) is [var use, ..])
            throw Failures.Busy($"{volume} is in use: '{use.Purpose}' ({use.Session}) {use.Kind}");
    }

    /// <summary>Inside a transaction: the uses that count. Those of dead sessions are forgotten.</summary>
    private List<Use> LiveUses(Database database, string image, bool fencedToo = false)
    {
        var uses = database.Query(
            row => new Use(row.Number(0), row.Text(1), row.Text(2), row.Text(3)),
            $"""
            SELECT u.id, u.session, s.purpose, u.kind FROM uses u JOIN sessions s ON s.address = u.session
            WHERE u.image = ?{(fencedToo ? "" : " AND s.fenced_until IS NULL")}
            """, image);
        uses.RemoveAll(use =>
        {
            if (IsAlive(use.Session))
                return false;
            database.Execute("DELETE FROM uses WHERE id = ?", use.Id);
            return true;
        });
        return uses;
    }

    /// <summary>
    /// In one transaction: opens an image for changing its bytes, waiting for those who exclude that, and does the first step.
    /// </summary>
    /// <param name="database">The connection.</param>
    /// <param name="find">Finds the image, which must be there.</param>
    /// <param name="volume">Its name, for messages.</param>
    /// <param name="kindOf">What the caller is about to do to the image as it is found; throws when it may not.</param>
    /// <param name="begin">Changes the image's row, if need be.</param>
    /// <param name="durable">Whether the change must be.</param>
    /// <returns>The image as it was found and the use, which the caller ends.</returns>
    private (Image Image, long Use, string Kind) Open(
        Database database, Func<Image> find, VolumeId volume, Func<Image, string> kindOf, Action<Image>? begin = null, bool durable = false) =>
        WhenFree(database, find, volume, kindOf, (image, kind) =>
        {
            begin?.Invoke(image);
            database.Execute("INSERT INTO uses (image, session, kind) VALUES (?, ?, ?)", image.Id, Address.Value, kind);
            return (image, database.Query(row => row.Number(0), "SELECT last_insert_rowid()")[0], kind);
        }, durable);

    /// <summary>In one transaction: changes an image's row when nobody does what excludes that.</summary>
    private T WhenFree<T>(
        Database database, Func<Image> find, VolumeId volume, Func<Image, string> kindOf, Func<Image, string, T> change, bool durable = true)
    {
        for (var until = Environment.TickCount64 + (long)_options.BusyTimeout.TotalMilliseconds; ; Thread.Sleep(3))
        {
            Use? obstacle = null;
            var changed = database.Write(() =>
            {
                RequireUnfenced(database);
                var image = find();
                var kind = kindOf(image);
                obstacle = LiveUses(database, image.Id, fencedToo: kind == Sharing).Find(use => Excludes(kind, use.Kind));
                return obstacle is null ? change(image, kind) : default!;
            }, durable);
            if (obstacle is null)
                return changed;
            if (Environment.TickCount64 > until)
                throw Failures.Busy($"{volume} is in use: '{obstacle.Purpose}' ({obstacle.Session}) {obstacle.Kind}");
            RequireLink();
        }
    }

    private static bool Excludes(string wanted, string there) =>
        (wanted is Reshaping or Sharing && there is Writing or Reshaping) || (wanted == Writing && there == Reshaping);

    /// <summary>Ends uses; what was done counts only when this session is not fenced by then.</summary>
    private void Close(Database database, params long[] uses) => database.Write(() =>
    {
        RequireUnfenced(database);
        foreach (var use in uses)
            database.Execute("DELETE FROM uses WHERE id = ?", use);
    }, durable: false);

    /// <summary>Ends uses after a failure, which is the one to report.</summary>
    private static void Abandon(Database database, params long[] uses)
    {
        try
        {
            database.Write(() =>
            {
                foreach (var use in uses)
                    database.Execute("DELETE FROM uses WHERE id = ?", use);
            }, durable: false);
        }
        catch (SqliteFailure)
        {
            // They end with the session at the latest.
        }
    }

    /// <summary>A row of <c>uses</c>.</summary>
    private sealed record Use(long Id, string Session, string Purpose, string Kind);
}
