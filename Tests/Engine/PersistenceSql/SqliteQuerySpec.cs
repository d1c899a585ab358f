using Akka.Configuration;
using Akka.Persistence.Query;
using Akka.Persistence.Sql.Query;
using Akka.Streams;

namespace Mooring.Tests.Engine.PersistenceSql;

/// <summary>The queries' contract on SQLite.</summary>
public sealed class SqliteQuerySpec : QueryContract
{
    private readonly SqliteFile _file;

    public SqliteQuerySpec()
        : this(new SqliteFile())
    {
    }

    private SqliteQuerySpec(SqliteFile file)
        : base(file.Hocon, $"Data Source={file.Path}", "SQLite.MS") => _file = file;

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _file.Dispose();
    }
}

/// <summary>Read journals that cannot be used say so.</summary>
public sealed class SqlReadJournalFailureSpec() : Akka.TestKit.Xunit2.TestKit(Generous.Hocon + """

    akka.persistence.query.journal.sql {
      class = "Akka.Persistence.Sql.Query.SqlReadJournalProvider, Akka.Persistence.Sql"
      connection-string = "Data Source=/nonexistent/journal.db"
      provider-name = "SQLite.MS"
    }
    test.nothing.class = "Akka.Persistence.Sql.Query.SqlReadJournalProvider, Akka.Persistence.Sql"
    test.no-pages { class = "Akka.Persistence.Sql.Query.SqlReadJournalProvider, Akka.Persistence.Sql", max-buffer-size = 0, connection-string = x, provider-name = "SQLite.MS" }
    test.csv { class = "Akka.Persistence.Sql.Query.SqlReadJournalProvider, Akka.Persistence.Sql", tag-read-mode = Csv, connection-string = x, provider-name = "SQLite.MS" }
    """)
{
    [Fact]
    public async Task A_query_that_cannot_read_fails_with_the_name_of_the_database()
    {
        using var materializer = Sys.Materializer();
        var queries = Sys.ReadJournalFor<SqlReadJournal>(SqlReadJournal.Identifier);
        foreach (var query in new[]
        {
            queries.EventsByTag("red", Offset.NoOffset()),
            queries.CurrentAllEvents(Offset.NoOffset()),
            queries.EventsByPersistenceId("a", 0, long.MaxValue),
        })
        {
            var failure = await Assert.ThrowsAnyAsync<Exception>(() => query.RunForeach(_ => { }, materializer).WaitAsync(TimeSpan.FromSeconds(30)));
            Assert.Contains("/nonexistent/journal.db", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_is_not_configured_is_named()
    {
        Assert.Contains("connection-string", Cause("test.nothing").Message, StringComparison.Ordinal);
        Assert.Contains("'Csv'", Cause("test.csv").Message, StringComparison.Ordinal);
        Assert.Contains("max-buffer-size", Cause("test.no-pages").Message, StringComparison.Ordinal);
    }

    private ConfigurationException Cause(string path)
    {
        var thrown = Assert.ThrowsAny<Exception>(() => Sys.ReadJournalFor<SqlReadJournal>(path));
        return Assert.IsType<ConfigurationException>(thrown.InnerException ?? thrown);
    }
}
