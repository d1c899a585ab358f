using Akka.Persistence.Sql.Db;

namespace Akka.Persistence.Sql.Journal;

/// <summary>The journal's SQL, for the names that the configuration gives.</summary>
internal sealed class JournalStatements
{
    public JournalStatements(SqlSettings settings, SqlDialect dialect)
    {
        string Column(string name) => settings.Column("journal", name);
        var journal = settings.Table("journal");
        var tags = settings.Table("tags");
        var (id, sequenceNr, deleted) = (Column("persistence-id"), Column("sequence-number"), Column("deleted"));
        var (tagOrdering, tag) = (settings.Column("tags", "ordering-id"), settings.Column("tags", "tag-value"));
        var (tagId, tagSequenceNr) = (settings.Column("tags", "persistence-id"), settings.Column("tags", "sequence-nr"));
        string Index(string table, string suffix) => SqlSettings.Quoted(settings.TableName(table) + suffix);

        Create =
        [
            $"""
            CREATE TABLE IF NOT EXISTS {journal} (
              {Column("ordering")} {dialect.IdentityColumn},
              {Column("created")} BIGINT NOT NULL,
              {deleted} {dialect.BooleanType} NOT NULL,
              {id} VARCHAR(255) NOT NULL,
              {sequenceNr} BIGINT NOT NULL,
              {Column("message")} {dialect.BinaryType} NOT NULL,
              {Column("manifest")} VARCHAR(500),
              {Column("identifier")} INTEGER,
              {Column("writer-uuid")} VARCHAR(128))
            """,
            $"CREATE UNIQUE INDEX IF NOT EXISTS {Index("journal", "_uq")} ON {journal} ({id}, {sequenceNr})",
            $"""
            CREATE TABLE IF NOT EXISTS {tags} (
              {tagOrdering} BIGINT NOT NULL,
              {tag} VARCHAR(64) NOT NULL,
              {tagSequenceNr} BIGINT NOT NULL,
              {tagId} VARCHAR(255) NOT NULL,
              PRIMARY KEY ({tagOrdering}, {tag}))
            """,
            $"CREATE INDEX IF NOT EXISTS {Index("tags", "_persistence_id_sequence_nr_idx")} ON {tags} ({tagId}, {tagSequenceNr})",
            $"CREATE INDEX IF NOT EXISTS {Index("tags", "_tag_idx")} ON {tags} ({tag})",
        ];
        Insert = $"INSERT INTO {journal} ({Column("created")}, {deleted}, {id}, {sequenceNr}, {Column("message")}, {Column("manifest")}, "
            + $"{Column("identifier")}, {Column("writer-uuid")}) VALUES (@p0, false, @p1, @p2, @p3, @p4, @p5, @p6)";
        InsertReturningOrdering = Insert + $" RETURNING {Column("ordering")}";
        InsertTag = $"INSERT INTO {tags} ({tagOrdering}, {tag}, {tagSequenceNr}, {tagId}) VALUES (@p0, @p1, @p2, @p3)";
        Highest = $"SELECT {sequenceNr} FROM {journal} WHERE {id} = @p0 ORDER BY {sequenceNr} DESC LIMIT 1";
        Replay = $"SELECT {sequenceNr}, {Column("created")}, {Column("message")}, {Column("manifest")}, {Column("identifier")}, {Column("writer-uuid")} "
            + $"FROM {journal} WHERE {id} = @p0 AND {sequenceNr} >= @p1 AND {sequenceNr} <= @p2 AND {deleted} = false ORDER BY {sequenceNr} LIMIT @p3";
        DeleteTags = $"DELETE FROM {tags} WHERE {tagId} = @p0 AND {tagSequenceNr} <= @p1";
        DeleteEvents = $"DELETE FROM {journal} WHERE {id} = @p0 AND {sequenceNr} <= @p1 "
            + $"AND {sequenceNr} < (SELECT MAX({sequenceNr}) FROM {journal} WHERE {id} = @p0)";
        MarkDeleted = $"UPDATE {journal} SET {deleted} = true WHERE {id} = @p0 AND {sequenceNr} <= @p1";
    }

    public string[] Create { get; }

    public string Insert { get; }

    public string InsertReturningOrdering { get; }

    public string InsertTag { get; }

    public string Highest { get; }

    public string Replay { get; }

    public string DeleteTags { get; }

    /// <summary>All but the last event of the entity: that one keeps its highest sequence number.</summary>
    public string DeleteEvents { get; }

    public string MarkDeleted { get; }
}
