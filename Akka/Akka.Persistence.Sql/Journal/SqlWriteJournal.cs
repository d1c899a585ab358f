using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Data.Common;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Persistence.Journal;
using Akka.Persistence.Sql.Db;

namespace Akka.Persistence.Sql.Journal;

/// <summary>
/// Stores events in a table. Events of all actors that wait while a commit is under way are committed together. That
/// (persistence id, sequence number) is unique stops an actor that writes although a newer incarnation of it does.
/// </summary>
public class SqlWriteJournal : AsyncWriteJournal
{
    private readonly SqlSettings _settings;
    private readonly SqlDatabase _database;
    private readonly JournalStatements _sql;
    private readonly ExtendedActorSystem _system;
    private readonly ILoggingAdapter _log;
    // An actor that restarts may ask for its highest sequence number while its last write is under way.
    private readonly ConcurrentDictionary<string, Task> _writesInProgress = new();
    private Task? _initialized;

    /// <summary>With the plugin's configuration.</summary>
    /// <exception cref="ConfigurationException">A required key is missing or a value is not supported.</exception>
    public SqlWriteJournal(Config journalConfig)
    {
        _settings = new SqlSettings(journalConfig, SqlPersistence.JournalConfigPath);
        _system = (ExtendedActorSystem)Context.System;
        _database = SqlPersistence.Get(_system).Open(_settings);
        _sql = new JournalStatements(_settings, _database.Dialect);
        _log = Context.GetLogger();
    }

    /// <inheritdoc />
    protected override void PreStart()
    {
        base.PreStart();
        _ = Initialized();
    }

    /// <inheritdoc />
    protected override async Task<IImmutableList<Exception?>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages)
    {
        var rejections = ImmutableArray.CreateBuilder<Exception?>();
        var rows = new List<JournalRow>();
        var persistenceId = "";
        foreach (var write in messages)
        {
            persistenceId = write.PersistenceId;
            rejections.Add(TrySerialize(write, rows));
        }

        if (rows.Count > 0)
            await Write(persistenceId, rows).ConfigureAwait(false);
        return rejections.ToImmutable();
    }

    /// <inheritdoc />
    public override async Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr)
    {
        if (_writesInProgress.TryGetValue(persistenceId, out var write))
            await write.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Initialized().ConfigureAwait(false);
        return await _database.ReadAsync(session => (long)(session.Scalar(_sql.Highest, persistenceId) ?? 0L)).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public override async Task ReplayMessagesAsync(
        IActorContext context,
        string persistenceId,
        long fromSequenceNr,
        long toSequenceNr,
        long max,
        Action<IPersistentRepresentation> recoveryCallback)
    {
        await Initialized().ConfigureAwait(false);
        // Page by page: no read transaction stays open while events are processed.
        for (var left = max; left > 0 && fromSequenceNr <= toSequenceNr;)
        {
            var from = fromSequenceNr;
            var limit = Math.Min(left, _settings.ReplayBatchSize);
            var rows = await _database.ReadAsync(session =>
                session.Query(_sql.Replay, reader => ReadRow(reader, persistenceId), persistenceId, from, toSequenceNr, limit)).ConfigureAwait(false);
            foreach (var row in rows)
                recoveryCallback(Deserialize(row));
            if (rows.Count < limit)
                return;
            left -= rows.Count;
            fromSequenceNr = rows[^1].SequenceNr + 1;
        }
    }

    /// <inheritdoc />
    protected override async Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr)
    {
        await Initialized().ConfigureAwait(false);
        await _database.WriteAsync(session =>
        {
            session.Execute(_sql.DeleteTags, persistenceId, toSequenceNr);
            session.Execute(_sql.DeleteEvents, persistenceId, toSequenceNr);
            session.Execute(_sql.MarkDeleted, persistenceId, toSequenceNr);
        }).ConfigureAwait(false);
    }

    private static JournalRow ReadRow(DbDataReader reader, string persistenceId) => new(
        persistenceId,
        reader.GetInt64(0),
        reader.GetInt64(1),
        (byte[])reader.GetValue(2),
        reader.IsDBNull(3) ? "" : reader.GetString(3),
        reader.IsDBNull(4) ? null : reader.GetInt32(4),
        reader.IsDBNull(5) ? "" : reader.GetString(5),
        ImmutableHashSet<string>.Empty);

    private async Task Write(string persistenceId, List<JournalRow> rows)
    {
        await Initialized().ConfigureAwait(false);
        var write = _database.WriteAsync(session => Insert(session, rows), rows.Count);
        _writesInProgress[persistenceId] = write;
        try
        {
            await write.ConfigureAwait(false);
        }
        finally
        {
            _writesInProgress.TryRemove(KeyValuePair.Create(persistenceId, write));
        }
    }

    private void Insert(SqlSession session, List<JournalRow> rows)
    {
        foreach (var row in rows)
        {
            if (row.Tags.Count == 0)
            {
                session.Execute(_sql.Insert, row.CreatedTicks, row.PersistenceId, row.SequenceNr, row.Message, row.Manifest, row.SerializerId, row.WriterUuid);
                continue;
            }

            var ordering = session.Scalar(
                _sql.InsertReturningOrdering, row.CreatedTicks, row.PersistenceId, row.SequenceNr, row.Message, row.Manifest, row.SerializerId, row.WriterUuid);
            foreach (var tag in row.Tags)
                session.Execute(_sql.InsertTag, ordering, tag, row.SequenceNr, row.PersistenceId);
        }
    }

    /// <summary>Adds the rows of a write; none and the reason when one of its events cannot be serialized.</summary>
    private Exception? TrySerialize(AtomicWrite write, List<JournalRow> rows)
    {
        var before = rows.Count;
        try
        {
            foreach (var persistent in (IImmutableList<IPersistentRepresentation>)write.Payload)
                rows.Add(Serialize(persistent));
            return null;
        }
        catch (Exception e)
        {
            rows.RemoveRange(before, rows.Count - before);
            return e;
        }
    }

    private JournalRow Serialize(IPersistentRepresentation persistent)
    {
        var (payload, tags) = persistent.Payload is Tagged tagged
            ? (tagged.Payload, tagged.Tags)
            : (persistent.Payload, ImmutableHashSet<string>.Empty);
        var serialized = SqlPayload.Serialize(_system, payload, _settings.Serializer);
        return new JournalRow(
            persistent.PersistenceId,
            persistent.SequenceNr,
            persistent.Timestamp > 0 ? persistent.Timestamp : _system.Scheduler.Now.UtcTicks,
            serialized.Bytes,
            serialized.Manifest.Length > 0 ? serialized.Manifest : persistent.Manifest,
            serialized.SerializerId,
            persistent.WriterGuid,
            tags);
    }

    private Persistent Deserialize(JournalRow row) => new(
        SqlPayload.Deserialize(_system, row.Message, row.SerializerId, row.Manifest, _settings.Serializer),
        row.SequenceNr,
        row.PersistenceId,
        row.Manifest,
        isDeleted: false,
        ActorRefs.NoSender,
        row.WriterUuid,
        row.CreatedTicks);

    /// <summary>Tables are there; tries again when that failed before.</summary>
    private Task Initialized()
    {
        var initialized = Volatile.Read(ref _initialized);
        if (initialized is { IsFaulted: false })
            return initialized;
        initialized = _settings.AutoInitialize ? Initialize() : Task.CompletedTask;
        Volatile.Write(ref _initialized, initialized);
        return initialized;
    }

    private async Task Initialize()
    {
        try
        {
            await _database.InitializeAsync(_sql.Create).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _log.Error(e, "The journal cannot be used: {0}", e.Message);
            throw;
        }
    }
}
