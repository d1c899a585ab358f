using Akka.Persistence.Sql.Db;

namespace Akka.Persistence.Sql.Query;

/// <summary>The read journal's SQL. Every query that gives rows has a limit as its last parameter.</summary>
internal sealed class QueryStatements
{
    public QueryStatements(SqlSettings settings, SqlDialect dialect)
    {
        string Column(string name) => settings.Column("journal", name);
        var (journal, tags) = (settings.Table("journal"), settings.Table("tags"));
        var (ordering, deleted) = (Column("ordering"), Column("deleted"));
        var (id, sequenceNr) = (Column("persistence-id"), Column("sequence-number"));
        var (tagOrdering, tag) = (settings.Column("tags", "ordering-id"), settings.Column("tags", "tag-value"));
        string[] columns = [ordering, id, sequenceNr, Column("created"), Column("message"), Column("manifest"), Column("identifier")];
        // The tags one event at a time: a join of a page with the whole table is what databases make of it when they have no statistics.
        var select = $"SELECT {string.Join(", ", columns.Select(c => "j." + c))}, "
            + $"(SELECT {dialect.JsonArray($"g.{tag}")} FROM {tags} g WHERE g.{tagOrdering} = j.{ordering})";

        OfEntity = $"{select} FROM {journal} j WHERE j.{id} = @p0 AND j.{sequenceNr} >= @p1 AND j.{sequenceNr} <= @p2 "
            + $"AND j.{deleted} = false ORDER BY j.{sequenceNr} LIMIT @p3";
        All = $"{select} FROM {journal} j WHERE j.{ordering} > @p0 AND j.{ordering} <= @p1 "
            + $"AND j.{deleted} = false ORDER BY j.{ordering} LIMIT @p2";
        WithTag = $"{select} FROM {tags} t JOIN {journal} j ON j.{ordering} = t.{tagOrdering} "
            + $"WHERE {dialect.Unindexed($"t.{tag}")} = @p0 AND t.{tagOrdering} > @p1 AND t.{tagOrdering} <= @p2 "
            + $"AND j.{deleted} = false ORDER BY t.{tagOrdering} LIMIT @p3";
        Ids = $"SELECT DISTINCT {id} FROM {journal} WHERE {id} > @p0 AND {deleted} = false ORDER BY {id} LIMIT @p1";
        IdsBehind = $"SELECT {ordering}, {id} FROM {journal} WHERE {ordering} > @p0 AND {ordering} <= @p1 AND {deleted} = false "
            + $"ORDER BY {ordering} LIMIT @p2";
        Highest = $"SELECT MAX({ordering}) FROM {journal}";
        Orderings = $"SELECT {ordering} FROM {journal} WHERE {ordering} > @p0 ORDER BY {ordering} LIMIT @p1";
    }

    /// <summary>Events of an entity from a sequence number to another.</summary>
    public string OfEntity { get; }

    /// <summary>Events behind an ordering and up to another.</summary>
    public string All { get; }

    /// <summary>Events with a tag behind an ordering and up to another.</summary>
    public string WithTag { get; }

    /// <summary>Entities behind an id, in the database's order of them.</summary>
    public string Ids { get; }

    /// <summary>Whose events are behind an ordering and up to another.</summary>
    public string IdsBehind { get; }

    /// <summary>The highest ordering.</summary>
    public string Highest { get; }

    /// <summary>The orderings behind one.</summary>
    public string Orderings { get; }
}
