using System.Diagnostics;
using Mooring.Client;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;
using Mooring.Storage.Ceph;

namespace Mooring.Benchmarks;

/// <summary>
/// What is done to volumes through the virtual IP beside the same librbd calls made directly, on a real Ceph, by 1 and by 32 callers. Both sides
/// take turns within one run, because this machine's speed changes from minute to minute.
/// </summary>
internal static class VolumeLatency
{
    private const int Rounds = 5;
    private const int SerialCount = 10;
    private const int Callers = 32;
    private const int ParallelCount = 320;
    private const int ListedCount = 10_000, PageSize = 1000;
    private const long SizeBytes = 1L << 30;

    public static async Task<bool> RunAsync()
    {
        await using var cluster = await BenchCluster.StartAsync(onCeph: true);
        using var client = new MooringClient(new MooringClientOptions { Endpoint = cluster.Nodes.Endpoint });
        await using var provider = new CephStoreProvider(new CephStoreOptions { ConfigFile = cluster.CephConf! });
        await using var raw = await provider.ConnectAsync("bench", Callers, CancellationToken.None);
        return await MeasureAsync(raw, client);
    }

    private static async Task<bool> MeasureAsync(IBlockStore raw, MooringClient client)
    {
        Task Ours(VolumeCommand command) => client.RunAsync(command, Change.New());
        // In the life of a volume; what may be added to what raw librbd takes.
        Step[] steps =
        [
            new("create", 4, v => raw.CreateAsync(v, SizeBytes, default), v => Ours(new CreateVolume(v, SizeBytes))),
            new("resize", 4, v => raw.ResizeAsync(v, 2 * SizeBytes, Shrinking.Never, null, default), v => Ours(new ResizeVolume(v, 2 * SizeBytes, false))),
            new("snapshot create", 4, v => raw.CreateSnapshotAsync(v, "s", default), v => Ours(new CreateSnapshot(v, "s"))),
            new("show", 2, v => raw.DescribeAsync(v, default), v => client.GetVolumeAsync(v)),
            new("snapshot remove", 4, v => raw.RemoveSnapshotAsync(v, "s", default), v => Ours(new RemoveSnapshot(v, "s"))),
            new("delete", 4, v => raw.RemoveAsync(v, null, default), v => Ours(new DeleteVolume(v))),
        ];
        var (create, delete) = (steps[0], steps[^1]);
        await SerialAsync("warm-raw", 10, steps.Select(s => (s.Raw, new List<double>())));
        await ParallelAsync("warm-ours", 128, create.Ours, delete.Ours);
        await SerialAsync("warm-ours-serial", 10, steps.Select(s => (s.Ours, new List<double>())));

        List<double> createRatio = [], deleteRatio = [], rawRate = [], ourRate = [];
        for (var round = 0; round < Rounds; round++)
        {
            await SerialAsync($"r{round}", SerialCount, steps.Select(s => (s.Raw, s.RawTimes)));
            await SerialAsync($"o{round}", SerialCount, steps.Select(s => (s.Ours, s.OurTimes)));
            var (rawCreates, rawDeletes) = await ParallelAsync($"pr{round}", ParallelCount, create.Raw, delete.Raw);
            var (ourCreates, ourDeletes) = await ParallelAsync($"po{round}", ParallelCount, create.Ours, delete.Ours);
            rawRate.Add(rawCreates);
            ourRate.Add(ourCreates);
            createRatio.Add(ourCreates / rawCreates);
            deleteRatio.Add(ourDeletes / rawDeletes);
        }
        var report = new Report("volume-latency");
        foreach (var step in steps)
        {
            var rawP50 = Report.Percentile(step.RawTimes, 0.5);
            report.Add($"{step.Name}, 1 caller, raw librbd, p50", "ms", rawP50);
            report.Add($"{step.Name}, 1 caller, through the virtual IP, p50", "ms", Report.Percentile(step.OurTimes, 0.5), rawP50 + step.MayAddMs);
        }
        report.Add($"create, {Callers} callers, raw librbd (median)", "/s", Report.Percentile(rawRate, 0.5));
        report.Add($"create, {Callers} callers, through the virtual IP (median)", "/s", Report.Percentile(ourRate, 0.5));
        report.Add($"create, {Callers} callers, ours to raw (median of {Rounds})", "x", Report.Percentile(createRatio, 0.5), 0.85, atMost: false);
        report.Add($"delete, {Callers} callers, ours to raw (median of {Rounds})", "x", Report.Percentile(deleteRatio, 0.5), 0.85, atMost: false);
        await ListAsync(raw, client, report);
        return report.Write();
    }

    private static async Task ListAsync(IBlockStore raw, MooringClient client, Report report)
    {
        const int TimesEach = 20;
        await RateAsync("listed", ListedCount, v => raw.CreateAsync(v, SizeBytes, default));
        var (rawTimes, ourTimes) = (new List<double>(), new List<double>());
        for (var i = -2; i < TimesEach; i++)
        {
            var after = Volume("listed", 100 * Math.Abs(i)).Image;
            var took = await TimeAsync(() => raw.ListImagesAsync("rbd", "", after, PageSize, default));
            var beside = await TimeAsync(() => client.ListVolumesAsync("rbd", "", after, PageSize));
            if (i < 0)
                continue;
            rawTimes.Add(took);
            ourTimes.Add(beside);
        }
        var rawP50 = Report.Percentile(rawTimes, 0.5);
        report.Add($"a page of {PageSize} of {ListedCount}, the store alone, p50", "ms", rawP50);
        report.Add($"a page of {PageSize} of {ListedCount}, through the virtual IP, p50", "ms", Report.Percentile(ourTimes, 0.5), 30);
    }

    // One volume after the other goes through all steps.
    private static async Task SerialAsync(string prefix, int count, IEnumerable<(Func<VolumeId, Task> Work, List<double> Times)> steps)
    {
        var all = steps.ToList();
        for (var i = 0; i < count; i++)
        {
            foreach (var (work, times) in all)
                times.Add(await TimeAsync(() => work(Volume(prefix, i))));
        }
    }

    private static async Task<(double CreatesPerSecond, double DeletesPerSecond)> ParallelAsync(
        string prefix, int count, Func<VolumeId, Task> create, Func<VolumeId, Task> delete) =>
        (await RateAsync(prefix, count, create), await RateAsync(prefix, count, delete));

    private static async Task<double> RateAsync(string prefix, int count, Func<VolumeId, Task> work)
    {
        var next = -1;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            for (var i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
                await work(Volume(prefix, i));
        })));
        return count / clock.Elapsed.TotalSeconds;
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var clock = Stopwatch.StartNew();
        await work();
        return clock.Elapsed.TotalMilliseconds;
    }

    private static VolumeId Volume(string prefix, int i) => new("rbd", "", $"bench-{prefix}-{i}");

    private sealed record Step(string Name, double MayAddMs, Func<VolumeId, Task> Raw, Func<VolumeId, Task> Ours)
    {
        public List<double> RawTimes { get; } = [];

        public List<double> OurTimes { get; } = [];
    }
}
