using System.Data.Common;
using Npgsql;

namespace Akka.Persistence.Sql.Db;

/// <summary>PostgreSQL through Npgsql.</summary>
internal sealed class PostgreSqlDialect(string connectionString) : SqlDialect
{
    public override string IdentityColumn => "BIGSERIAL PRIMARY KEY";

    public override string BinaryType => "BYTEA";

    public override string BooleanType => "BOOLEAN";

    public override string SnapshotTimeType => "TIMESTAMP";

    public override string Location
    {
        get
        {
            var builder = new NpgsqlConnectionStringBuilder(connectionString);
            return $"the PostgreSQL database '{builder.Database}' at {builder.Host}:{builder.Port}";
        }
    }

    // "IF NOT EXISTS" fails when two transactions create the same table; the number is this package's own.
    public override string InitializationLock => "SELECT pg_advisory_xact_lock(7710317)";

    public override string JsonArray(string column) => $"CAST(json_agg({column}) AS TEXT)";

    public override DbConnection Open()
    {
        var connection = new NpgsqlConnection(connectionString);
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public override void Begin(DbConnection connection) => Execute(connection, "BEGIN");

    public override void Commit(DbConnection connection) => Execute(connection, "COMMIT");

    public override void Rollback(DbConnection connection) => Execute(connection, "ROLLBACK");

    public override bool IsConflict(Exception e) => e is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    public override bool IsUsableAfter(Exception e) => IsConflict(e);

    // The column has no time zone; Npgsql insists on a value without one.
    public override object ToSnapshotTime(DateTime utc) => DateTime.SpecifyKind(
        utc == DateTime.MaxValue ? utc.AddTicks(-(utc.Ticks % TimeSpan.TicksPerMicrosecond)) : utc, DateTimeKind.Unspecified);

    public override DateTime ReadSnapshotTime(DbDataReader reader, int ordinal) => DateTime.SpecifyKind(reader.GetDateTime(ordinal), DateTimeKind.Utc);

    private static void Execute(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
