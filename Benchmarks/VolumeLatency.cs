using System.Diagnostics;
using Mooring.Client;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;
using Mooring.Storage.Ceph;

namespace Mooring.Benchmarks;

/// <summary>
/// Create and delete through the virtual IP beside the same librbd calls made directly, on a real Ceph, by 1 and by 32 callers. Both sides
/// take turns within one run, because this machine's speed changes from minute to minute.
/// </summary>
internal static class VolumeLatency
{
    private const int Rounds = 5;
    private const int SerialCount = 40;
    private const int Callers = 32;
    private const int ParallelCount = 320;
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
        Task RawCreate(VolumeId v) => raw.CreateAsync(v, SizeBytes, CancellationToken.None);
        Task RawDelete(VolumeId v) => raw.RemoveAsync(v, null, CancellationToken.None);
        Task OurCreate(VolumeId v) => client.RunAsync(new CreateVolume(v, SizeBytes), Change.New());
        Task OurDelete(VolumeId v) => client.RunAsync(new DeleteVolume(v), Change.New());
        await SerialAsync("warm-raw", 20, RawCreate, RawDelete);
        await ParallelAsync("warm-ours", 128, OurCreate, OurDelete);
        await SerialAsync("warm-ours-serial", 20, OurCreate, OurDelete);

        List<double> rawCreate = [], rawDelete = [], ourCreate = [], ourDelete = [], createRatio = [], deleteRatio = [], rawRate = [], ourRate = [];
        for (var round = 0; round < Rounds; round++)
        {
            var (rc, rd) = await SerialAsync($"r{round}", SerialCount, RawCreate, RawDelete);
            var (oc, od) = await SerialAsync($"o{round}", SerialCount, OurCreate, OurDelete);
            rawCreate.AddRange(rc);
            rawDelete.AddRange(rd);
            ourCreate.AddRange(oc);
            ourDelete.AddRange(od);
            var (rawCreates, rawDeletes) = await ParallelAsync($"pr{round}", ParallelCount, RawCreate, RawDelete);
            var (ourCreates, ourDeletes) = await ParallelAsync($"po{round}", ParallelCount, OurCreate, OurDelete);
            rawRate.Add(rawCreates);
            ourRate.Add(ourCreates);
            createRatio.Add(ourCreates / rawCreates);
            deleteRatio.Add(ourDeletes / rawDeletes);
        }
        var report = new Report("volume-latency");
        var rawP50 = Report.Percentile(rawCreate, 0.5);
        report.Add("create, 1 caller, raw librbd, p50", "ms", rawP50);
        report.Add("create, 1 caller, through the virtual IP, p50", "ms", Report.Percentile(ourCreate, 0.5), rawP50 + 4);
        report.Add("create, 1 caller, raw librbd, p99", "ms", Report.Percentile(rawCreate, 0.99));
        report.Add("create, 1 caller, through the virtual IP, p99", "ms", Report.Percentile(ourCreate, 0.99));
        report.Add("delete, 1 caller, raw librbd, p50", "ms", Report.Percentile(rawDelete, 0.5));
        report.Add("delete, 1 caller, through the virtual IP, p50", "ms", Report.Percentile(ourDelete, 0.5));
        report.Add($"create, {Callers} callers, raw librbd (median)", "/s", Report.Percentile(rawRate, 0.5));
        report.Add($"create, {Callers} callers, through the virtual IP (median)", "/s", Report.Percentile(ourRate, 0.5));
        report.Add($"create, {Callers} callers, ours to raw (median of {Rounds})", "x", Report.Percentile(createRatio, 0.5), 0.85, atMost: false);
        report.Add($"delete, {Callers} callers, ours to raw (median of {Rounds})", "x", Report.Percentile(deleteRatio, 0.5));
        return report.Write();
    }

    private static async Task<(List<double> Create, List<double> Delete)> SerialAsync(
        string prefix, int count, Func<VolumeId, Task> create, Func<VolumeId, Task> delete)
    {
        List<double> creates = [], deletes = [];
        for (var i = 0; i < count; i++)
        {
            var volume = Volume(prefix, i);
            creates.Add(await TimeAsync(() => create(volume)));
            deletes.Add(await TimeAsync(() => delete(volume)));
        }
        return (creates, deletes);
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
}
