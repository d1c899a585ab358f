namespace Mooring.Storage.Embedded;

/// <content>Small guarded records.</content>
internal sealed partial class EmbeddedStore
{
    private const int RecordBytesMax = 64 * 1024;
    private const int KeyLengthMax = 256;
    private const int ListMax = 10_000;

    public Task<StoredRecord?> GetRecordAsync(string key, CancellationToken cancellationToken) => OnControlAsync(database =>
    {
        RequireGoodKey(key);
        return database.First(ReadRecord, "SELECT key, value, version FROM records WHERE key = ?", key);
    }, cancellationToken);

    public Task<long?> PutRecordAsync(string key, ReadOnlyMemory<byte> value, long expectedVersion, CancellationToken cancellationToken) => OnControlAsync(database =>
    {
        RequireGoodKey(key);
        if (value.Length > RecordBytesMax)
            throw Failures.Invalid($"record '{key}' has {value.Length} bytes; at most {RecordBytesMax} are allowed");
        return database.Write<long?>(() =>
        {
            RequireUnfenced(database);
            if (VersionOf(database, key) != expectedVersion)
                return null;
            var version = database.Query(row => row.Number(0), "UPDATE counters SET value = value + 1 WHERE name = 'record' RETURNING value")[0];
            database.Execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", key, version, value);
            return version;
        });
    }, cancellationToken);

    public Task<bool> RemoveRecordAsync(string key, long expectedVersion, CancellationToken cancellationToken) => OnControlAsync(database =>
    {
        RequireGoodKey(key);
        return database.Write(() =>
        {
            RequireUnfenced(database);
            return database.Execute("DELETE FROM records WHERE key = ? AND version = ?", key, expectedVersion) > 0;
        });
    }, cancellationToken);

    public Task<IReadOnlyList<StoredRecord>> ListRecordsAsync(string prefix, CancellationToken cancellationToken) =>
        OnControlAsync<IReadOnlyList<StoredRecord>>(database =>
        {
            if (prefix.Length > 0)
                RequireGoodKey(prefix);
            // Keys are printable ASCII, so DEL is above whatever can follow the prefix.
            return database.Query(ReadRecord,
                "SELECT key, value, version FROM records WHERE key >= ? AND key < ? ORDER BY key LIMIT ?", prefix, prefix + '\u007f', ListMax);
        }, cancellationToken);

    private static StoredRecord ReadRecord(Database.Row row) => new(row.Text(0), row.Bytes(1), row.Number(2));

    /// <summary>0 for none.</summary>
    private static long VersionOf(Database database, string key) =>
        database.Query(row => row.Number(0), "SELECT version FROM records WHERE key = ?", key) is [var version] ? version : 0;

    private static void RequireGoodKey(string key)
    {
        if (key is not { Length: >= 1 and <= KeyLengthMax } || !key.All(c => c is >= ' ' and <= '~'))
            throw Failures.Invalid($"a record's key has 1 to {KeyLengthMax} printable ASCII characters");
    }
}
