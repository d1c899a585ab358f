namespace Mooring.Storage;

/// <summary>Small guarded records (at most 64 KiB each) that all nodes share. Linearizable. No call uses a slot.</summary>
public interface IRecords
{
    /// <summary>Reads a record.</summary>
    /// <param name="key">Its key, 1 to 256 printable ASCII characters.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The record, or null.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    Task<StoredRecord?> GetRecordAsync(string key, CancellationToken cancellationToken);

    /// <summary>Writes a record if it still has the version that the caller knows.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="value">The new value.</param>
    /// <param name="expectedVersion">The version now; 0 when there must be none.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The new version, or null when another version stands (nothing was changed).</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached or the connection is fenced.</exception>
    Task<long?> PutRecordAsync(string key, ReadOnlyMemory<byte> value, long expectedVersion, CancellationToken cancellationToken);

    /// <summary>Removes a record if it still has the version that the caller knows.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="expectedVersion">The version now.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Whether it was removed.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached or the connection is fenced.</exception>
    Task<bool> RemoveRecordAsync(string key, long expectedVersion, CancellationToken cancellationToken);

    /// <summary>The records whose keys begin with a prefix, in ordinal order of the keys.</summary>
    /// <param name="prefix">The prefix.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>At most 10,000 records.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    Task<IReadOnlyList<StoredRecord>> ListRecordsAsync(string prefix, CancellationToken cancellationToken);
}

/// <summary>A small record.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Value">Its value.</param>
/// <param name="Version">Rises with each write; at least 1.</param>
public sealed record StoredRecord(string Key, ReadOnlyMemory<byte> Value, long Version);
