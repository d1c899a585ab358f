using Akka.Actor;
using Microsoft.Data.Sqlite;
using Mooring.Actors.Journal;
using Mooring.Storage;
using Mooring.Storage.Ceph;
using Mooring.Storage.Embedded;
using Mooring.StorageNode.Configuration;

namespace Mooring.StorageNode;

/// <summary>The block store and the journal that a configuration names.</summary>
internal sealed class StoreFactory(NodeConfiguration configuration) : IAsyncDisposable
{
    private CephEventLog? _log;

    public IBlockStoreProvider Provider { get; } = configuration.Backend == "ceph"
        ? new CephStoreProvider(new CephStoreOptions
        {
            ConfigFile = configuration.Text("ceph.config-file"),
            Client = "client." + configuration.Text("ceph.user"),
            MetadataPool = configuration.Text("ceph.metadata-pool"),
            ConnectTimeout = configuration.Time("ceph.connect-timeout"),
            OsdOperationTimeout = configuration.Time("ceph.op-timeout"),
            MonitorOperationTimeout = configuration.Time("ceph.op-timeout"),
        })
        : new EmbeddedStoreProvider(new EmbeddedStoreOptions
        {
            Directory = configuration.DataDirectory,
            Pools = configuration.Texts("embedded.pools"),
            BusyTimeout = configuration.Time("embedded.busy-timeout"),
        });

    private string JournalFile => Path.Combine(configuration.DataDirectory, "journal.db");

    /// <summary>Where the actor system finds its journal.</summary>
    public string JournalHocon() => configuration.Backend == "ceph"
        ? """
          akka.persistence.journal.plugin = "akka.persistence.journal.rados"
          akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.rados"
          """
        : $"""
          akka.persistence.journal.sql.connection-string = "Data Source={JournalFile}"
          akka.persistence.snapshot-store.sql.connection-string = "Data Source={JournalFile}"
          """;

    /// <summary>Makes sure that the journal can be written.</summary>
    /// <exception cref="NodeStartException">It cannot.</exception>
    public void CheckJournal()
    {
        if (configuration.Backend == "ceph")
            return;
        try
        {
            Directory.CreateDirectory(configuration.DataDirectory);
            using var connection = new SqliteConnection($"Data Source={JournalFile};Pooling=False");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS writable_check (id INTEGER); ROLLBACK;";
            command.ExecuteNonQuery();
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new NodeStartException($"the journal {JournalFile} cannot be written: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>Opens what the journal plugin needs.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Completes when an actor system can be given its journal.</returns>
    public async Task OpenJournalAsync(CancellationToken cancellationToken)
    {
        if (Provider is CephStoreProvider ceph)
            _log = await ceph.OpenEventLogAsync("journal", cancellationToken);
    }

    /// <summary>Gives an actor system its journal, before anything is persisted there.</summary>
    /// <param name="system">The actor system.</param>
    public void GiveJournal(ActorSystem system)
    {
        if (_log is not null)
            EventLogExtension.Register(system, _log);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_log is not null)
            await _log.DisposeAsync();
        await Provider.DisposeAsync();
    }
}
