using System.Diagnostics;
using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>Who has an image open, and who has locked it: what librbd would wait for without a bound, or pass over.</summary>
internal static unsafe class CephImageUsers
{
    private const int WatchersAtFirst = 64;
    private const int LockersBytes = 16 << 10;

    // What attempts have left is removed beside everything else.
    private static readonly TimeSpan MomentMax = TimeSpan.FromSeconds(1);

    /// <summary>The lock on an image's header (RBD_LOCK_NAME of cls_rbd_client).</summary>
    public const string LockName = "rbd_lock";

    // The lock that librbd takes and gives up by itself (ManagedLock.cc: encode_lock_cookie).
    private const string OwnCookiePrefix = "auto ";

    /// <summary>
    /// Refuses when somebody has the image open or has locked it. Before anything else: librbd would wait for the exclusive lock of a client that is dead
    /// until its watch ends, half a minute later.
    /// </summary>
    /// <param name="images">The connection's images.</param>
    /// <param name="volume">The image.</param>
    /// <param name="what">What is to be done to it.</param>
    /// <param name="withoutSnapshots">Whether it may have no snapshots either.</param>
    public static void RequireUnused(CephImages images, VolumeId volume, string what, bool withoutSnapshots = false)
    {
        try
        {
            var remains = images.Use(volume, readOnly: true, what, image =>
            {
                RequireNotOpen(images, image, what);
                RequireChangeable(images, image, what);
                return withoutSnapshots ? CephSnapshots.RequireNone(images, image, what) : [];
            });
            if (remains.Count > 0)
                images.Change(volume, what, image => CephSnapshots.Sweep(images, image, remains, what));
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.NotFound)
        {
            // Not there, or half made: then there is nothing to open, and what follows says more.
        }
    }

    /// <summary>
    /// Whether somebody has locked an image, in whatever way, or it is being migrated, or neither can be seen: then it has to be looked at. Opens nothing;
    /// blocks.
    /// </summary>
    /// <param name="io">Where the image lies.</param>
    /// <param name="id">The image.</param>
    public static bool MayBeInUse(IoContextHandle io, ImageId id)
    {
        const int Room = 1 << 10;
        var header = ReadOperation.OmapAsync(io, CephHeaders.Prefix + id, [CephHeaders.FeaturesKey]);
        var buffer = stackalloc byte[4 * Room];
        nuint tag = Room, clients = Room, cookies = Room, addresses = Room;
        var count = Rados.ListLockers(
            io, CephHeaders.Prefix + id, LockName, out _, buffer, &tag, buffer + Room, &clients, buffer + (2 * Room), &cookies, buffer + (3 * Room), &addresses);
        var (result, entries) = header.GetAwaiter().GetResult();
        var features = entries.Count > 0 ? (ulong)new CephDecoder(entries[0].Value).Long() : 0;
        return (count != 0 && count != CephErrors.NotFound) || (result < 0 && result != CephErrors.NotFound) || (features & CephMigration.Feature) != 0;
    }

    /// <summary>Refuses when somebody has the image open, and not only for a moment as one who removes a clone of it; blocks.</summary>
    public static void RequireNotOpen(CephImages images, ImageHandle image, string what)
    {
        var clock = Stopwatch.StartNew();
        var watchers = Watchers(image);
        while (watchers.Count > 0 && clock.Elapsed < MomentMax)
        {
            Thread.Sleep(MomentMax / 20);
            watchers = Watchers(image);
        }
        if (watchers.Count > 0)
            throw images.Failure(CephErrors.Busy, what, $"it is open by {string.Join(", ", watchers)}");
    }

    /// <summary>
    /// Refuses when somebody has put a lock there by hand (<c>rbd lock add</c>). librbd asks for its own lock in a loop for as long as that stands, also
    /// when its holder is long dead.
    /// </summary>
    public static void RequireNotLocked(CephImages images, ImageHandle image, string what)
    {
        var lockers = Lockers(image).Where(locker => !locker.Automatic).ToList();
        if (lockers.Count > 0)
            throw images.Failure(CephErrors.Busy, what, $"it is locked by {string.Join(", ", lockers)}");
    }

    /// <summary>
    /// Refuses what changes an image for as long as it is locked by hand or being migrated. Of a migration librbd does not bring along what is changed,
    /// and ends the whole process when a snapshot was removed.
    /// </summary>
    public static void RequireChangeable(CephImages images, ImageHandle image, string what)
    {
        RequireNotLocked(images, image, what);
        RequireNotMigrating(images, image, what);
    }

    /// <summary>Refuses when the image is being migrated.</summary>
    public static void RequireNotMigrating(CephImages images, ImageHandle image, string what)
    {
        images.Check(Rbd.GetFeatures(image, out var features), what);
        if ((features & CephMigration.Feature) != 0)
            throw images.Failure(CephErrors.Busy, what, $"it {MigrationNames.Stays}");
    }

    /// <summary>Who has the image open to write. What goes wrong here is left to the call that follows.</summary>
    public static List<ImageWatcher> Watchers(ImageHandle image)
    {
        for (nuint room = WatchersAtFirst; ;)
        {
            var watchers = new Rbd.Watcher[room];
            nuint count = room;
            fixed (Rbd.Watcher* w = watchers)
            {
                var result = Rbd.ListWatchers(image, w, &count);
                if (result == CephErrors.Range && count > room)
                {
                    room = count;
                    continue;
                }
                if (result < 0)
                    return [];
                var found = watchers[..(int)count].Select(w => new ImageWatcher($"client.{w.Id}", new FenceAddress(NativeText.Read(w.Address)))).ToList();
                Rbd.FreeWatchers(w, count);
                return found;
            }
        }
    }

    /// <summary>Who has locked the image. What goes wrong here is left to the call that follows.</summary>
    public static List<ImageLock> Lockers(ImageHandle image)
    {
        for (var room = LockersBytes; ; room *= 2)
        {
            var buffer = new byte[4 * room];
            int exclusive;
            nuint tagLength = (nuint)room, clientsLength = (nuint)room, cookiesLength = (nuint)room, addressesLength = (nuint)room;
            nint count;
            fixed (byte* b = buffer)
            {
                count = Rbd.ListLockers(
                    image, &exclusive, b, &tagLength, b + room, &clientsLength, b + (2 * room), &cookiesLength, b + (3 * room), &addressesLength);
            }
            if (count == CephErrors.Range && room < 1 << 24)
                continue;
            if (count <= 0)
                return [];
            var shared = exclusive == 0;
            var tag = NativeText.SplitList(buffer.AsSpan(0, (int)tagLength)) is [var first, ..] ? first : "";
            return [.. NativeText.SplitList(buffer.AsSpan(room, (int)clientsLength))
                .Zip(NativeText.SplitList(buffer.AsSpan(2 * room, (int)cookiesLength)), NativeText.SplitList(buffer.AsSpan(3 * room, (int)addressesLength)))
                .Select(l => new ImageLock(
                    l.First, l.Second, new FenceAddress(l.Third), tag, shared, l.Second.StartsWith(OwnCookiePrefix, StringComparison.Ordinal)))];
        }
    }
}
