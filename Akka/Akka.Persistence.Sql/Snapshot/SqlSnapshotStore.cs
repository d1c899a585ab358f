using System.Data.Common;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Persistence.Snapshot;
using Akka.Persistence.Sql.Db;

namespace Akka.Persistence.Sql.Snapshot;

/// <summary>Stores snapshots in a table.</summary>
public class SqlSnapshotStore : SnapshotStore
{
    private readonly SqlSettings _settings;
    private readonly SqlDatabase _database;
    private readonly SnapshotStatements _sql;
    private readonly ExtendedActorSystem _system;
    private readonly ILoggingAdapter _log;
    private Task? _initialized;

    /// <summary>With the plugin's configuration.</summary>
    /// <exception cref="ConfigurationException">A required key is missing or a value is not supported.</exception>
    public SqlSnapshotStore(Config snapshotConfig)
    {
        _settings = new SqlSettings(snapshotConfig, SqlPersistence.SnapshotStoreConfigPath);
        _system = (ExtendedActorSystem)Context.System;
        _database = SqlPersistence.Get(_system).Open(_settings);
        _sql = new SnapshotStatements(_settings, _database.Dialect);
        _log = Context.GetLogger();
    }

    /// <inheritdoc />
    protected override void PreStart()
    {
        base.PreStart();
        _ = Initialized();
    }

    /// <inheritdoc />
    protected override async Task<SelectedSnapshot?> LoadAsync(string persistenceId, SnapshotSelectionCriteria criteria)
    {
        await Initialized().ConfigureAwait(false);
        var (from, to) = Times(criteria);
        var rows = await _database.ReadAsync(session => session.Query(
            _sql.Load, ReadRow, persistenceId, criteria.MinSequenceNr, criteria.MaxSequenceNr, from, to)).ConfigureAwait(false);
        if (rows.Count == 0)
            return null;
        var row = rows[0];
        var snapshot = SqlPayload.Deserialize(_system, row.Bytes, row.SerializerId, row.Manifest, _settings.Serializer);
        return new SelectedSnapshot(new SnapshotMetadata(persistenceId, row.SequenceNr, row.Created), snapshot);
    }

    /// <inheritdoc />
    protected override async Task SaveAsync(SnapshotMetadata metadata, object snapshot)
    {
        var payload = SqlPayload.Serialize(_system, snapshot, _settings.Serializer);
        var created = _database.Dialect.ToSnapshotTime(metadata.Timestamp);
        await Initialized().ConfigureAwait(false);
        await _database.WriteAsync(session => session.Execute(
            _sql.Save, metadata.PersistenceId, metadata.SequenceNr, created, payload.Bytes, payload.Manifest, payload.SerializerId)).ConfigureAwait(false);
    }

    /// <inheritdoc />
    protected override Task DeleteAsync(SnapshotMetadata metadata) => DeleteAsync(
        metadata.PersistenceId,
        metadata.Timestamp == DateTime.MinValue
            ? new SnapshotSelectionCriteria(metadata.SequenceNr, DateTime.MaxValue, metadata.SequenceNr)
            : new SnapshotSelectionCriteria(metadata.SequenceNr, metadata.Timestamp, metadata.SequenceNr, metadata.Timestamp));

    /// <inheritdoc />
    protected override async Task DeleteAsync(string persistenceId, SnapshotSelectionCriteria criteria)
    {
        await Initialized().ConfigureAwait(false);
        var (from, to) = Times(criteria);
        await _database.WriteAsync(session => session.Execute(
            _sql.Delete, persistenceId, criteria.MinSequenceNr, criteria.MaxSequenceNr, from, to)).ConfigureAwait(false);
    }

    private (object From, object To) Times(SnapshotSelectionCriteria criteria) =>
        (_database.Dialect.ToSnapshotTime(criteria.MinTimestamp ?? DateTime.MinValue), _database.Dialect.ToSnapshotTime(criteria.MaxTimeStamp));

    private Row ReadRow(DbDataReader reader) => new(
        reader.GetInt64(0),
        _database.Dialect.ReadSnapshotTime(reader, 1),
        (byte[])reader.GetValue(2),
        reader.IsDBNull(3) ? "" : reader.GetString(3),
        reader.IsDBNull(4) ? null : reader.GetInt32(4));

    /// <summary>The table is there; tries again when that failed before.</summary>
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
            _log.Error(e, "The snapshot store cannot be used: {0}", e.Message);
            throw;
        }
    }

    private sealed record Row(long SequenceNr, DateTime Created, byte[] Bytes, string Manifest, int? SerializerId);
}
