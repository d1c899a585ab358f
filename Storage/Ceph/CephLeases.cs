using System.Globalization;
using System.Text;
using System.Text.Json;
using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>
/// A lease is one object <c>mooring.lease.NAME</c>: an exclusive lock of the OSD's <c>lock</c> class, whose duration the OSD's clock measures, and
/// in its omap the epoch (<c>epoch</c>) and the latest ownerships (<c>o/EPOCH</c>). Lock, epoch and history change in one operation that
/// compares the epoch, so they always agree.
/// </summary>
internal sealed class CephLeases(CephConnection connection, TimeProvider clock)
{
    private const string LockName = "mooring.lease";
    private const int HistoryMax = 32;
    private const int AttemptsMax = 16;
    private const byte MayRenew = 1, MustRenew = 2;

    private static readonly byte[] EpochKey = "epoch"u8.ToArray();

    public async Task<LeaseAttempt> AcquireAsync(
        string name, LeaseHolder holder, TimeSpan duration, string reason, CancellationToken cancellationToken)
    {
        var oid = ObjectOf(name);
        RequireDuration(name, duration);
        var what = $"acquire lease {name}";
        connection.ThrowIfUnusable();
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var (epoch, latest) = await ReadAsync(oid, what, cancellationToken).ConfigureAwait(false);
            var result = await TakeAsync(oid, holder, duration, reason, epoch).WaitAsync(cancellationToken).ConfigureAwait(false);
            if (result >= 0)
                return new LeaseAttempt(true, epoch.Next, latest);
            if (result == CephErrors.Busy && latest is not null)
            {
                if (CookieOf(latest) != CookieOf(holder))
                    return new LeaseAttempt(false, epoch, latest);
                // The same holder took it through another connection, which the lock counts as somebody else.
                await BreakAsync(name, holder, cancellationToken).ConfigureAwait(false);
            }
            else if (result is not (CephErrors.Cancelled or CephErrors.Busy))
            {
                throw connection.Failure(result, what);
            }
        }
        throw new BlockStoreException(ErrorKind.Unavailable, $"cannot {what}: others changed it {AttemptsMax} times meanwhile");
    }

    public bool Renew(string name, LeaseHolder holder, Epoch epoch, TimeSpan duration)
    {
        var oid = ObjectOf(name);
        RequireDuration(name, duration);
        connection.ThrowIfUnusable();
        var result = new WriteOperation()
            .OmapEquals(EpochKey, Text(epoch))
            .Execute("lock", "lock", CephEncoder.Lock(LockName, CookieOf(holder), holder.Node.Value, duration, MustRenew).Written)
            .Run(connection.Metadata, oid);
        return IsHeld(result, $"renew lease {name}");
    }

    public async Task ReleaseAsync(string name, LeaseHolder holder, Epoch epoch, CancellationToken cancellationToken)
    {
        connection.ThrowIfUnusable();
        var result = await new WriteOperation()
            .OmapEquals(EpochKey, Text(epoch))
            .Execute("lock", "unlock", CephEncoder.Unlock(LockName, CookieOf(holder)).Written)
            .RunAsync(connection.Metadata, ObjectOf(name)).WaitAsync(cancellationToken).ConfigureAwait(false);
        _ = IsHeld(result, $"release lease {name}");
    }

    /// <summary>Frees the lock of a holder that will not use it any more: it is fenced, or is the caller itself through another connection.</summary>
    public Task BreakAsync(string name, LeaseHolder holder, CancellationToken cancellationToken) =>
        connection.ControlAsync(_ => Break(ObjectOf(name), CookieOf(holder)), cancellationToken);

    public async Task<IReadOnlyList<LeaseOwnership>> GetHistoryAsync(string name, CancellationToken cancellationToken)
    {
        var oid = ObjectOf(name);
        connection.ThrowIfUnusable();
        var (result, entries, _) = await ReadOperation.OmapAsync(connection.Metadata, oid, "", "o/", 2 * HistoryMax)
            .WaitAsync(cancellationToken).ConfigureAwait(false);
        if (result == CephErrors.NotFound)
            return [];
        connection.Check(result, $"read the history of lease {name}");
        entries.Reverse();
        return [.. entries.Take(HistoryMax).Select(Parse)];
    }

    private static string ObjectOf(string name) =>
        name is { Length: >= 1 and <= 64 } && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
            ? "mooring.lease." + name
            : throw new BlockStoreException(ErrorKind.InvalidArgument, $"'{CephErrors.OneLine(name)}' is not a lease's name: expected 1 to 64 letters, digits, or . _ -");

    // A lock without a duration would never run out.
    private static void RequireDuration(string name, TimeSpan duration)
    {
        if (duration <= TimeSpan.Zero)
            throw new BlockStoreException(ErrorKind.InvalidArgument, $"lease {name}: the duration must be more than 0");
    }

    // What the lock knows the holder by, besides the connection.
    private static string CookieOf(LeaseHolder holder) => $"{holder.Node}/{holder.Incarnation}";

    private static byte[] Text(Epoch epoch) => epoch.Value == 0 ? [] : Encoding.ASCII.GetBytes(epoch.ToString());

    private static byte[] HistoryKey(long epoch) => Encoding.ASCII.GetBytes("o/" + epoch.ToString("D20", CultureInfo.InvariantCulture));

    private static LeaseOwnership Parse(OmapEntry entry)
    {
        using var document = JsonDocument.Parse(entry.Value);
        var root = document.RootElement;
        var epoch = long.Parse(Encoding.ASCII.GetString(entry.Key.AsSpan(2)), CultureInfo.InvariantCulture);
        var holder = new LeaseHolder(
            new NodeName(root.GetProperty("node").GetString()!), root.GetProperty("incarnation").GetString()!,
            new FenceAddress(root.GetProperty("fence").GetString()!));
        return new LeaseOwnership(new Epoch(epoch), holder, root.GetProperty("since").GetDateTimeOffset(), root.GetProperty("reason").GetString()!);
    }

    private static byte[] Encode(LeaseHolder holder, DateTimeOffset since, string reason)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("node", holder.Node.Value);
        json.WriteString("incarnation", holder.Incarnation);
        json.WriteString("fence", holder.Fence.Value);
        json.WriteString("since", since);
        json.WriteString("reason", reason);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private Task<int> TakeAsync(string oid, LeaseHolder holder, TimeSpan duration, string reason, Epoch epoch)
    {
        var next = epoch.Next;
        var operation = new WriteOperation()
            .Create()
            .OmapEquals(EpochKey, Text(epoch))
            .Execute("lock", "lock", CephEncoder.Lock(LockName, CookieOf(holder), holder.Node.Value, duration, MayRenew).Written)
            .OmapSet(EpochKey, Text(next))
            .OmapSet(HistoryKey(next.Value), Encode(holder, clock.GetUtcNow(), reason));
        if (next.Value > HistoryMax)
            operation.OmapRemove(HistoryKey(next.Value - HistoryMax));
        return operation.RunAsync(connection.Metadata, oid);
    }

    private async Task<(Epoch Epoch, LeaseHolder? Latest)> ReadAsync(string oid, string what, CancellationToken cancellationToken)
    {
        // "epoch" and "o/…" in one read: they are all the keys there are.
        var (result, entries, _) = await ReadOperation.OmapAsync(connection.Metadata, oid, "", "", 2 * HistoryMax)
            .WaitAsync(cancellationToken).ConfigureAwait(false);
        if (result == CephErrors.NotFound)
            return (default, null);
        connection.Check(result, what);
        var epoch = entries.Find(entry => entry.Key.AsSpan().SequenceEqual(EpochKey)).Value;
        return epoch is null
            ? (default, null)
            : (new Epoch(long.Parse(Encoding.ASCII.GetString(epoch), CultureInfo.InvariantCulture)), Parse(entries[^1]).Holder);
    }

    // ECANCELED: another epoch. ENOENT: the lock has run out or is not this holder's. EBUSY: it is somebody else's.
    private bool IsHeld(int result, string what) => result switch
    {
        >= 0 => true,
        CephErrors.Cancelled or CephErrors.NotFound or CephErrors.Busy => false,
        _ => throw connection.Failure(result, what),
    };

    private unsafe bool Break(string oid, string cookie)
    {
        const int length = 4096;
        byte* tag = stackalloc byte[length], clients = stackalloc byte[length], cookies = stackalloc byte[length], addresses = stackalloc byte[length];
        nuint tagLength = length, clientsLength = length, cookiesLength = length, addressesLength = length;
        var count = Rados.ListLockers(
            connection.Metadata, oid, LockName, out _, tag, &tagLength, clients, &clientsLength, cookies, &cookiesLength, addresses, &addressesLength);
        // An exclusive lock has one holder; none when it has run out meanwhile.
        if (count <= 0 || NativeText.Read(cookies) != cookie)
            return false;
        var result = Rados.BreakLock(connection.Metadata, oid, LockName, NativeText.Read(clients), cookie);
        if (result is < 0 and not CephErrors.NotFound)
            throw connection.Failure(result, "break a lease");
        return true;
    }
}
