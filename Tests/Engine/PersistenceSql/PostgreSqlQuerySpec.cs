using System.Text;
using Akka.Persistence.Query;
using Akka.Persistence.Sql.Query;
using Npgsql;

namespace Mooring.Tests.Engine.PersistenceSql;

/// <summary>The queries' contract on PostgreSQL.</summary>
[NeedsPostgreSql]
[Collection(nameof(PostgreSqlCollection))]
public sealed class PostgreSqlQuerySpec : QueryContract
{
    public PostgreSqlQuerySpec(PostgreSqlServer server)
        : this(server.CreateDatabase())
    {
    }

    private PostgreSqlQuerySpec(string connectionString)
        : base(PostgreSql.Hocon(connectionString), connectionString, "PostgreSQL.15")
    {
    }
}

/// <summary>On PostgreSQL transactions commit in another order than they take the numbers of their rows.</summary>
[NeedsPostgreSql]
[Collection(nameof(PostgreSqlCollection))]
public sealed class PostgreSqlGapSpec : QueryTestKit
{
    private const string Provider = "PostgreSQL.15";
    private readonly string _connectionString;

    public PostgreSqlGapSpec(PostgreSqlServer server)
        : this(server.CreateDatabase())
    {
    }

    private PostgreSqlGapSpec(string connectionString)
        : base(
            PostgreSql.Hocon(connectionString),
            connectionString,
            Provider,
            ReadJournal("test.patient", connectionString, Provider, "refresh-interval = 50ms, journal-sequence-retrieval.query-delay = 1h"))
        => _connectionString = connectionString;

    [ContractFact]
    public async Task An_event_whose_transaction_commits_late_is_not_skipped_and_comes_in_order()
    {
        var patient = Sys.ReadJournalFor<SqlReadJournal>("test.patient");
        Store("a", "red 1");
        var (tag, all, entity) = (
            Follow(patient.EventsByTag("red", Offset.NoOffset())), Follow(patient.AllEvents(Offset.NoOffset())), Follow(patient.EventsByPersistenceId("a", 0, long.MaxValue)));
        Expect(tag, "red 1");
        Expect(all, "red 1");
        await using var held = await Hold("red held");

        Store("a", "red 2", "red 3");
        // The entity's own query need not wait; it shows that the others have been told of these events too.
        Expect(entity, "red 1", "red 2", "red 3");
        var current = Follow(patient.CurrentAllEvents(Offset.NoOffset()));
        Expect(current, "red 1");

        await held.CommitAsync();
        Expect(tag, "red held", "red 2", "red 3");
        Expect(all, "red held", "red 2", "red 3");
        Expect(current, "red held", "red 2", "red 3");
        current.ExpectMsg("completed");
    }

    [ContractFact]
    public async Task A_transaction_that_is_rolled_back_is_waited_for_only_so_long()
    {
        Store("a", "red 1");
        var probe = Follow(Queries.EventsByTag("red", Offset.NoOffset()));
        Expect(probe, "red 1");
        var held = await Hold("red held");
        Store("a", "red 2");
        await held.RollbackAsync();
        await held.DisposeAsync();
        Expect(probe, "red 2");
        Store("a", "red 3");
        Expect(probe, "red 3");
    }

    [ContractFact]
    public async Task A_row_behind_a_gap_that_is_as_old_as_the_journal_is_found()
    {
        await using (var connection = new NpgsqlConnection(_connectionString))
        {
            Store("a", Numbered("red ", 30));
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand("DELETE FROM journal WHERE ordering IN (3, 4, 25)", connection);
            Assert.Equal(3, await command.ExecuteNonQueryAsync());
        }
        Assert.Equal(27, Data(Queries.CurrentAllEvents(Offset.NoOffset())).Count);
    }

    /// <summary>An event that is written but not committed.</summary>
    private async Task<NpgsqlTransaction> Hold(string data)
    {
        var connection = new NpgsqlConnection(_connectionString);
        await connection.OpenAsync();
        var transaction = await connection.BeginTransactionAsync();
        await using var insert = new NpgsqlCommand(
            """
            WITH event AS (
              INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid)
              VALUES (1, false, 'held', 1, @message, 'T', 9001, 'w') RETURNING ordering)
            INSERT INTO tags (ordering_id, tag, sequence_nr, persistence_id) SELECT ordering, 'red', 1, 'held' FROM event
            """,
            connection);
        insert.Parameters.AddWithValue("message", Encoding.UTF8.GetBytes(data));
        Assert.Equal(1, await insert.ExecuteNonQueryAsync());
        return transaction;
    }
}
