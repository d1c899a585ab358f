using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence.Sql.Db;

namespace Akka.Persistence.Sql;

/// <summary>Extension of the SQL plugins: default configuration, and the databases that an actor system's plugins share.</summary>
public sealed class SqlPersistence : IExtension
{
    /// <summary>HOCON path of the journal.</summary>
    public const string JournalConfigPath = "akka.persistence.journal.sql";

    /// <summary>HOCON path of the snapshot store.</summary>
    public const string SnapshotStoreConfigPath = "akka.persistence.snapshot-store.sql";

    /// <summary>HOCON path of the read journal.</summary>
    internal const string ReadJournalConfigPath = "akka.persistence.query.journal.sql";

    private static readonly TimeSpan CloseMax = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string, string), SqlDatabase> _databases = [];
    private int _readJournals;

    /// <summary>Adds the default configuration to the system's.</summary>
    public SqlPersistence(ExtendedActorSystem system)
    {
        system.Settings.InjectTopLevelFallback(DefaultConfiguration);
        system.RegisterOnTermination(CloseAll);
    }

    /// <summary>The package's reference configuration.</summary>
    public static Config DefaultConfiguration { get; } =
        ConfigurationFactory.FromResource("Akka.Persistence.Sql.reference.conf", typeof(SqlPersistence).Assembly);

    /// <summary>The system's extension.</summary>
    public static SqlPersistence Get(ActorSystem system) => SqlPersistenceProvider.Instance.Apply(system);

    /// <summary>The database of these settings; journal and snapshot store commit together when they name the same one.</summary>
    internal SqlDatabase Open(SqlSettings settings)
    {
        lock (_lock)
        {
            var key = (settings.ProviderName, settings.ConnectionString);
            if (!_databases.TryGetValue(key, out var database))
                _databases.Add(key, database = new SqlDatabase(SqlDialect.Create(settings), settings));
            return database;
        }
    }

    /// <summary>A number for the next read journal.</summary>
    internal int NextReadJournal() => Interlocked.Increment(ref _readJournals);

    // A system that has terminated writes no more: whoever waited for that may move the file.
    private void CloseAll()
    {
        List<SqlDatabase> closing;
        lock (_lock)
        {
            closing = [.. _databases.Values];
            _databases.Clear();
        }

        foreach (var database in closing)
            database.Close();
        var open = closing.FindAll(database => !database.WaitUntilClosed(CloseMax));
        if (open.Count > 0)
            throw new TimeoutException($"Not closed within {CloseMax.TotalSeconds} s: {string.Join(", ", open.Select(database => database.Dialect.Location))}");
    }
}

/// <summary>Extension id of the SQL plugins.</summary>
public sealed class SqlPersistenceProvider : ExtensionIdProvider<SqlPersistence>
{
    internal static readonly SqlPersistenceProvider Instance = new();

    /// <inheritdoc />
    public override SqlPersistence CreateExtension(ExtendedActorSystem system) => new(system);
}
