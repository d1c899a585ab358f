using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Mooring.Harness;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Tests.Cluster;

/// <summary>
/// Operations of all kinds, several at once, each checked, while one harm after the other comes over the nodes and their Ceph. After each the cluster
/// must be whole again. What came of it is written to <c>artifacts/</c>.
/// </summary>
internal sealed class Chaos(TestCluster cluster, CephSandbox? ceph)
{
    private const int Callers = 6;
    private const string Cancelled = "volume.copy, cancelled";
    private static readonly TimeSpan QuietMax = TimeSpan.FromSeconds(4), StoppedMax = TimeSpan.FromSeconds(6), CancelMax = TimeSpan.FromMilliseconds(300);

    private readonly ConcurrentDictionary<string, int> _done = new(), _harms = new();
    private readonly ConcurrentBag<double> _seconds = [];
    private int _names;

    /// <summary>How long it lasts: as many minutes as <c>MOORING_CHAOS_MINUTES</c> says, or half a minute.</summary>
    public static TimeSpan Duration => TimeSpan.FromMinutes(
        double.Parse(Environment.GetEnvironmentVariable("MOORING_CHAOS_MINUTES") ?? "0.5", CultureInfo.InvariantCulture));

    // Kinds that have failed can be tried alone.
    private static IReadOnlyList<string> Kinds { get; } =
        Environment.GetEnvironmentVariable("MOORING_CHAOS_KINDS")?.Split(',') ?? [.. OperationCatalog.All.Select(o => o.Kind), Cancelled];

    public async Task RunAsync()
    {
        (cluster.LongBytes, cluster.AnyNodeWillDo) = (32L << 20, true);
        using var stop = new CancellationTokenSource();
        var clock = Stopwatch.StartNew();
        var callers = Enumerable.Range(0, Callers).Select(_ => Task.Run(() => CallAsync(stop))).ToArray();
        var harm = Task.Run(() => HarmAsync(stop));
        await Task.WhenAny(Task.WhenAll([harm, .. callers]), Task.Delay(Duration, stop.Token));
        await stop.CancelAsync();
        await Task.WhenAll([harm, .. callers]);
        await cluster.NoStrayImageAsync();
        for (string? cursor = null; ;)
        {
            var page = await cluster.Client.CheckAsync(cursor, repair: false);
            Assert.Equal([], page.Items);
            if ((cursor = page.NextCursor) is null)
                break;
        }
        await WriteAsync(clock.Elapsed);
        Assert.Equal([], Kinds.Where(kind => kind != Cancelled && Duration > TimeSpan.FromMinutes(5) && !_done.ContainsKey(kind)));
        Assert.NotEmpty(_done);
        Assert.NotEmpty(_harms);
    }

    private async Task CallAsync(CancellationTokenSource stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var kind = Kinds[Random.Shared.Next(Kinds.Count)];
            var clock = Stopwatch.StartNew();
            var volume = TestCluster.Volume($"chaos-{Interlocked.Increment(ref _names)}-{kind.Replace('.', '-').Replace(", ", "-")}");
            try
            {
                if (kind != Cancelled)
                    await CrashScenario.RunOnceAsync(cluster, kind, volume);
                else if (!await CrashScenario.CancelOnceAsync(cluster, volume, Any(CancelMax)))
                    kind = "volume.copy, cancelled too late";
            }
            catch (Exception e)
            {
                await stop.CancelAsync();
                throw new InvalidOperationException($"{kind}: {e.Message}\n{await HistoryAsync(volume)}\n{cluster.Logs()}", e);
            }
            _seconds.Add(clock.Elapsed.TotalSeconds);
            _done.AddOrUpdate(kind, 1, (_, count) => count + 1);
        }
    }

    // What was done to the volumes of a scenario, the latest first.
    private async Task<string> HistoryAsync(VolumeId volume)
    {
        var page = await cluster.Client.ListOperationsAsync(null, null, null, 1000);
        var there = new List<string>();
        foreach (var image in (await cluster.Client.ListVolumesAsync(volume.Pool, "", null, 1000)).Items.Where(v => v.Name.StartsWith(volume.Image, StringComparison.Ordinal)))
        {
            var snapshots = await cluster.Store.Store.GetSnapshotsAsync(TestCluster.Volume(image.Name), CancellationToken.None);
            there.Add($"{image.Name} {image.Id} {image.SizeBytes}: {string.Join(", ", snapshots.Items.Select(s => $"{s.Id} {s.Name} {s.CreatedAt:HH:mm:ss.fff}"))}");
        }
        var ofCeph = ceph is null ? [] : File.ReadLines(Path.Combine(ceph.Directory, "log", "cluster.log")).TakeLast(30);
        return $"{DateTime.UtcNow:HH:mm:ss.fff}\n{string.Join('\n', there.Concat(ofCeph))}\n" + string.Join('\n', page.Items.Where(o => o.Target.StartsWith(volume.ToString(), StringComparison.Ordinal)).Select(o => string.Create(
            CultureInfo.InvariantCulture,
            $"{o.Id} {o.Kind} of {o.Target}: {o.State} {o.Error?.Detail} accepted {o.AcceptedAt:HH:mm:ss.fff} started {o.StartedAt:HH:mm:ss.fff} finished {o.FinishedAt:HH:mm:ss.fff} attempts {o.Attempts} by {o.ExecutedBy}, {o.Result?.Snapshots?.Count} snapshots")));
    }

    private async Task HarmAsync(CancellationTokenSource stop)
    {
        Func<Task<string>>[] harms =
        [
            async () => await KillAsync("the owner is killed", await cluster.OwnerAsync()),
            () => KillAsync("a node is killed", AnyNode()),
            () => StopAsync("a node is stopped", AnyNode()),
            CrashAsync,
            .. ceph is null ? (Func<Task<string>>[])[] :
            [
                async () =>
                {
                    await using (await ceph.PauseOsdsAsync())
                        await Task.Delay(Any(StoppedMax));
                    return "all OSDs hang";
                },
                async () =>
                {
                    var daemons = ceph.Daemons.Where(d => !d.Key.StartsWith("mgr", StringComparison.Ordinal)).ToList();
                    var (name, process) = daemons[Random.Shared.Next(daemons.Count)];
                    await process.StopAsync();
                    await Task.Delay(Any(StoppedMax));
                    process.Continue();
                    return name.StartsWith("osd", StringComparison.Ordinal) ? "an OSD hangs" : "the monitor hangs";
                },
            ],
        ];
        while (!stop.IsCancellationRequested)
        {
            string harm;
            try
            {
                harm = await harms[Random.Shared.Next(harms.Length)]();
                await WholeAsync();
            }
            catch (Exception e)
            {
                await stop.CancelAsync();
                throw new InvalidOperationException($"after {string.Join(", ", _harms)}: {e.Message}\n{cluster.Logs()}", e);
            }
            _harms.AddOrUpdate(harm, 1, (_, count) => count + 1);
            await Task.Delay(Any(QuietMax));
        }
    }

    private async Task<string> KillAsync(string harm, string node)
    {
        await cluster.Nodes.KillAsync(node);
        await Task.Delay(Any(QuietMax));
        return harm;
    }

    private async Task<string> StopAsync(string harm, string node)
    {
        var process = cluster.Nodes.ProcessOf(node);
        await process.StopAsync();
        await Task.Delay(Any(StoppedMax));
        process.Continue();
        return harm;
    }

    private async Task<string> CrashAsync()
    {
        var points = Enum.GetValues<CrashPoint>();
        var kinds = OperationCatalog.All;
        cluster.CrashAt($"{Kebab(points[Random.Shared.Next(points.Length)])}:{kinds[Random.Shared.Next(kinds.Count)].Kind}");
        await Task.Delay(Any(QuietMax));
        return "a node dies at a named point";
    }

    // A service manager would start again what has ended.
    private Task WholeAsync() =>
        TestCluster.UntilAsync("all nodes are up", async () =>
        {
            foreach (var node in cluster.Nodes.NodeNames.Where(cluster.Nodes.HasEnded))
                cluster.Nodes.Launch(node, new Dictionary<string, string>());
            return (await cluster.Client.ListNodesAsync()).Count(n => n.State == "up") == cluster.Nodes.NodeNames.Count;
        });

    private async Task WriteAsync(TimeSpan elapsed)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{elapsed.TotalMinutes:0.0} min on {cluster.Nodes.Backend}, {Callers} callers, each operation checked: effect once, same answer again\n");
        void Table(string what, IEnumerable<KeyValuePair<string, int>> counts)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{counts.Sum(c => c.Value)} {what}\n");
            foreach (var (name, count) in counts.OrderBy(c => c.Key, StringComparer.Ordinal))
                text.Append(CultureInfo.InvariantCulture, $"  {count,6}  {name}\n");
        }
        Table("operations", _done);
        Table("harms", _harms);
        var sorted = _seconds.Order().ToList();
        text.Append(CultureInfo.InvariantCulture, $"\nlonger than all others took one of 20: {sorted[sorted.Count * 19 / 20]:0.0} s; the longest {sorted[^1]:0.0} s\n");
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(SourceRoot.Path, "artifacts")).FullName, $"chaos-{cluster.Nodes.Backend}.txt");
        await File.WriteAllTextAsync(file, text.ToString());
    }

    private string AnyNode() => cluster.Nodes.NodeNames[Random.Shared.Next(cluster.Nodes.NodeNames.Count)];

    private static TimeSpan Any(TimeSpan max) => max * Random.Shared.NextDouble();

    private static string Kebab(CrashPoint point) =>
        string.Concat($"{point}".Select((c, i) => char.IsUpper(c) ? $"{(i > 0 ? "-" : "")}{char.ToLowerInvariant(c)}" : $"{c}"));
}

/// <summary>On the embedded store; on Ceph see <see cref="CephClusterTests"/>. <c>build.cs -- chaos</c> lets it last longer.</summary>
public sealed class ChaosTests
{
    [Fact]
    public async Task Operations_of_all_kinds_take_effect_once_whatever_happens()
    {
        await using var cluster = await TestCluster.StartAsync();

        await new Chaos(cluster, ceph: null).RunAsync();
    }
}
