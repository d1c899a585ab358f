using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>
/// A lease is one object <c>mooring.lease.NAME</c>: a lock of the OSD's <c>lock</c> class, whose duration the OSD's clock measures, and
/// in its omap the epoch (<c>epoch</c>) and the latest ownerships (<c>o/EPOCH</c>). Lock, epoch and history change in one operation that
/// compares the epoch, so they always agree. The lock is a shared one with a tag: with another tag nobody gets it while it is held. A holder takes a tag
/// of its own, or its predecessor's when that has agreed: the lock is then held by both, and the epoch, which a renewal compares, is the taker's.
/// </summary>
internal sealed class CephLeases(CephConnection connection, TimeProvider clock)
{
    private const string LockName = "mooring.lease";
    private const int HistoryMax = 32;
    private const int AttemptsMax = 16;
    private const byte MayRenew = 1, MustRenew = 2;

    private static readonly byte[] EpochKey = "epoch"u8.ToArray();

    // By lease: the tag by which this connection holds it.
    private readonly ConcurrentDictionary<string, string> _tags = new(StringComparer.Ordinal);

    public async Task<LeaseAttempt> AcquireAsync(
        string name, LeaseHolder holder, TimeSpan duration, string reason, Epoch agreed, CancellationToken cancellationToken)
    {
        var oid = ObjectOf(name);
        RequireDuration(name, duration);
        var what = $"acquire lease {name}";
        connection.ThrowIfUnusable();
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var (epoch, latest, current) = await ReadAsync(oid, what, cancellationToken).ConfigureAwait(false);
            var tag = current is not null && epoch == agreed ? current : epoch.Next.ToString();
            var result = await TakeAsync(oid, holder, duration, reason, epoch, tag).WaitAsync(cancellationToken).ConfigureAwait(false);
            if (result >= 0)
            {
                _tags[name] = tag;
                return new LeaseAttempt(true, epoch.Next, latest);
            }
            if (result == CephErrors.Busy && latest is not null)
            {
                if (CookieOf(latest) != CookieOf(holder))
                    return new LeaseAttempt(false, epoch, latest);
                // The same holder took it through another connection, which the lock counts as somebody else.
                if (!await BreakAsync(name, holder, cancellationToken).ConfigureAwait(false))
                    return new LeaseAttempt(false, epoch, latest);
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
            .Execute("lock", "lock", CephEncoder.Lock(LockName, shared: true, CookieOf(holder), holder.Node.Value, duration, MustRenew, _tags.GetValueOrDefault(name, "")).Written)
            .Run(connection.Metadata, oid);
        return IsHeld(result, $"renew lease {name}");
    }

    public async Task ReleaseAsync(string name, LeaseHolder holder, Epoch epoch, CancellationToken cancellationToken)
    {
        var (oid, what) = (ObjectOf(name), $"release lease {name}");
        connection.ThrowIfUnusable();
        if (IsHeld(await UnlockAsync(epoch).ConfigureAwait(false), what))
            return;
        var (next, latest, _) = await ReadAsync(oid, what, cancellationToken).ConfigureAwait(false);
        if (next == epoch.Next && latest is not null && CookieOf(latest) != CookieOf(holder))
            _ = IsHeld(await UnlockAsync(next).ConfigureAwait(false), what);

        Task<int> UnlockAsync(Epoch current) => new WriteOperation()
            .OmapEquals(EpochKey, Text(current))
            .Execute("lock", "unlock", CephEncoder.Unlock(LockName, CookieOf(holder)).Written)
            .RunAsync(connection.Metadata, oid).WaitAsync(cancellationToken);
    }

    /// <summary>Frees the lock of a holder that will not use it any more: it is fenced, or is the caller itself through another connection.</summary>
    public Task<bool> BreakAsync(string name, LeaseHolder holder, CancellationToken cancellationToken) =>
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

    private static LeaseOwnership Parse(OmapEntry entry) => ParseTagged(entry).Ownership;

    // Without a tag it holds the lock alone.
    private static (LeaseOwnership Ownership, string? Tag) ParseTagged(OmapEntry entry)
    {
        using var document = JsonDocument.Parse(entry.Value);
        var root = document.RootElement;
        var epoch = long.Parse(Encoding.ASCII.GetString(entry.Key.AsSpan(2)), CultureInfo.InvariantCulture);
        var holder = new LeaseHolder(
            new NodeName(root.GetProperty("node").GetString()!), root.GetProperty("incarnation").GetString()!,
            new FenceAddress(root.GetProperty("fence").GetString()!));
        return (new LeaseOwnership(new Epoch(epoch), holder, root.GetProperty("since").GetDateTimeOffset(), root.GetProperty("reason").GetString()!),
            root.TryGetProperty("tag", out var tag) ? tag.GetString() : null);
    }

    private static byte[] Encode(LeaseHolder holder, DateTimeOffset since, string reason, string tag)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("node", holder.Node.Value);
        json.WriteString("incarnation", holder.Incarnation);
        json.WriteString("fence", holder.Fence.Value);
        json.WriteString("since", since);
        json.WriteString("reason", reason);
        json.WriteString("tag", tag);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private Task<int> TakeAsync(string oid, LeaseHolder holder, TimeSpan duration, string reason, Epoch epoch, string tag)
    {
        var next = epoch.Next;
        var operation = new WriteOperation()
            .Create()
            .OmapEquals(EpochKey, Text(epoch))
            .Execute("lock", "lock", CephEncoder.Lock(LockName, shared: true, CookieOf(holder), holder.Node.Value, duration, MayRenew, tag).Written)
            .OmapSet(EpochKey, Text(next))
            .OmapSet(HistoryKey(next.Value), Encode(holder, clock.GetUtcNow(), reason, tag));
        if (next.Value > HistoryMax)
            operation.OmapRemove(HistoryKey(next.Value - HistoryMax));
        return operation.RunAsync(connection.Metadata, oid);
    }

    private async Task<(Epoch Epoch, LeaseHolder? Latest, string? Tag)> ReadAsync(string oid, string what, CancellationToken cancellationToken)
    {
        // "epoch" and "o/…" in one read: they are all the keys there are.
        var (result, entries, _) = await ReadOperation.OmapAsync(connection.Metadata, oid, "", "", 2 * HistoryMax)
            .WaitAsync(cancellationToken).ConfigureAwait(false);
        if (result == CephErrors.NotFound)
            return default;
        connection.Check(result, what);
        var epoch = entries.Find(entry => entry.Key.AsSpan().SequenceEqual(EpochKey)).Value;
        if (epoch is null)
            return default;
        var (latest, tag) = ParseTagged(entries[^1]);
        return (new Epoch(long.Parse(Encoding.ASCII.GetString(epoch), CultureInfo.InvariantCulture)), latest.Holder, tag);
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
        // None when it has run out meanwhile; two while one hands it over to the other.
        var client = clients;
        for (; count > 0; count--)
        {
            if (NativeText.Read(cookies) == cookie)
            {
                var result = Rados.BreakLock(connection.Metadata, oid, LockName, NativeText.Read(client), cookie);
                if (result is < 0 and not CephErrors.NotFound)
                    throw connection.Failure(result, "break a lease");
                return true;
            }
            cookies = Next(cookies);
            client = Next(client);
        }
        return false;

        static byte* Next(byte* text)
        {
            while (*text++ != 0)
            {
            }
            return text;
        }
    }
}
