using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Sql;
using Akka.Persistence.Sql.Db;
using Mooring.Tests.Engine.Persistence;
using Npgsql;

namespace Mooring.Tests.Engine.PersistenceSql;

internal static class PostgreSql
{
    public static string Hocon(string connectionString) => SqliteFile.HoconFor("")
        .Replace("\"Data Source=\"", $"\"{connectionString}\"", StringComparison.Ordinal)
        .Replace("SQLite.MS", "PostgreSQL.15", StringComparison.Ordinal);
}

/// <summary>The journal's contract on PostgreSQL.</summary>
[NeedsPostgreSql]
[Collection(nameof(PostgreSqlCollection))]
public sealed class PostgreSqlJournalSpec(PostgreSqlServer server) : JournalContract(PostgreSql.Hocon(server.CreateDatabase()));

/// <summary>The snapshot store's contract on PostgreSQL.</summary>
[NeedsPostgreSql]
[Collection(nameof(PostgreSqlCollection))]
public sealed class PostgreSqlSnapshotStoreSpec(PostgreSqlServer server) : SnapshotContract(PostgreSql.Hocon(server.CreateDatabase()));

/// <summary>What the SQL plugins on PostgreSQL do beyond the contracts.</summary>
[NeedsPostgreSql]
[Collection(nameof(PostgreSqlCollection))]
public sealed class PostgreSqlSpec : PersistenceTestKit
{
    private readonly string _connectionString;
    private readonly string _id = "pg-" + Guid.NewGuid();

    public PostgreSqlSpec(PostgreSqlServer server)
        : this(server.CreateDatabase())
    {
    }

    private PostgreSqlSpec(string connectionString)
        : base(PostgreSql.Hocon(connectionString) + """

            akka.persistence.journal.sql {
              event-adapters { tagging = "Mooring.Tests.Engine.PersistenceSql.SqlWriteJournalSpec+Tagging, Mooring.Tests.Engine" }
              event-adapter-bindings { "Mooring.Tests.Engine.Persistence.TestEvent, Mooring.Tests.Engine" = tagging }
            }
            """) => _connectionString = connectionString;

    [ContractFact]
    public void Events_and_snapshots_come_back()
    {
        var actor = Start(_id, (a, command) =>
        {
            switch (command)
            {
                case "snap":
                    a.SaveSnapshot(new TestEvent("state"));
                    break;
                case string data:
                    a.PersistAndReport(data);
                    break;
                default:
                    a.Report(command);
                    break;
            }
        });
        foreach (var data in new[] { "1", "2", "3" })
        {
            actor.Tell(data);
            ExpectMsg(new TestEvent(data));
        }

        actor.Tell("snap");
        ExpectMsg<SaveSnapshotSuccess>();
        StopAndWait(actor);
        Assert.Equal([new TestEvent("1"), new TestEvent("2"), new TestEvent("3")], RecoverAll(_id, new Recovery(SnapshotSelectionCriteria.None)));
        Assert.Equal(new TestEvent("state"), Assert.IsType<SnapshotOffer>(RecoverAll(_id)[0]).Snapshot);
    }

    [ContractFact]
    public void The_second_writer_of_a_sequence_number_is_refused()
    {
        using var other = ActorSystem.Create("other", ConfigurationFactory.ParseString(PostgreSql.Hocon(_connectionString) + "\n" + TestEventSerializer.Hocon));
        var mine = Start(_id, PersistEach);
        var stale = other.ActorOf(Scripted.Props(_id, TestActor, PersistEach));
        ExpectMsg<Recovered>();
        mine.Tell("1");
        ExpectMsg(new TestEvent("1"));
        stale.Tell("2");
        Assert.Equal(1, ExpectMsg<PersistFailed>().SequenceNr);
    }

    [ContractFact]
    public void Twenty_actors_share_commits_and_one_that_conflicts_fails_alone()
    {
        using var other = ActorSystem.Create("other", ConfigurationFactory.ParseString(PostgreSql.Hocon(_connectionString) + "\n" + TestEventSerializer.Hocon));
        var actors = Enumerable.Range(0, 20).Select(i => Start("actor-" + i, PersistEach)).ToArray();
        var rival = other.ActorOf(Scripted.Props("actor-7", CreateTestProbe().Ref, PersistEach));
        rival.Tell("rival");
        AwaitCondition(() => Count("SELECT count(*) FROM journal") == 1);
        var before = Database.Commits;

        for (var i = 0; i < 20; i++)
            foreach (var actor in actors)
                actor.Tell(i.ToString());

        // all events of the others are stored; the rival's number is not given twice
        var stored = new List<object>();
        for (var left = (20 * 19) + 1; left > 0; left--)
            stored.Add(ExpectMsg<object>());
        Assert.Single(stored.OfType<PersistFailed>());
        Assert.Equal((20 * 19) + 1, Count("SELECT count(*) FROM journal"));
        Assert.True(Database.Commits - before < 300, $"{Database.Commits - before} commits");
    }

    [ContractFact]
    public void Tags_are_rows_of_their_own_that_go_with_the_event()
    {
        var actor = Start(_id, (a, command) =>
        {
            if (command is string data) a.PersistAndReport(data);
            else if (command is long to) a.DeleteMessages(to);
            else a.Report(command);
        });
        actor.Tell("tagged");
        ExpectMsg(new TestEvent("tagged"));
        actor.Tell("plain");
        ExpectMsg(new TestEvent("plain"));
        Assert.Equal(2, Count("SELECT count(*) FROM tags t JOIN journal j ON j.ordering = t.ordering_id WHERE j.sequence_number = 1 AND t.tag IN ('red', 'blue')"));
        Assert.Equal(2, Count("SELECT count(*) FROM tags"));
        actor.Tell(1L);
        ExpectMsg<DeleteMessagesSuccess>();
        Assert.Equal(0, Count("SELECT count(*) FROM tags"));
    }

    private SqlDatabase Database => SqlPersistence.Get(Sys).Open(new SqlSettings(
        Sys.Settings.Config.GetConfig(SqlPersistence.JournalConfigPath), SqlPersistence.JournalConfigPath));

    private long Count(string sql)
    {
        using var connection = new NpgsqlConnection(_connectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
}
