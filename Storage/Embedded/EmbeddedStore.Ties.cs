using Mooring.Messages;

namespace Mooring.Storage.Embedded;

/// <content>Who has an image open and who has locked it.</content>
internal sealed partial class EmbeddedStore
{
    public Task<ImageTies> GetTiesAsync(VolumeId volume, CancellationToken cancellationToken) => OnSlotAsync(database => database.Write(() =>
    {
        var image = Require(database, volume);
        return new ImageTies(
            [.. LiveUses(database, image.Id).Where(use => use.Kind is Holding or Writing).Select(use => new ImageWatcher(use.Purpose, new FenceAddress(use.Session)))],
            Locks(database, image));
    }, durable: false), cancellationToken);

    public Task LockAsync(VolumeId volume, string lockId, string tag, CancellationToken cancellationToken) => OnSlotAsync(database => database.Write(() =>
    {
        RequireUnfenced(database);
        var image = Require(database, volume);
        if (Locks(database, image) is [var there, ..])
        {
            throw there.Holder == Address.Value && there.Id == lockId
                ? new BlockStoreException(ErrorKind.AlreadyExists, $"{volume} has the lock '{lockId}' already", 17)
                : Failures.Busy($"{volume} is locked by {there}");
        }
        return database.Execute("INSERT INTO locks VALUES (?, ?, ?, ?)", image.Id, Address.Value, lockId, tag);
    }), cancellationToken);

    public Task BreakLockAsync(VolumeId volume, string holder, string lockId, CancellationToken cancellationToken) => OnSlotAsync(database => database.Write(() =>
    {
        RequireUnfenced(database);
        var image = Require(database, volume);
        if (!Locks(database, image).Exists(there => there.Holder == holder && there.Id == lockId))
            throw Failures.NotFound($"{volume} has no lock '{lockId}' of {holder}");
        return database.Execute("DELETE FROM locks WHERE image = ?", image.Id);
    }), cancellationToken);

    private static List<ImageLock> Locks(Database database, Image image) => database.Query(
        row => new ImageLock(row.Text(0), row.Text(1), new FenceAddress(row.Text(0)), row.Text(2), Shared: false, Automatic: false),
        "SELECT holder, id, tag FROM locks WHERE image = ?", image.Id);

    private static void RequireNotLocked(Database database, Image image, VolumeId volume) => RequireNotLocked(database, image, volume.ToString());

    /// <summary>Inside a transaction: nobody has locked it by hand, and it is not being migrated.</summary>
    private static void RequireNotLocked(Database database, Image image, string volume)
    {
        RequireNoLock(database, image, volume);
        RequireNotMigrating(database, image, volume);
    }

    private static void RequireNoLock(Database database, Image image, string volume)
    {
        if (Locks(database, image) is [var there, ..])
            throw Failures.Busy($"{volume} is locked by {there}");
    }
}
