using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Configuration;
using Mooring.Actors.Journal;
using Mooring.Storage;

namespace Mooring.Tests.Assumptions;

/// <summary>The two kinds of journal that Mooring runs on, shared by several actor systems as by the nodes of a cluster.</summary>
internal sealed class Journals : IDisposable
{
    /// <summary>Akka.Persistence.Sql on a SQLite file.</summary>
    public const string Sql = "Akka.Persistence.Sql";

    /// <summary>Mooring's plugin on the block store's event log.</summary>
    public const string Store = "the block store";

    private readonly TemporaryDirectory _directory = new("assumptions");
    private readonly MemoryLog _log = new();

    /// <summary>What a system that uses this journal is configured with.</summary>
    public Config Hocon(string kind) => ConfigurationFactory.ParseString(kind == Sql
        ? $$"""
          akka.persistence {
            journal {
              plugin = "akka.persistence.journal.sql"
              sql { connection-string = "Data Source={{_directory["journal.db"]}}", provider-name = "SQLite.MS", auto-initialize = true }
            }
            snapshot-store {
              plugin = "akka.persistence.snapshot-store.sql"
              sql { connection-string = "Data Source={{_directory["journal.db"]}}", provider-name = "SQLite.MS", auto-initialize = true }
            }
          }
          """
        : $$"""
          akka.persistence {
            journal { plugin = "akka.persistence.journal.store", store { class = "{{typeof(StoreJournal).AssemblyQualifiedName}}" } }
            snapshot-store { plugin = "akka.persistence.snapshot-store.store", store { class = "{{typeof(StoreSnapshotStore).AssemblyQualifiedName}}" } }
          }
          """).WithFallback(Akka.Persistence.Sql.SqlPersistence.DefaultConfiguration);

    /// <summary>Gives a system what its plugin needs before it first persists.</summary>
    public void Open(ActorSystem system, string kind)
    {
        if (kind == Store)
            EventLogExtension.Register(system, _log);
    }

    public void Dispose() => _directory.Dispose();

    /// <summary>As small as <see cref="IEventLog"/> can be: what is appended follows the latest or is refused.</summary>
    private sealed class MemoryLog : IEventLog
    {
        private readonly ConcurrentDictionary<string, List<byte[]>> _streams = [];

        public Task<bool> AppendAsync(string stream, long firstNumber, IReadOnlyList<ReadOnlyMemory<byte>> events, CancellationToken cancellationToken)
        {
            var entries = Of(stream);
            lock (entries)
            {
                if (firstNumber != entries.Count + 1)
                    return Task.FromResult(false);
                entries.AddRange(events.Select(e => e.ToArray()));
                return Task.FromResult(true);
            }
        }

        public async IAsyncEnumerable<(long Number, ReadOnlyMemory<byte> Event)> ReadAsync(
            string stream, long fromNumber, long toNumber, long limit, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.CompletedTask;
            List<byte[]> entries;
            lock (entries = Of(stream))
                entries = [.. entries];
            for (var number = Math.Max(fromNumber, 1); number <= Math.Min(toNumber, entries.Count) && limit-- > 0; number++)
                yield return (number, entries[(int)number - 1]);
        }

        public Task<long> GetHighestNumberAsync(string stream, CancellationToken cancellationToken)
        {
            var entries = Of(stream);
            lock (entries)
                return Task.FromResult((long)entries.Count);
        }

        public Task DeleteAsync(string stream, long toNumber, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task PutSnapshotAsync(string stream, long number, DateTime timestamp, ReadOnlyMemory<byte> snapshot, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<IReadOnlyList<(long Number, DateTime Timestamp)>> ListSnapshotsAsync(string stream, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<(long, DateTime)>>([]);

        public Task<ReadOnlyMemory<byte>?> GetSnapshotAsync(string stream, long number, CancellationToken cancellationToken) => Task.FromResult<ReadOnlyMemory<byte>?>(null);

        public Task DeleteSnapshotAsync(string stream, long number, CancellationToken cancellationToken) => Task.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private List<byte[]> Of(string stream) => _streams.GetOrAdd(stream, _ => []);
    }
}
