using Akka.Configuration;

namespace Akka.Persistence.Sql.Db;

/// <summary>What a SQL plugin's configuration says about its database.</summary>
internal sealed class SqlSettings
{
    private readonly Config _config;

    public SqlSettings(Config config, string path)
    {
        _config = config.WithFallback(SqlPersistence.DefaultConfiguration.GetConfig(path));
        ConnectionString = Required("connection-string", path);
        ProviderName = Required("provider-name", path);
        BufferSize = _config.GetInt("buffer-size");
        MaxBatchSize = _config.GetInt("db-round-trip-max-batch-size");
        ReplayBatchSize = Math.Max(1, _config.GetInt("replay-batch-size", 1000));
        Parallelism = Math.Max(1, _config.GetInt("parallelism"));
        AutoInitialize = _config.GetBoolean("auto-initialize", true);
        Serializer = Optional("serializer");
        // A write must have failed before the circuit breaker gives it up: what the breaker gave up is in doubt.
        BusyTimeout = _config.GetTimeSpan("circuit-breaker.call-timeout", TimeSpan.FromSeconds(10)) * 0.8;
        if (Optional("table-mapping") is { } mapping && mapping != "default")
            throw new ConfigurationException($"{path}.table-mapping: only the 'default' mapping is supported, not '{mapping}'");
        if (Optional("tag-write-mode") is { } mode && !mode.Equals("TagTable", StringComparison.OrdinalIgnoreCase))
            throw new ConfigurationException($"{path}.tag-write-mode: only 'TagTable' is supported, not '{mode}'");
    }

    public string ConnectionString { get; }

    public string ProviderName { get; }

    public int BufferSize { get; }

    public int MaxBatchSize { get; }

    public int ReplayBatchSize { get; }

    public int Parallelism { get; }

    public bool AutoInitialize { get; }

    public string? Serializer { get; }

    public TimeSpan BusyTimeout { get; }

    /// <summary>A table's quoted name with its schema.</summary>
    public string Table(string table)
    {
        var schema = Optional("default.schema-name");
        var name = Quoted(TableName(table));
        return schema is null ? name : Quoted(schema) + "." + name;
    }

    public string TableName(string table) => _config.GetString($"default.{table}.table-name", table);

    /// <summary>A column's quoted name.</summary>
    public string Column(string table, string column) => Quoted(_config.GetString($"default.{table}.columns.{column}"));

    public static string Quoted(string name) => "\"" + name.Replace("\"", "\"\"") + "\"";

    private string Required(string key, string path) => Optional(key)
        ?? throw new ConfigurationException($"{path}.{key} is required");

    private string? Optional(string key) =>
        _config.GetString(key) is { Length: > 0 } value && !value.Equals("null", StringComparison.OrdinalIgnoreCase) ? value : null;
}
