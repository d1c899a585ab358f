namespace Mooring.Tests.Engine.PersistenceSql;

/// <summary>An SQLite file of one test.</summary>
public sealed class SqliteFile : IDisposable
{
    private readonly TemporaryDirectory _folder = new("journal");

    public string Path => _folder["journal.db"];

    public string Hocon => HoconFor(Path);

    public static string HoconFor(string path) => $$"""
        akka.persistence {
          journal {
            plugin = "akka.persistence.journal.sql"
            sql {
              class = "Akka.Persistence.Sql.Journal.SqlWriteJournal, Akka.Persistence.Sql"
              connection-string = "Data Source={{path}}"
              provider-name = "SQLite.MS"
            }
          }
          snapshot-store {
            plugin = "akka.persistence.snapshot-store.sql"
            sql {
              class = "Akka.Persistence.Sql.Snapshot.SqlSnapshotStore, Akka.Persistence.Sql"
              connection-string = "Data Source={{path}}"
              provider-name = "SQLite.MS"
            }
          }
        }
        """;

    public void Dispose() => _folder.Dispose();
}
