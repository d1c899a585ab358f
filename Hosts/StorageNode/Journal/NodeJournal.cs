using System.Text;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Persistence.Sql.Config;
using LinqToDB;
using Mooring.Actors.Journal;
using Mooring.Storage;
using Mooring.StorageNode.Configuration;

namespace Mooring.StorageNode.Journal;

/// <summary>The journal that <c>mooring.journal</c> names, and what an actor system must be told to use it.</summary>
internal sealed class NodeJournal : IAsyncDisposable
{
    private const string Record = "journal";

    private readonly IEventLogConnection? _log;

    private NodeJournal(IEventLogConnection log) => (_log, Hocon, Setups) = (log, Plugins("store"), []);

    private NodeJournal(DataOptions database) => (Hocon, Setups) = (
        // Without the name here, too, the tables are made without the constraint that keeps two incarnations apart.
        $"""
        {Plugins("sql")}
        akka.persistence.journal.sql.provider-name = "{database.ConnectionOptions.ProviderName}"
        akka.persistence.snapshot-store.sql.provider-name = "{database.ConnectionOptions.ProviderName}"
        """,
        [new DataOptionsSetup(database)]);

    /// <summary>The plugins; to be laid over the configuration.</summary>
    public string Hocon { get; }

    /// <summary>What the actor system is to be made with.</summary>
    public IReadOnlyList<Setup> Setups { get; }

    /// <summary>Opens the journal.</summary>
    /// <param name="configuration">Which one.</param>
    /// <param name="store">The block store.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The journal; to be disposed of after the actor system has ended.</returns>
    /// <exception cref="NodeStartException">It cannot be used, or the store's journal is another one.</exception>
    public static async Task<NodeJournal> OpenAsync(NodeConfiguration configuration, IBlockStoreProvider store, CancellationToken cancellationToken)
    {
        var kind = configuration.Journal;
        await using var connection = await store.ConnectAsync("journal", 1, cancellationToken);
        // Stores from before there was a choice have a file and no record.
        var there = await KindAsync(connection, cancellationToken)
            ?? (configuration.Backend == "embedded" && File.Exists(SqlJournal.FileOf(configuration)) ? "sql" : kind);
        Require(kind, there);
        var journal = kind == "sql"
            ? new NodeJournal(SqlJournal.Open(configuration))
            : new NodeJournal(await ((IEventLogProvider)store).OpenEventLogAsync("journal", cancellationToken));
        try
        {
            // Of nodes that start at once the first decides.
            await connection.PutRecordAsync(Record, Encoding.UTF8.GetBytes(kind), 0, cancellationToken);
            Require(kind, await KindAsync(connection, cancellationToken));
            return journal;
        }
        catch
        {
            await journal.DisposeAsync();
            throw;
        }
    }

    /// <summary>Gives a new actor system its log, before anything is persisted.</summary>
    public void Register(ActorSystem system)
    {
        if (_log is not null)
            EventLogExtension.Register(system, _log);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _log?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static string Plugins(string kind) => $"""
        akka.persistence.journal.plugin = "akka.persistence.journal.{kind}"
        akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.{kind}"
        """;

    private static async Task<string?> KindAsync(IBlockStore store, CancellationToken cancellationToken) =>
        await store.GetRecordAsync(Record, cancellationToken) is { } record ? Encoding.UTF8.GetString(record.Value.Span) : null;

    // With the other journal a node would know nothing of what was accepted.
    private static void Require(string kind, string? there)
    {
        if (there != kind)
            throw new NodeStartException($"the journal of this block store was written with mooring.journal = {there}; this node was started with {kind}");
    }
}
