using System.Diagnostics;
using System.Globalization;
using Mooring.Client;
using Mooring.Harness;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Benchmarks;

/// <summary>How long three nodes take from being started to being ready, and what memory a node takes, before and after work.</summary>
internal static class StartUp
{
    private const int Rounds = 5;
    private const int Callers = 8;
    private const int Creates = 1000;
    private const int Copies = 20;
    private const long CopyBytes = 256L << 20;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);

    public static async Task<bool> RunAsync()
    {
        List<double> starts = [], idle = [], worked = [];
        for (var round = 0; round < Rounds; round++)
        {
            var clock = Stopwatch.StartNew();
            await using var cluster = await BenchCluster.StartAsync();
            starts.Add(clock.Elapsed.TotalMilliseconds);
            if (round == 0)
            {
                await Task.Delay(Idle);
                idle.AddRange(ResidentMegabytes(cluster.Nodes));
                await WorkAsync(cluster.Nodes);
                await Task.Delay(Idle);
                worked.AddRange(ResidentMegabytes(cluster.Nodes));
            }
        }
        var report = new Report("start-up");
        report.Add("three nodes started to all ready, p50", "ms", Report.Percentile(starts, 0.5), 3000);
        report.Add("three nodes started to all ready, max", "ms", starts.Max());
        report.Add("resident, idle since the start, largest of three", "MB", idle.Max(), 150);
        report.Add($"resident, idle after {Creates} creates and {Copies} copies", "MB", worked.Max(), 150);
        return report.Write();
    }

    private static async Task WorkAsync(NodeCluster cluster)
    {
        using var client = new MooringClient(new MooringClientOptions { Endpoint = cluster.Endpoint });
        var source = new VolumeId("rbd", "", "source");
        await using (var store = await StoreAccess.OpenAsync(cluster.DataDirectory, null))
        {
            await client.RunAsync(new CreateVolume(source, CopyBytes), Change.New());
            await store.FillAsync(source, CopyBytes);
        }
        await Parallel.ForAsync(0, Creates, new ParallelOptions { MaxDegreeOfParallelism = Callers }, async (i, cancellationToken) =>
            await client.RunAsync(new CreateVolume(new VolumeId("rbd", "", $"v-{i}"), 1 << 20), Change.New(), cancellationToken));
        await Parallel.ForAsync(0, Copies, new ParallelOptions { MaxDegreeOfParallelism = Callers }, async (i, cancellationToken) =>
            await client.RunAsync(new CopyVolume(new VolumeId("rbd", "", $"copy-{i}"), source), Change.New(), cancellationToken));
    }

    // VmRSS of proc(5), in KiB.
    private static IEnumerable<double> ResidentMegabytes(NodeCluster cluster) => cluster.NodeNames.Select(node =>
    {
        var line = File.ReadLines($"/proc/{cluster.ProcessOf(node).Pid}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024 / 1e6;
    });
}
