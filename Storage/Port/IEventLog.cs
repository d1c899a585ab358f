namespace Mooring.Storage;

/// <summary>
/// An append-only log of events for each stream, and one snapshot series for each stream: what a journal plugin needs when the block
/// store is the only server there is. Linearizable for each stream. Many appends that wait together go out in few writes.
/// </summary>
public interface IEventLog : IAsyncDisposable
{
    /// <summary>
    /// Appends events to a stream, all or none. They must follow the stream's highest number without a gap: an append by anybody who
    /// does not know the latest event is refused, which is what stops a stale incarnation.
    /// </summary>
    /// <param name="stream">The stream (the persistence id).</param>
    /// <param name="firstNumber">The number of the first event, from 1.</param>
    /// <param name="events">The events' bytes, in order; each at most 1 MiB.</param>
    /// <param name="cancellationToken">Gives up waiting; the append may still happen.</param>
    /// <returns>False when the stream's highest number is not <paramref name="firstNumber"/> - 1: nothing was written.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached, has no space or the connection is fenced.</exception>
    Task<bool> AppendAsync(string stream, long firstNumber, IReadOnlyList<ReadOnlyMemory<byte>> events, CancellationToken cancellationToken);

    /// <summary>Reads events in order of their numbers.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="fromNumber">The first number wanted.</param>
    /// <param name="toNumber">The last number wanted.</param>
    /// <param name="limit">At most so many events.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Numbers and bytes; read page by page.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    IAsyncEnumerable<(long Number, ReadOnlyMemory<byte> Event)> ReadAsync(string stream, long fromNumber, long toNumber, long limit, CancellationToken cancellationToken);

    /// <summary>The highest number that the stream ever had, 0 for none; stays when events are deleted.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The number.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    Task<long> GetHighestNumberAsync(string stream, CancellationToken cancellationToken);

    /// <summary>Deletes the events up to a number, that one included.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="toNumber">The last number to delete.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Completes when they are gone.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached or the connection is fenced.</exception>
    Task DeleteAsync(string stream, long toNumber, CancellationToken cancellationToken);

    /// <summary>Writes a snapshot of the stream at a number; replaces one at the same number.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="number">The number of the last event in it.</param>
    /// <param name="timestamp">When it was made (kept, not interpreted).</param>
    /// <param name="snapshot">Its bytes, at most 16 MiB.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Completes when it is durable.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached, has no space or the connection is fenced.</exception>
    Task PutSnapshotAsync(string stream, long number, DateTime timestamp, ReadOnlyMemory<byte> snapshot, CancellationToken cancellationToken);

    /// <summary>The snapshots of a stream without their bytes, newest first.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Numbers and timestamps.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    Task<IReadOnlyList<(long Number, DateTime Timestamp)>> ListSnapshotsAsync(string stream, CancellationToken cancellationToken);

    /// <summary>Reads a snapshot.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="number">Its number.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Its bytes, or null.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    Task<ReadOnlyMemory<byte>?> GetSnapshotAsync(string stream, long number, CancellationToken cancellationToken);

    /// <summary>Deletes a snapshot; does nothing when there is none.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="number">Its number.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Completes when it is gone.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached or the connection is fenced.</exception>
    Task DeleteSnapshotAsync(string stream, long number, CancellationToken cancellationToken);
}
