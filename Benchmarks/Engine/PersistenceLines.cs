using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;

namespace Mooring.Benchmarks.Engine;

/// <summary>Events of persistent actors, in SQLite and in memory.</summary>
internal static class PersistenceLines
{
    private const int Many = 20;
    private const int Recovered = 200_000;

    private static readonly Line SqliteOne = new("persist on SQLite: one actor", "events/s", 1.6e3, 1, BaseLine.Sqlite);
    private static readonly Line SqliteMany = new("persist on SQLite: 20 actors", "events/s", 1.8e3, 10, BaseLine.Sqlite);
    private static readonly Line SqliteAsync = new("persist on SQLite: PersistAsync", "events/s", 153e3, 1, BaseLine.Sqlite);
    private static readonly Line MemoryOne = new("persist in memory: one actor", "events/s", 0.2e6, 1, BaseLine.Channel);
    private static readonly Line MemoryMany = new("persist in memory: 20 actors", "events/s", 0.36e6, 1, BaseLine.Channel);
    private static readonly Line Recovery = new("recovery from memory", "events/s", 2.1e6, 1, BaseLine.Channel);

    public static async Task MeasureSqliteAsync(Report report, Func<string, bool> wanted)
    {
        if (!new[] { SqliteOne, SqliteMany, SqliteAsync }.Any(line => wanted(line.Name)))
            return;
        using var folder = new ScratchFolder();
        var config = ConfigurationFactory.ParseString($$"""
            akka.loglevel = WARNING
            akka.actor.serializers.bench = "Mooring.Benchmarks.Engine.BenchSerializer, engine-bench"
            akka.actor.serialization-bindings."Mooring.Benchmarks.Engine.IBenchMessage, engine-bench" = bench
            akka.persistence.journal.plugin = "akka.persistence.journal.sql"
            akka.persistence.journal.sql {
              class = "Akka.Persistence.Sql.Journal.SqlWriteJournal, Akka.Persistence.Sql"
              connection-string = "Data Source={{folder.File("journal.db")}}"
              provider-name = "SQLite.MS"
              auto-initialize = true
            }
            akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
            """);
        using var system = ActorSystem.Create("sqlite", config);
        await BaseLines.SqliteAsync(report);
        foreach (var (line, actors, inOrder, first) in new[] { (SqliteOne, 1, true, 100), (SqliteMany, Many, true, 1_000), (SqliteAsync, 1, false, 2_000) })
        {
            if (!wanted(line.Name))
                continue;
            var (rate, bytes) = await RateAsync(line, system, actors, inOrder, first);
            report.Add(line, rate, bytes);
            await BaseLines.SqliteAsync(report);
        }
        await system.Terminate();
    }

    public static async Task MeasureMemoryAsync(Report report, Func<string, bool> wanted)
    {
        var config = ConfigurationFactory.ParseString("""
            akka.loglevel = WARNING
            akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
            """);
        using var system = ActorSystem.Create("memory", config);
        foreach (var (line, actors, first) in new[] { (MemoryOne, 1, 2_000), (MemoryMany, Many, 4_000) })
        {
            if (!wanted(line.Name))
                continue;
            var (rate, bytes) = await RateAsync(line, system, actors, inOrder: true, first, most: 300_000);
            report.Add(line, rate, bytes);
        }
        if (wanted(Recovery.Name))
            await RecoverAsync(report, system);
        await system.Terminate();
    }

    private static async Task<(double PerSecond, double BytesEach)> RateAsync(
        Line line, ActorSystem system, int actors, bool inOrder, int first, int most = int.MaxValue)
    {
        var recorders = Enumerable.Range(0, actors)
            .Select(i => system.ActorOf(Props.Create(() => new Recorder($"{line.Name}-{i}", inOrder, null)))).ToList();
        var figures = await Bench.RateAsync(count => RecordAsync(recorders, count, line.Name), first, most);
        foreach (var recorder in recorders)
            await recorder.GracefulStop(TimeSpan.FromSeconds(10));
        return figures;
    }

    private static Task RecordAsync(List<IActorRef> recorders, int count, string what) => Task.WhenAll(recorders.Select(recorder =>
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var each = Math.Max(1, count / recorders.Count);
        recorder.Tell(new Expect(each, done));
        for (var i = 0; i < each; i++)
            recorder.Tell(new Put(i));
        return Bench.Within(done.Task, what);
    }));

    private static async Task RecoverAsync(Report report, ActorSystem system)
    {
        const string Id = "recovered";
        var writer = system.ActorOf(Props.Create(() => new Recorder(Id, false, null)));
        await RecordAsync([writer], Recovered, Recovery.Name);
        await writer.GracefulStop(TimeSpan.FromSeconds(10));
        List<double> rates = [], bytes = [];
        for (var round = 0; round < 5; round++)
        {
            GC.Collect();
            var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            var allocated = GC.GetTotalAllocatedBytes(precise: true);
            var watch = Stopwatch.StartNew();
            var reader = system.ActorOf(Props.Create(() => new Recorder(Id, false, done)));
            await Bench.Within(done.Task, Recovery.Name);
            var rate = Recovered / watch.Elapsed.TotalSeconds;
            var each = (double)(GC.GetTotalAllocatedBytes(precise: true) - allocated) / Recovered;
            await reader.GracefulStop(TimeSpan.FromSeconds(10));
            // The first two warm up.
            if (round < 2)
                continue;
            rates.Add(rate);
            bytes.Add(each);
        }
        report.Add(Recovery, Bench.Median(rates), Bench.Median(bytes));
    }

    private sealed record Put(int Number);

    private sealed record Expect(int Count, TaskCompletionSource<bool> Done);

    private sealed class Recorder : ReceivePersistentActor
    {
        private int _toCome;
        private int _recovered;
        private TaskCompletionSource<bool>? _done;

        public Recorder(string id, bool inOrder, TaskCompletionSource<bool>? recovered)
        {
            PersistenceId = id;
            Recover<Recorded>(_ => _recovered++);
            Recover<RecoveryCompleted>(_ => recovered?.TrySetResult(_recovered == Recovered));
            Command<Expect>(expect => (_toCome, _done) = (expect.Count, expect.Done));
            if (inOrder)
                Command<Put>(put => Persist(new Recorded(put.Number), Stored));
            else
                Command<Put>(put => PersistAsync(new Recorded(put.Number), Stored));
        }

        public override string PersistenceId { get; }

        private void Stored(Recorded recorded)
        {
            if (--_toCome == 0)
                _done!.SetResult(true);
        }
    }
}
