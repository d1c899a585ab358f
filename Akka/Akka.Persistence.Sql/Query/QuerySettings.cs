using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence.Sql.Db;

namespace Akka.Persistence.Sql.Query;

/// <summary>What a read journal's configuration says.</summary>
internal sealed class QuerySettings
{
    public QuerySettings(ExtendedActorSystem system, Config config)
    {
        const string Path = SqlPersistence.ReadJournalConfigPath;
        SqlPersistence.Get(system);
        config = config.WithFallback(SqlPersistence.DefaultConfiguration.GetConfig(Path));
        Sql = new SqlSettings(config, Path);
        WritePlugin = config.GetString("write-plugin");
        PageSize = Positive("max-buffer-size");
        RefreshInterval = config.GetTimeSpan("refresh-interval");
        GapBatchSize = Positive("journal-sequence-retrieval.batch-size");
        GapTries = Positive("journal-sequence-retrieval.max-tries");
        GapDelay = config.GetTimeSpan("journal-sequence-retrieval.query-delay");
        if (config.GetString("tag-read-mode") is { } mode && !mode.Equals("TagTable", StringComparison.OrdinalIgnoreCase))
            throw new ConfigurationException($"{Path}.tag-read-mode: only 'TagTable' is supported, not '{mode}'");

        // Who writes to the same database shares its threads and says how many there are and whether there are tables to create.
        var writer = Persistence.Instance.Apply(system).JournalConfigFor(WritePlugin);
        if (writer.GetString("connection-string") == Sql.ConnectionString && writer.GetString("provider-name") == Sql.ProviderName)
            Writer = new SqlSettings(writer, SqlPersistence.JournalConfigPath);

        int Positive(string key) => config.GetInt(key) is > 0 and var value
            ? value
            : throw new ConfigurationException($"{Path}.{key} must be positive, not {config.GetInt(key)}");
    }

    public SqlSettings Sql { get; }

    /// <summary>The settings of the journal that writes, when it is there in this process's configuration and writes to the same database.</summary>
    public SqlSettings? Writer { get; }

    /// <summary>HOCON path of the journal that writes.</summary>
    public string WritePlugin { get; }

    /// <summary>Most events that a query holds.</summary>
    public int PageSize { get; }

    /// <summary>How long an event that another process stored waits at most to be seen.</summary>
    public TimeSpan RefreshInterval { get; }

    /// <summary>Most rows of one look for gaps.</summary>
    public int GapBatchSize { get; }

    /// <summary>So many looks a gap is waited for.</summary>
    public int GapTries { get; }

    /// <summary>Time between the looks that count.</summary>
    public TimeSpan GapDelay { get; }
}
