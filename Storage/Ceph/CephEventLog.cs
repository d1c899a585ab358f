using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Mooring.Messages;
using Mooring.Storage.Ceph.Native;
using Mooring.Storage.EventLog;

namespace Mooring.Storage.Ceph;

/// <summary>
/// The event log in RADOS omaps, on a connection of its own. No call blocks a thread. See <see cref="JournalKeys"/> for the layout and
/// <see cref="JournalAppends"/> for how appends share writes.
/// </summary>
public sealed class CephEventLog : IEventLogConnection
{
    private const int SnapshotInlineBytesMax = 32 << 10;
    private const int SnapshotsMax = 1024;

    private readonly CephConnection _connection;
    private readonly Action _closed;
    private readonly JournalAppends[] _objects;

    internal CephEventLog(CephConnection connection, CephStoreOptions options, Action closed)
    {
        _connection = connection;
        _closed = closed;
        _objects = [.. Enumerable.Range(0, JournalKeys.Objects).Select(i => new JournalAppends(connection, JournalKeys.NameOf(i), options.EventLog))];
    }

    /// <inheritdoc/>
    public FenceAddress Address => _connection.Address;

    /// <inheritdoc/>
    public Task<bool> AppendAsync(string stream, long firstNumber, IReadOnlyList<ReadOnlyMemory<byte>> events, CancellationToken cancellationToken)
    {
        EventLogRules.RequireAppend(stream, firstNumber, events);
        cancellationToken.ThrowIfCancellationRequested();
        _connection.ThrowIfUnusable();
        return _objects[new JournalKeys(stream).Index].AppendAsync(stream, firstNumber, events).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<(long Number, ReadOnlyMemory<byte> Event)> ReadAsync(
        string stream, long fromNumber, long toNumber, long limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        EventLogRules.RequireStream(stream);
        var keys = new JournalKeys(stream);
        var page = EventLogRules.PageFirst;
        var after = Math.Max(0, fromNumber - 1);
        while (after < toNumber && limit > 0)
        {
            _connection.ThrowIfUnusable();
            var wanted = (int)Math.Min(Math.Min(limit, toNumber - after), page);
            var (result, entries, more) = await ReadOperation.OmapAsync(_connection.Metadata, keys.Object, keys.EventText(after), keys.EventPrefix, wanted)
                .WaitAsync(cancellationToken).ConfigureAwait(false);
            if (result == CephErrors.NotFound)
                yield break;
            _connection.Check(result, $"read stream {stream}");
            foreach (var entry in entries)
            {
                after = JournalKeys.NumberOf(entry.Key);
                if (after > toNumber)
                    yield break;
                yield return (after, entry.Value);
                limit--;
            }
            if (!more || entries.Count == 0)
                yield break;
            page = EventLogRules.NextPage(entries.Count, entries.Sum(entry => (long)entry.Value.Length));
        }
    }

    /// <inheritdoc/>
    public async Task<long> GetHighestNumberAsync(string stream, CancellationToken cancellationToken)
    {
        EventLogRules.RequireStream(stream);
        _connection.ThrowIfUnusable();
        var keys = new JournalKeys(stream);
        var (result, entries) = await ReadOperation.OmapAsync(_connection.Metadata, keys.Object, [keys.Highest])
            .WaitAsync(cancellationToken).ConfigureAwait(false);
        if (result == CephErrors.NotFound)
            return 0;
        _connection.Check(result, $"read stream {stream}");
        return entries.Count == 0 ? 0 : JournalKeys.Number(entries[0].Value);
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string stream, long toNumber, CancellationToken cancellationToken)
    {
        // Never beyond what is there now: an event that is appended meanwhile stays.
        var last = Math.Min(toNumber, await GetHighestNumberAsync(stream, cancellationToken).ConfigureAwait(false));
        if (last < 1)
            return;
        var keys = new JournalKeys(stream);
        await WriteAsync(
            new WriteOperation().OmapRemoveRange(keys.Event(0), keys.Event(last + 1)), keys.Object, $"delete events of {stream}", cancellationToken)
            .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task PutSnapshotAsync(
        string stream, long number, DateTime timestamp, ReadOnlyMemory<byte> snapshot, CancellationToken cancellationToken)
    {
        EventLogRules.RequireSnapshot(stream, number, snapshot);
        var keys = new JournalKeys(stream);
        var what = $"write snapshot {number} of {stream}";
        var inline = snapshot.Length <= SnapshotInlineBytesMax;
        // A large one's bytes come first: what is listed is there.
        if (!inline)
        {
            await WriteAsync(new WriteOperation().WriteFull(snapshot.Span), keys.SnapshotObject(number), what, cancellationToken).ConfigureAwait(false);
        }
        var operation = new WriteOperation().Create().OmapSet(keys.Snapshot(number), Describe(timestamp, inline));
        _ = inline ? operation.OmapSet(keys.SnapshotData(number), snapshot.Span) : operation.OmapRemove(keys.SnapshotData(number));
        await WriteAsync(operation, keys.Object, what, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<(long Number, DateTime Timestamp)>> ListSnapshotsAsync(string stream, CancellationToken cancellationToken)
    {
        EventLogRules.RequireStream(stream);
        _connection.ThrowIfUnusable();
        var keys = new JournalKeys(stream);
        var snapshots = new List<(long, DateTime)>();
        for (var after = ""; ;)
        {
            var (result, entries, more) = await ReadOperation.OmapAsync(_connection.Metadata, keys.Object, after, keys.SnapshotPrefix, SnapshotsMax)
                .WaitAsync(cancellationToken).ConfigureAwait(false);
            if (result == CephErrors.NotFound)
                return [];
            _connection.Check(result, $"list snapshots of {stream}");
            snapshots.AddRange(entries.Select(entry => (JournalKeys.NumberOf(entry.Key), TimestampOf(entry.Value))));
            if (!more || entries.Count == 0)
                break;
            after = System.Text.Encoding.UTF8.GetString(entries[^1].Key);
        }
        snapshots.Reverse();
        return snapshots;
    }

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>?> GetSnapshotAsync(string stream, long number, CancellationToken cancellationToken)
    {
        EventLogRules.RequireStream(stream);
        _connection.ThrowIfUnusable();
        var keys = new JournalKeys(stream);
        var what = $"read snapshot {number} of {stream}";
        var (key, dataKey) = (keys.Snapshot(number), keys.SnapshotData(number));
        var (result, entries) = await ReadOperation.OmapAsync(_connection.Metadata, keys.Object, [key, dataKey])
            .WaitAsync(cancellationToken).ConfigureAwait(false);
        if (result == CephErrors.NotFound)
            return null;
        _connection.Check(result, what);
        var description = entries.Find(entry => entry.Key.AsSpan().SequenceEqual(key)).Value;
        if (description is null)
            return null;
        if (IsInline(description))
            return entries.Find(entry => entry.Key.AsSpan().SequenceEqual(dataKey)).Value;
        var (dataResult, data) = await ReadOperation.DataAsync(_connection.Metadata, keys.SnapshotObject(number), EventLogRules.SnapshotBytesMax)
            .WaitAsync(cancellationToken).ConfigureAwait(false);
        if (dataResult == CephErrors.NotFound)
            return null;
        _connection.Check(dataResult, what);
        return data;
    }

    /// <inheritdoc/>
    public async Task DeleteSnapshotAsync(string stream, long number, CancellationToken cancellationToken)
    {
        EventLogRules.RequireStream(stream);
        var keys = new JournalKeys(stream);
        var what = $"delete snapshot {number} of {stream}";
        // The bytes of a large one first: nothing is left that no list shows. It may be there although the latest one is small.
        await WriteAsync(new WriteOperation().Remove(), keys.SnapshotObject(number), what, cancellationToken).ConfigureAwait(false);
        await WriteAsync(
            new WriteOperation().OmapRemove(keys.Snapshot(number)).OmapRemove(keys.SnapshotData(number)), keys.Object, what, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _closed();
        return _connection.DisposeAsync();
    }

    // Ticks, kind, and whether the bytes are in the omap.
    private static byte[] Describe(DateTime timestamp, bool inline)
    {
        var bytes = new byte[9];
        BinaryPrimitives.WriteInt64BigEndian(bytes, timestamp.ToBinary());
        bytes[8] = inline ? (byte)1 : (byte)0;
        return bytes;
    }

    private static DateTime TimestampOf(byte[] description) => DateTime.FromBinary(BinaryPrimitives.ReadInt64BigEndian(description));

    private static bool IsInline(byte[] description) => description[8] == 1;

    // What should be gone and has never been is as good.
    private async Task WriteAsync(WriteOperation operation, string oid, string what, CancellationToken cancellationToken)
    {
        _connection.ThrowIfUnusable();
        var result = await operation.RunAsync(_connection.Metadata, oid).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (result is < 0 and not CephErrors.NotFound)
            throw _connection.Failure(result, what);
    }
}
