using Akka.Persistence.Sql.Db;

namespace Akka.Persistence.Sql.Snapshot;

/// <summary>The snapshot store's SQL, for the names that the configuration gives.</summary>
internal sealed class SnapshotStatements
{
    public SnapshotStatements(SqlSettings settings, SqlDialect dialect)
    {
        string Column(string name) => settings.Column("snapshot", name);
        var table = settings.Table("snapshot");
        var (id, sequenceNr, created) = (Column("persistence-id"), Column("sequence-number"), Column("created"));
        var (snapshot, manifest, serializerId) = (Column("snapshot"), Column("manifest"), Column("serializerId"));
        var where = $"WHERE {id} = @p0 AND {sequenceNr} >= @p1 AND {sequenceNr} <= @p2 AND {created} >= @p3 AND {created} <= @p4";

        Create = $"""
            CREATE TABLE IF NOT EXISTS {table} (
              {id} VARCHAR(255) NOT NULL,
              {sequenceNr} BIGINT NOT NULL,
              {created} {dialect.SnapshotTimeType} NOT NULL,
              {snapshot} {dialect.BinaryType} NOT NULL,
              {manifest} VARCHAR(500),
              {serializerId} INTEGER,
              PRIMARY KEY ({id}, {sequenceNr}))
            """;
        Load = $"SELECT {sequenceNr}, {created}, {snapshot}, {manifest}, {serializerId} FROM {table} {where} ORDER BY {sequenceNr} DESC LIMIT 1";
        Save = $"INSERT INTO {table} ({id}, {sequenceNr}, {created}, {snapshot}, {manifest}, {serializerId}) VALUES (@p0, @p1, @p2, @p3, @p4, @p5) "
            + $"ON CONFLICT ({id}, {sequenceNr}) DO UPDATE SET {created} = EXCLUDED.{created}, {snapshot} = EXCLUDED.{snapshot}, "
            + $"{manifest} = EXCLUDED.{manifest}, {serializerId} = EXCLUDED.{serializerId}";
        Delete = $"DELETE FROM {table} {where}";
    }

    public string Create { get; }

    public string Load { get; }

    public string Save { get; }

    public string Delete { get; }
}
