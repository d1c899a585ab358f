using System.Data.Common;
using System.Text.Json.Nodes;
using Akka.Actor;
using Akka.Persistence.Journal;
using Akka.Persistence.Query;
using Akka.Persistence.Sql.Db;
using Akka.Persistence.Sql.Journal;

namespace Akka.Persistence.Sql.Query;

/// <summary>Reads pages of the journal's tables.</summary>
internal sealed class QueryStore
{
    private readonly ExtendedActorSystem _system;
    private readonly SqlDatabase _database;
    private readonly QueryStatements _sql;
    private readonly EventAdapters _adapters;
    private readonly string[] _create;
    private Task? _initialized;

    public QueryStore(ExtendedActorSystem system, QuerySettings settings)
    {
        _system = system;
        Settings = settings;
        _database = SqlPersistence.Get(system).Open(settings.Writer ?? settings.Sql);
        _sql = new QueryStatements(settings.Sql, _database.Dialect);
        _adapters = Persistence.Instance.Apply(system).AdaptersFor(settings.WritePlugin);
        // A query may well be the first that uses a new database.
        _create = settings.Writer is { AutoInitialize: true } writer ? new JournalStatements(writer, _database.Dialect).Create : [];
    }

    public QuerySettings Settings { get; }

    /// <summary>Whether events become visible in the order of their orderings.</summary>
    public bool CommitsInOrder => _database.Dialect.CommitsInOrder;

    /// <summary>This process has written; called by a thread of the database.</summary>
    public event Action Committed
    {
        add => _database.Committed += value;
        remove => _database.Committed -= value;
    }

    public Task<List<EventRow>> OfEntity(string persistenceId, long from, long to) =>
        Read(session => session.Query(_sql.OfEntity, ReadRow, persistenceId, from, to, Settings.PageSize));

    /// <summary>Of all entities, behind an ordering and up to another; with a tag unless it is null.</summary>
    public Task<List<EventRow>> Ordered(string? tag, long after, long to) => Read(session => tag is null
        ? session.Query(_sql.All, ReadRow, after, to, Settings.PageSize)
        : session.Query(_sql.WithTag, ReadRow, tag, after, to, Settings.PageSize));

    public Task<List<string>> Ids(string after) =>
        Read(session => session.Query(_sql.Ids, reader => reader.GetString(0), after, Settings.PageSize));

    public Task<List<(long Ordering, string Id)>> IdsBehind(long after, long to) =>
        Read(session => session.Query(_sql.IdsBehind, reader => (reader.GetInt64(0), reader.GetString(1)), after, to, Settings.PageSize));

    /// <summary>The highest ordering, and where events may become visible out of order those behind the given one.</summary>
    public Task<(long Highest, List<long> Behind)> Look(long after) => Read(session =>
    {
        var highest = (long)(session.Scalar(_sql.Highest) ?? 0L);
        List<long> behind = CommitsInOrder ? [] : session.Query(_sql.Orderings, reader => reader.GetInt64(0), after, Settings.GapBatchSize);
        return (highest, behind);
    });

    /// <summary>The stored event as the adapters give it: none, one or several.</summary>
    public IEnumerable<EventEnvelope> Envelopes(EventRow row)
    {
        var stored = SqlPayload.Deserialize(_system, row.Message, row.SerializerId, row.Manifest, Settings.Sql.Serializer);
        return _adapters.Get(stored.GetType()).FromJournal(stored, row.Manifest).Events.Select(e => new EventEnvelope(
            Offset.Sequence(row.Ordering), row.PersistenceId, row.SequenceNr, e, row.CreatedTicks, row.Tags));
    }

    private static EventRow ReadRow(DbDataReader reader) => new(
        reader.GetInt64(0),
        reader.GetString(1),
        reader.GetInt64(2),
        reader.GetInt64(3),
        (byte[])reader.GetValue(4),
        reader.IsDBNull(5) ? "" : reader.GetString(5),
        reader.IsDBNull(6) ? null : reader.GetInt32(6),
        reader.IsDBNull(7) ? [] : Tags(reader.GetString(7)));

    private static string[] Tags(string json)
    {
        var tags = JsonNode.Parse(json)!.AsArray().Select(tag => tag!.GetValue<string>()).ToArray();
        Array.Sort(tags, StringComparer.Ordinal);
        return tags;
    }

    private async Task<T> Read<T>(Func<SqlSession, T> work)
    {
        await Initialized().ConfigureAwait(false);
        return await _database.ReadAsync(work).ConfigureAwait(false);
    }

    /// <summary>Tables are there; tries again when that failed before.</summary>
    private Task Initialized()
    {
        var initialized = Volatile.Read(ref _initialized);
        if (initialized is { IsFaulted: false })
            return initialized;
        initialized = _create.Length > 0 ? _database.InitializeAsync(_create) : Task.CompletedTask;
        Volatile.Write(ref _initialized, initialized);
        return initialized;
    }
}
