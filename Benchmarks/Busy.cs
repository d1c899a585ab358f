using System.Diagnostics;
using Mooring.Client;
using Mooring.Harness;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Benchmarks;

/// <summary>
/// A busy machine changes the times, not the outcome: every core is at 100 % for ten minutes by other processes and by Mooring's own copies, and
/// the virtual IP stays where it is.
/// </summary>
internal static class Busy
{
    private const int Callers = 4;
    private const long CopyBytes = 1L << 30;
    private static readonly TimeSpan Duration = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public static async Task<bool> RunAsync()
    {
        await using var cluster = await BenchCluster.StartAsync();
        await using var store = await StoreAccess.OpenAsync(cluster.Nodes.DataDirectory, null);
        return await MeasureAsync(cluster.Nodes, store);
    }

    private static async Task<bool> MeasureAsync(NodeCluster cluster, StoreAccess store)
    {
        using var client = new MooringClient(new MooringClientOptions { Endpoint = cluster.Endpoint, Timeout = Limit });
        var source = new VolumeId("rbd", "", "source");
        await client.RunAsync(new CreateVolume(source, CopyBytes), Change.New());
        await store.FillAsync(source, CopyBytes);
        var before = await client.GetVipAsync();

        var loops = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Children.Start(new ProcessStartInfo("sh", ["-c", "while :; do :; done"]))).ToList();
        var clock = Stopwatch.StartNew();
        var cpuBefore = Cpu();
        var copies = 0;
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(async caller =>
        {
            for (var i = 0; clock.Elapsed < Duration; i++)
            {
                var target = new VolumeId("rbd", "", $"copy-{caller}-{i}");
                await client.RunAsync(new CopyVolume(target, source), Change.New());
                await client.RunAsync(new DeleteVolume(target), Change.New());
                Interlocked.Increment(ref copies);
            }
        }));
        var (idle, all) = (Cpu().Idle - cpuBefore.Idle, Cpu().All - cpuBefore.All);
        loops.ForEach(loop => loop.Kill());

        var after = await client.GetVipAsync();
        var report = new Report("busy");
        report.Add("minutes", "", clock.Elapsed.TotalMinutes);
        report.Add("processors busy", "%", 100 * (1 - (idle / (double)all)), 95, atMost: false);
        report.Add("copies of 1 GiB, each deleted again", "", copies);
        report.Add("changes of owner", "", after.History.Count - before.History.Count, 0);
        report.Add("nodes that began anew", "", cluster.NodeNames.Sum(cluster.RestartsOf), 0);
        report.Add("nodes up", "", (await client.ListNodesAsync()).Count(n => n.State == "up"), cluster.NodeNames.Count, atMost: false);
        return report.Write();
    }

    // /proc/stat, proc(5): user nice system idle iowait ...
    private static (long Idle, long All) Cpu()
    {
        var times = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8).Select(long.Parse).ToList();
        return (times[3], times.Sum());
    }
}
