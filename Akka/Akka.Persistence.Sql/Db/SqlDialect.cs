using System.Data.Common;
using Akka.Configuration;

namespace Akka.Persistence.Sql.Db;

/// <summary>In what database systems differ.</summary>
internal abstract class SqlDialect
{
    /// <summary>Type of an identity column that is the primary key.</summary>
    public abstract string IdentityColumn { get; }

    public abstract string BinaryType { get; }

    public abstract string BooleanType { get; }

    /// <summary>Type of the time of a snapshot.</summary>
    public abstract string SnapshotTimeType { get; }

    /// <summary>Where the data is, for error messages.</summary>
    public abstract string Location { get; }

    /// <summary>Whether all work has to use one connection (databases in memory).</summary>
    public virtual bool SingleConnection => false;

    /// <summary>Whether transactions commit in the order in which they got the values of their identity columns: one writes at a time.</summary>
    public virtual bool CommitsInOrder => false;

    /// <summary>Lets only one process at a time create tables, until its transaction ends; null where transactions do that anyway.</summary>
    public virtual string? InitializationLock => null;

    /// <summary>A column for a comparison that no index of this column is used for; the column itself where the database knows better.</summary>
    public virtual string Unindexed(string column) => column;

    /// <summary>An aggregate: the column's values of all rows as the text of a JSON array, in no order.</summary>
    public abstract string JsonArray(string column);

    /// <exception cref="ConfigurationException">The provider is not supported.</exception>
    public static SqlDialect Create(SqlSettings settings)
    {
        if (settings.ProviderName.StartsWith("SQLite", StringComparison.OrdinalIgnoreCase))
            return new SqliteDialect(settings.ConnectionString, settings.BusyTimeout);
        if (settings.ProviderName.StartsWith("PostgreSQL", StringComparison.OrdinalIgnoreCase))
            return new PostgreSqlDialect(settings.ConnectionString);
        throw new ConfigurationException($"provider-name '{settings.ProviderName}' is not supported: use 'SQLite.MS' or 'PostgreSQL.15'");
    }

    /// <summary>A connection that is ready for use.</summary>
    public abstract DbConnection Open();

    /// <summary>Begins a transaction that may write at once; waits for other writers within a bound.</summary>
    public abstract void Begin(DbConnection connection);

    public abstract void Commit(DbConnection connection);

    public abstract void Rollback(DbConnection connection);

    /// <summary>Whether the failure is one write's own (its key is taken), so that other writes may succeed.</summary>
    public abstract bool IsConflict(Exception e);

    /// <summary>Whether the connection can be used after this failure.</summary>
    public abstract bool IsUsableAfter(Exception e);

    public abstract object ToSnapshotTime(DateTime utc);

    public abstract DateTime ReadSnapshotTime(DbDataReader reader, int ordinal);
}
