using System.Data.Common;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Akka.Persistence.Sql.Db;

/// <summary>
/// SQLite, written by several processes: write-ahead log, every commit flushed to disk, write locks taken at the beginning of a
/// transaction. Waiting for the lock is done here and not by the library, which sleeps 150 ms at a time.
/// </summary>
internal sealed class SqliteDialect : SqlDialect
{
    // SQLite's own busy handler polls after 1, 2, 5 and 10 ms within this time; then the loop in Begin starts it again.
    private const int BusyHandlerMs = 20;

    private readonly string _connectionString;
    private readonly TimeSpan _busyTimeout;
    private readonly bool _inMemory;

    public SqliteDialect(string connectionString, TimeSpan busyTimeout)
    {
        // Connections live as long as their thread; pooled ones would keep files open after that.
        var builder = new SqliteConnectionStringBuilder(connectionString) { Pooling = false };
        _inMemory = builder.Mode == SqliteOpenMode.Memory
            || builder.DataSource.Contains(":memory:", StringComparison.OrdinalIgnoreCase)
            || builder.DataSource.Contains("mode=memory", StringComparison.OrdinalIgnoreCase)
            || builder.DataSource.Length == 0;
        Location = _inMemory ? "an SQLite database in memory" : $"the SQLite file '{builder.DataSource}'";
        _connectionString = builder.ToString();
        _busyTimeout = busyTimeout;
    }

    public override string IdentityColumn => "INTEGER PRIMARY KEY AUTOINCREMENT";

    public override string BinaryType => "BLOB";

    public override string BooleanType => "BIT";

    public override string SnapshotTimeType => "BIGINT";

    public override string Location { get; }

    public override bool SingleConnection => _inMemory;

    public override bool CommitsInOrder => true;

    // Without statistics it would take the index of a column that is compared with a value, and sort everything for each page.
    public override string Unindexed(string column) => "+" + column;

    public override string JsonArray(string column) => $"json_group_array({column})";

    public override DbConnection Open()
    {
        // The library repeats commands that meet a lock for this many seconds.
        var connection = new SqliteConnection(_connectionString) { DefaultTimeout = 1 };
        try
        {
            connection.Open();
            Execute(connection, $"PRAGMA busy_timeout={BusyHandlerMs}");
            if (!_inMemory)
                UseWriteAheadLog(connection);
            Execute(connection, "PRAGMA synchronous=FULL");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public override void Begin(DbConnection connection) => ExecuteWhenFree((SqliteConnection)connection, "BEGIN IMMEDIATE");

    public override void Commit(DbConnection connection) => ExecuteWhenFree((SqliteConnection)connection, "COMMIT");

    public override void Rollback(DbConnection connection)
    {
        // Some failures have already rolled back.
        var handle = ((SqliteConnection)connection).Handle;
        if (handle is not null && raw.sqlite3_get_autocommit(handle) == 0)
            raw.sqlite3_exec(handle, "ROLLBACK");
    }

    public override bool IsConflict(Exception e) => e is SqliteException { SqliteErrorCode: raw.SQLITE_CONSTRAINT };

    public override bool IsUsableAfter(Exception e) =>
        e is SqliteException { SqliteErrorCode: raw.SQLITE_CONSTRAINT or raw.SQLITE_BUSY or raw.SQLITE_LOCKED };

    public override object ToSnapshotTime(DateTime utc) => utc.Ticks;

    public override DateTime ReadSnapshotTime(DbDataReader reader, int ordinal) => new(reader.GetInt64(ordinal), DateTimeKind.Utc);

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private void UseWriteAheadLog(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode";
        if ("wal".Equals(command.ExecuteScalar() as string, StringComparison.OrdinalIgnoreCase))
            return;
        // Changing the mode needs the file for itself for a moment.
        ExecuteWhenFree(connection, "PRAGMA journal_mode=WAL");
    }

    private void ExecuteWhenFree(SqliteConnection connection, string sql)
    {
        var handle = connection.Handle!;
        var deadline = Environment.TickCount64 + (long)_busyTimeout.TotalMilliseconds;
        while (true)
        {
            var result = raw.sqlite3_exec(handle, sql);
            if (result == raw.SQLITE_OK)
                return;
            var primary = result & 0xff;
            if (primary is not (raw.SQLITE_BUSY or raw.SQLITE_LOCKED))
                SqliteException.ThrowExceptionForRC(result, handle);
            if (Environment.TickCount64 >= deadline)
                throw new SqliteException($"{sql}: other processes kept {Location} locked for {_busyTimeout.TotalSeconds} s", primary, result);
            Thread.Sleep(1);
        }
    }
}
