using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>Who has an image open, and who has locked it: what librbd would wait for without a bound, or pass over.</summary>
internal static unsafe class CephImageUsers
{
    private const int WatchersMax = 64;
    private const int LockersBytes = 16 << 10;

    // The lock that librbd takes and gives up by itself (ManagedLock.cc: encode_lock_cookie).
    private const string OwnCookiePrefix = "auto ";

    /// <summary>Refuses when somebody has the image open.</summary>
    public static void RequireNotOpen(CephImages images, ImageHandle image, string what)
    {
        if (Watchers(image) is { Count: > 0 } watchers)
            throw images.Failure(CephErrors.Busy, what, $"it is open by {string.Join(", ", watchers)}");
    }

    /// <summary>
    /// Refuses when somebody has put a lock there by hand (<c>rbd lock add</c>). librbd asks for its own lock in a loop for as long as that stands, also
    /// when its holder is long dead.
    /// </summary>
    public static void RequireNotLocked(CephImages images, ImageHandle image, string what)
    {
        if (Lockers(image) is { Count: > 0 } lockers)
            throw images.Failure(CephErrors.Busy, what, $"it is locked by {string.Join(", ", lockers)}");
    }

    // What goes wrong in these is left to the call that follows.
    private static List<string> Watchers(ImageHandle image)
    {
        var watchers = stackalloc Rbd.Watcher[WatchersMax];
        nuint count = WatchersMax;
        var found = new List<string>();
        if (Rbd.ListWatchers(image, watchers, &count) < 0)
            return found;
        for (nuint i = 0; i < count; i++)
            found.Add($"client.{watchers[i].Id} at {NativeText.Read(watchers[i].Address)}");
        Rbd.FreeWatchers(watchers, count);
        return found;
    }

    private static List<string> Lockers(ImageHandle image)
    {
        var buffer = new byte[4 * LockersBytes];
        int exclusive;
        nuint tagLength = LockersBytes, clientsLength = LockersBytes, cookiesLength = LockersBytes, addressesLength = LockersBytes;
        nint count;
        fixed (byte* b = buffer)
        {
            count = Rbd.ListLockers(
                image, &exclusive, b, &tagLength, b + LockersBytes, &clientsLength, b + (2 * LockersBytes), &cookiesLength, b + (3 * LockersBytes), &addressesLength);
        }
        if (count <= 0)
            return [];
        var clients = NativeText.SplitList(buffer.AsSpan(LockersBytes, (int)clientsLength));
        var cookies = NativeText.SplitList(buffer.AsSpan(2 * LockersBytes, (int)cookiesLength));
        var addresses = NativeText.SplitList(buffer.AsSpan(3 * LockersBytes, (int)addressesLength));
        return [.. clients.Zip(cookies, addresses)
            .Where(locker => !locker.Second.StartsWith(OwnCookiePrefix, StringComparison.Ordinal))
            .Select(locker => $"{locker.First} at {locker.Third} (lock '{locker.Second}')")];
    }
}
