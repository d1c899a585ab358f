using System.Diagnostics;
using Mooring.Client;
using Mooring.Harness;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Benchmarks;

/// <summary>
/// Creates through the virtual IP on the embedded store, by 1 and by 8 callers; with <c>--against=DIR</c> beside the <c>mooringd</c> that was built
/// in another checkout. The sides take turns within one run, because a machine's speed changes from minute to minute: what counts are the ratios.
/// </summary>
internal static class Embedded
{
    private const int Rounds = 7;
    private const int SerialCount = 40;
    private const int Callers = 8;
    private const int ParallelCount = 320;

    public static async Task<bool> RunAsync(string? against)
    {
        await using var ours = await BenchCluster.StartAsync();
        await using var theirs = against is null
            ? null
            : await BenchCluster.StartAsync(subnet: 9, program: Path.Combine(against, Path.GetRelativePath(SourceRoot.Path, Programs.Mooringd)));
        using var our = new Side(ours.Nodes);
        using var their = theirs is null ? null : new Side(theirs.Nodes);
        return await MeasureAsync(their is null ? [our] : [our, their]);
    }

    private static async Task<bool> MeasureAsync(IReadOnlyList<Side> sides)
    {
        foreach (var side in sides)
            await side.WarmAsync();
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var side in round % 2 == 0 ? sides : [.. sides.Reverse()])
                await side.MeasureAsync(round);
        }
        var report = new Report("embedded");
        foreach (var side in sides)
        {
            var whose = side == sides[0] ? "" : ", the other";
            var target = side == sides[0] ? 20 : (double?)null;
            report.Add($"create, 1 caller, p50{whose}", "ms", Report.Percentile(side.SerialMs, 0.5), target);
            report.Add($"create, 1 caller, p99{whose}", "ms", Report.Percentile(side.SerialMs, 0.99));
            report.Add($"create, {Callers} callers (median of {Rounds}){whose}", "/s", Report.Percentile(side.PerSecond, 0.5));
        }
        if (sides is [var we, var they])
        {
            report.Add(
                $"create, {Callers} callers, to the other (median of {Rounds})", "x",
                Report.Percentile(we.PerSecond.Zip(they.PerSecond, (our, their) => our / their), 0.5), 1, atMost: false);
        }
        return report.Write();
    }

    private sealed class Side(NodeCluster cluster) : IDisposable
    {
        private readonly MooringClient _client = new(new MooringClientOptions { Endpoint = cluster.Endpoint });

        public List<double> SerialMs { get; } = [];

        public List<double> PerSecond { get; } = [];

        public void Dispose() => _client.Dispose();

        public async Task WarmAsync()
        {
            await ParallelAsync("warm");
            for (var i = 0; i < SerialCount; i++)
                await CreateAsync($"warm-serial-{i}");
        }

        public async Task MeasureAsync(int round)
        {
            for (var i = 0; i < SerialCount; i++)
            {
                var clock = Stopwatch.StartNew();
                await CreateAsync($"serial-{round}-{i}");
                SerialMs.Add(clock.Elapsed.TotalMilliseconds);
            }
            PerSecond.Add(await ParallelAsync($"parallel-{round}"));
        }

        private async Task<double> ParallelAsync(string prefix)
        {
            var next = -1;
            var clock = Stopwatch.StartNew();
            await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
            {
                for (var i = Interlocked.Increment(ref next); i < ParallelCount; i = Interlocked.Increment(ref next))
                    await CreateAsync($"{prefix}-{i}");
            })));
            return ParallelCount / clock.Elapsed.TotalSeconds;
        }

        private Task CreateAsync(string name) => _client.RunAsync(new CreateVolume(new VolumeId("rbd", "", $"bench-{name}"), 1 << 20), Change.New());
    }
}
