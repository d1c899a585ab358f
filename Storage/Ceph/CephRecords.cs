using System.Buffers.Binary;
using System.Text;
using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>
/// Records are omap values in a fixed number of objects <c>mooring.records.NN</c>, chosen by the key's hash: <c>r/KEY</c> holds the version (8 bytes)
/// and the value, <c>v/KEY</c> the version alone, which a write compares in the same operation.
/// </summary>
internal sealed class CephRecords(CephConnection connection, TimeProvider clock)
{
    // Part of the layout: changing it loses the records.
    private const int Objects = 16;
    private const int VersionBytes = 8;
    private const int ValueBytesMax = 64 << 10;
    private const int ListMax = 10_000;
    private const int PageMax = 1000;
    private const string RecordPrefix = "r/";

    public async Task<StoredRecord?> GetAsync(string key, CancellationToken cancellationToken)
    {
        RequireKey(key);
        connection.ThrowIfUnusable();
        var (result, entries) = await ReadOperation.OmapAsync(connection.Metadata, ObjectOf(key), [RecordKey(key)])
            .WaitAsync(cancellationToken).ConfigureAwait(false);
        if (result == CephErrors.NotFound)
            return null;
        connection.Check(result, $"read record {key}");
        return entries.Count == 0 ? null : Parse(entries[0]);
    }

    public async Task<long?> PutAsync(string key, ReadOnlyMemory<byte> value, long expectedVersion, CancellationToken cancellationToken)
    {
        RequireKey(key);
        if (value.Length > ValueBytesMax)
            throw new BlockStoreException(ErrorKind.InvalidArgument, $"cannot write record {key}: {value.Length} bytes; at most {ValueBytesMax} are allowed");
        connection.ThrowIfUnusable();
        // Not from 1 on: whoever knows a version of a record that was removed must not take a new one for it.
        var version = Math.Max(expectedVersion + 1, clock.GetUtcNow().Ticks / TimeSpan.TicksPerMicrosecond);
        var stored = new byte[VersionBytes + value.Length];
        BinaryPrimitives.WriteInt64BigEndian(stored, version);
        value.Span.CopyTo(stored.AsSpan(VersionBytes));
        var result = await new WriteOperation()
            .Create()
            .OmapEquals(VersionKey(key), Text(expectedVersion))
            .OmapSet(VersionKey(key), Text(version))
            .OmapSet(RecordKey(key), stored)
            .RunAsync(connection.Metadata, ObjectOf(key)).WaitAsync(cancellationToken).ConfigureAwait(false);
        return result switch
        {
            >= 0 => version,
            CephErrors.Cancelled => null,
            _ => throw connection.Failure(result, $"write record {key}"),
        };
    }

    public async Task<bool> RemoveAsync(string key, long expectedVersion, CancellationToken cancellationToken)
    {
        RequireKey(key);
        connection.ThrowIfUnusable();
        if (expectedVersion < 1)
            return false;
        var result = await new WriteOperation()
            .OmapEquals(VersionKey(key), Text(expectedVersion))
            .OmapRemove(VersionKey(key))
            .OmapRemove(RecordKey(key))
            .RunAsync(connection.Metadata, ObjectOf(key)).WaitAsync(cancellationToken).ConfigureAwait(false);
        return result switch
        {
            >= 0 => true,
            CephErrors.Cancelled or CephErrors.NotFound => false,
            _ => throw connection.Failure(result, $"remove record {key}"),
        };
    }

    public async Task<IReadOnlyList<StoredRecord>> ListAsync(string prefix, CancellationToken cancellationToken)
    {
        connection.ThrowIfUnusable();
        var parts = await Task.WhenAll(Enumerable.Range(0, Objects).Select(i => ListObjectAsync(NameOf(i), prefix)))
            .WaitAsync(cancellationToken).ConfigureAwait(false);
        var records = parts.SelectMany(part => part).ToList();
        records.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key));
        return records.Count > ListMax ? records.GetRange(0, ListMax) : records;
    }

    private static void RequireKey(string key)
    {
        if (key is not { Length: >= 1 and <= 256 } || !key.All(c => c is >= ' ' and <= '~'))
            throw new BlockStoreException(ErrorKind.InvalidArgument, $"'{CephErrors.OneLine(key)}' is not a record's key: expected 1 to 256 printable ASCII characters");
    }

    private static string NameOf(int index) => $"mooring.records.{index:D2}";

    private static string ObjectOf(string key) => NameOf((int)(StableHash.Of(key) % Objects));

    private static byte[] RecordKey(string key) => Encoding.ASCII.GetBytes(RecordPrefix + key);

    private static byte[] VersionKey(string key) => Encoding.ASCII.GetBytes("v/" + key);

    private static byte[] Text(long version) =>
        version == 0 ? [] : Encoding.ASCII.GetBytes(version.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private static StoredRecord Parse(OmapEntry entry) => new(
        Encoding.ASCII.GetString(entry.Key.AsSpan(RecordPrefix.Length)), entry.Value.AsMemory(VersionBytes), BinaryPrimitives.ReadInt64BigEndian(entry.Value));

    private async Task<List<StoredRecord>> ListObjectAsync(string oid, string prefix)
    {
        var records = new List<StoredRecord>();
        var after = "";
        while (records.Count < ListMax)
        {
            var (result, entries, more) = await ReadOperation.OmapAsync(connection.Metadata, oid, after, RecordPrefix + prefix, PageMax).ConfigureAwait(false);
            if (result == CephErrors.NotFound)
                break;
            connection.Check(result, "list records");
            records.AddRange(entries.Select(Parse));
            if (!more || entries.Count == 0)
                break;
            after = Encoding.ASCII.GetString(entries[^1].Key);
        }
        return records;
    }
}
