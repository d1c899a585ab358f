using System.Data.Common;
using LinqToDB;
using LinqToDB.Data;
using LinqToDB.Interceptors;
using Mooring.StorageNode.Configuration;

namespace Mooring.StorageNode.Journal;

/// <summary>Akka.Persistence.Sql's part of the node, for <c>mooring.journal = sql</c>.</summary>
internal static class SqlJournal
{
    /// <summary>The database, for journal and snapshots, which can be written.</summary>
    /// <exception cref="NodeStartException">The configuration names none, or it cannot be written.</exception>
    public static DataOptions Open(NodeConfiguration configuration)
    {
        var options = Options(configuration);
        Check(options);
        return options;
    }

    /// <summary>Where the events are when nothing else was said.</summary>
    public static string FileOf(NodeConfiguration configuration) => Path.Combine(configuration.DataDirectory, "journal.db");

    private static DataOptions Options(NodeConfiguration configuration)
    {
        var provider = configuration.Text("sql-journal.provider-name");
        var connection = configuration.Merged.GetString("mooring.sql-journal.connection-string");
        var isSqlite = provider.StartsWith(ProviderName.SQLite, StringComparison.Ordinal);
        if (string.IsNullOrEmpty(connection))
        {
            connection = isSqlite && configuration.Backend == "embedded"
                ? $"Data Source={FileOf(configuration)}"
                : throw new NodeStartException("mooring.sql-journal.connection-string is missing");
        }
        var options = new DataOptions().UseConnectionString(provider, connection);
        return isSqlite ? options.UseInterceptor(new SqliteSharing()) : options;
    }

    private static void Check(DataOptions options)
    {
        try
        {
            using var database = new DataConnection(options);
            database.BeginTransaction();
            database.Execute("CREATE TABLE writable_check (id INTEGER)");
            database.RollbackTransaction();
        }
        catch (Exception e) when (e is LinqToDBException or DbException or IOException or ArgumentException or InvalidOperationException)
        {
            throw new NodeStartException($"the journal (mooring.sql-journal) cannot be written: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>
    /// What SQLite must be told on each connection, so that processes can share a file: without busy_timeout Microsoft.Data.Sqlite sleeps 150 ms
    /// whenever another one writes.
    /// </summary>
    private sealed class SqliteSharing : ConnectionInterceptor
    {
        public override void ConnectionOpened(ConnectionEventData eventData, DbConnection connection)
        {
            using var command = Command(connection);
            command.ExecuteNonQuery();
        }

        public override async Task ConnectionOpenedAsync(ConnectionEventData eventData, DbConnection connection, CancellationToken cancellationToken)
        {
            await using var command = Command(connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        private static DbCommand Command(DbConnection connection)
        {
            var command = connection.CreateCommand();
            command.CommandText = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL";
            return command;
        }
    }
}
