using System.Runtime.CompilerServices;
using Mooring.Messages;
using Mooring.Storage.EventLog;

namespace Mooring.Storage.Embedded;

/// <summary>
/// The event log in the tables of the store, on a session of its own: one thread writes, the others read. What waits together is one transaction,
/// which looks for the fence as every change does.
/// </summary>
internal sealed class EmbeddedEventLog : IEventLogConnection
{
    private const int DeletedAtOnceMax = 1000;
    private const string IdOfStream = "(SELECT id FROM streams WHERE name = ?)";

    private readonly EmbeddedStore _session;
    private readonly Appends _appends;

    /// <param name="session">A session with one slot; ends with this.</param>
    /// <param name="limits">How much may wait.</param>
    public EmbeddedEventLog(EmbeddedStore session, EventLogLimits limits)
    {
        _session = session;
        _appends = new Appends(session, limits);
    }

    public FenceAddress Address => _session.Address;

    public Task<bool> AppendAsync(string stream, long firstNumber, IReadOnlyList<ReadOnlyMemory<byte>> events, CancellationToken cancellationToken)
    {
        EventLogRules.RequireAppend(stream, firstNumber, events);
        cancellationToken.ThrowIfCancellationRequested();
        return _appends.AppendAsync(stream, firstNumber, events).WaitAsync(cancellationToken);
    }

    public async IAsyncEnumerable<(long Number, ReadOnlyMemory<byte> Event)> ReadAsync(
        string stream, long fromNumber, long toNumber, long limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        EventLogRules.RequireStream(stream);
        var after = Math.Max(0, fromNumber - 1);
        for (var page = EventLogRules.PageFirst; after < toNumber && limit > 0;)
        {
            var wanted = Math.Min(limit, page);
            var events = await _session.OnControlAsync(database => database.Query(
                row => (Number: row.Number(0), Event: row.Bytes(1)),
                $"SELECT number, event FROM events WHERE stream = {IdOfStream} AND number > ? AND number <= ? ORDER BY number LIMIT ?",
                stream, after, toNumber, wanted), cancellationToken).ConfigureAwait(false);
            foreach (var (number, bytes) in events)
                yield return (number, bytes);
            if (events.Count < wanted)
                yield break;
            after = events[^1].Number;
            limit -= events.Count;
            page = EventLogRules.NextPage(events.Count, events.Sum(e => (long)e.Event.Length));
        }
    }

    public Task<long> GetHighestNumberAsync(string stream, CancellationToken cancellationToken)
    {
        EventLogRules.RequireStream(stream);
        return _session.OnControlAsync(
            database => database.Query(row => row.Number(0), "SELECT highest FROM streams WHERE name = ?", stream) is [var highest] ? highest : 0, cancellationToken);
    }

    public Task DeleteAsync(string stream, long toNumber, CancellationToken cancellationToken)
    {
        EventLogRules.RequireStream(stream);
        return _session.OnControlAsync(database =>
        {
            // Never beyond what is there now: an event that is appended meanwhile stays. Piece by piece: nobody waits for a long stream's end.
            if (database.Query(row => row.NumberOrNull(0), $"SELECT max(number) FROM events WHERE stream = {IdOfStream} AND number <= ?", stream, toNumber)[0] is not { } last)
                return true;
            for (var deleted = DeletedAtOnceMax; deleted == DeletedAtOnceMax;)
            {
                deleted = Change(database, () => database.Execute(
                    $"""
                    DELETE FROM events WHERE stream = {IdOfStream} AND number IN (
                        SELECT number FROM events WHERE stream = {IdOfStream} AND number <= ? ORDER BY number LIMIT {DeletedAtOnceMax})
                    """, stream, stream, last));
            }
            return true;
        }, cancellationToken);
    }

    public Task PutSnapshotAsync(string stream, long number, DateTime timestamp, ReadOnlyMemory<byte> snapshot, CancellationToken cancellationToken)
    {
        EventLogRules.RequireSnapshot(stream, number, snapshot);
        return _session.OnControlAsync(
            database => Change(database, () => database.Execute("INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?)", stream, number, timestamp.ToBinary(), snapshot)),
            cancellationToken);
    }

    public Task<IReadOnlyList<(long Number, DateTime Timestamp)>> ListSnapshotsAsync(string stream, CancellationToken cancellationToken)
    {
        EventLogRules.RequireStream(stream);
        return _session.OnControlAsync<IReadOnlyList<(long, DateTime)>>(
            database => database.Query(
                row => (row.Number(0), DateTime.FromBinary(row.Number(1))), "SELECT number, timestamp FROM snapshots WHERE stream = ? ORDER BY number DESC", stream),
            cancellationToken);
    }

    public Task<ReadOnlyMemory<byte>?> GetSnapshotAsync(string stream, long number, CancellationToken cancellationToken)
    {
        EventLogRules.RequireStream(stream);
        return _session.OnControlAsync(
            database => database.First(row => row.Bytes(0), "SELECT snapshot FROM snapshots WHERE stream = ? AND number = ?", stream, number) is { } bytes
                ? bytes
                : (ReadOnlyMemory<byte>?)null,
            cancellationToken);
    }

    public Task DeleteSnapshotAsync(string stream, long number, CancellationToken cancellationToken)
    {
        EventLogRules.RequireStream(stream);
        return _session.OnControlAsync(
            database => Change(database, () => database.Execute("DELETE FROM snapshots WHERE stream = ? AND number = ?", stream, number)), cancellationToken);
    }

    public ValueTask DisposeAsync() => _session.DisposeAsync();

    private T Change<T>(Database database, Func<T> work) => database.Write(() =>
    {
        _session.RequireUnfenced(database);
        return work();
    });

    private sealed class Appends(EmbeddedStore session, EventLogLimits limits) : AppendQueue("the journal", limits)
    {
        protected override async Task WriteAsync(List<Append> batch)
        {
            var stale = await session.OnSlotAsync(database => database.Write(() => Insert(database, batch)), CancellationToken.None).ConfigureAwait(false);
            Accept(Refuse(batch, stale));
        }

        /// <summary>Inside a transaction: appends what follows its stream's highest number.</summary>
        /// <returns>The streams that have moved on.</returns>
        private HashSet<string> Insert(Database database, List<Append> batch)
        {
            session.RequireUnfenced(database);
            session.Step("append-entered");
            var stale = new HashSet<string>(StringComparer.Ordinal);
            foreach (var append in batch)
            {
                if (stale.Contains(append.Stream))
                    continue;
                if (Advance(database, append) is not { } id)
                {
                    stale.Add(append.Stream);
                    continue;
                }
                for (var i = 0; i < append.Events.Count; i++)
                    database.Execute("INSERT INTO events VALUES (?, ?, ?)", id, append.FirstNumber + i, append.Events[i]);
            }
            return stale;
        }

        private static long? Advance(Database database, Append append)
        {
            var ids = append.FirstNumber == 1
                ? database.Query(
                    row => row.Number(0),
                    "INSERT INTO streams (name, highest) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING id", append.Stream, append.NextNumber - 1)
                : database.Query(
                    row => row.Number(0),
                    "UPDATE streams SET highest = ? WHERE name = ? AND highest = ? RETURNING id", append.NextNumber - 1, append.Stream, append.FirstNumber - 1);
            return ids is [var id] ? id : null;
        }
    }
}
