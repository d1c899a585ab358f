using System.Collections.Concurrent;
using System.Diagnostics;
using Mooring.Client;
using Mooring.Harness;
using Mooring.Messages;
using Mooring.Messages.Http;

namespace Mooring.Benchmarks;

/// <summary>
/// Rounds of <c>kill -9</c> of the owner under a stream of creates: how long the virtual IP is away, how long the requests that were under way
/// take to their results, and whether anything was lost or done twice.
/// </summary>
internal static class Failover
{
    private const int Rounds = 20;
    private const int Callers = 8;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(1);

    public static async Task<bool> RunAsync(bool onCeph)
    {
        CephSandbox? ceph = null;
        var started = false;
        if (onCeph)
            (ceph, started) = await CephCommand.EnsureAsync(Console.WriteLine);
        var directory = WorkDirectory.Create(".run", "bench-");
        try
        {
            await using var cluster = await NodeCluster.StartAsync(new NodeClusterOptions
            {
                Directory = directory, CephConf = ceph?.ConfPath, Subnet = 8, HttpPort = 28470, ClusterPort = 24053,
            });
            await using var store = await StoreAccess.OpenAsync(cluster.DataDirectory, ceph?.ConfPath);
            return await MeasureAsync(cluster, store, onCeph ? "failover-ceph" : "failover");
        }
        finally
        {
            if (Directory.Exists(directory))
                Directory.Delete(directory, recursive: true);
            if (started)
                await ceph!.StopAsync();
        }
    }

    private static async Task<bool> MeasureAsync(NodeCluster cluster, StoreAccess store, string name)
    {
        List<double> outages = [], results = [];
        var (lost, doubled, requests) = (0, 0, 0);
        using var watcher = new MooringClient(new MooringClientOptions { Endpoint = cluster.Endpoint, Timeout = Limit });
        for (var round = 0; round < Rounds; round++)
        {
            var owner = (await watcher.GetVipAsync()).Owner!;
            var outcome = await RoundAsync(cluster, owner, round);
            outages.Add(outcome.OutageMs);
            results.Add(outcome.KillToResultMs);
            requests += outcome.Made.Count;
            var images = (await store.ImagesAsync("rbd")).Select(i => i.Name).Where(n => n.StartsWith($"round-{round}-", StringComparison.Ordinal)).ToList();
            lost += outcome.Made.Count(o => o.State != "succeeded") + outcome.Failed + Math.Max(0, outcome.Made.Count - images.Count);
            doubled += outcome.Made.Count - outcome.Made.Select(o => o.Result?.Id).Distinct().Count() + Math.Max(0, images.Count - outcome.Made.Count);
            Console.WriteLine($"round {round + 1,2}: {owner} killed; address away {outcome.OutageMs:0} ms, results after {outcome.KillToResultMs:0} ms, {outcome.Made.Count} requests");
            cluster.Launch(owner, new Dictionary<string, string>());
            await UntilWholeAsync(cluster, watcher);
        }
        var report = new Report(name);
        report.Add("virtual IP away, p50", "ms", Report.Percentile(outages, 0.5), 600);
        report.Add("virtual IP away, max", "ms", outages.Max(), 1500);
        report.Add("kill to result, p50", "ms", Report.Percentile(results, 0.5));
        report.Add("kill to result, max", "ms", results.Max());
        report.Add("requests", "", requests);
        report.Add("lost operations", "", lost, 0);
        report.Add("doubled operations", "", doubled, 0);
        return report.Write();
    }

    private static async Task<(double OutageMs, double KillToResultMs, List<OperationShape> Made, int Failed)> RoundAsync(NodeCluster cluster, string owner, int round)
    {
        using var client = new MooringClient(new MooringClientOptions { Endpoint = cluster.Endpoint, Timeout = Limit });
        await using var probe = new VipProbe(cluster.Endpoint);
        var made = new ConcurrentBag<OperationShape>();
        var (failed, stop) = (0, false);
        // A request that was under way at the kill is one that began before it and ended after it.
        var clock = Stopwatch.StartNew();
        var killedAt = TimeSpan.MaxValue;
        var slowest = 0.0;
        var measured = new Lock();
        var callers = Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; !Volatile.Read(ref stop); i++)
            {
                var began = clock.Elapsed;
                try
                {
                    made.Add(await client.CreateVolumeAsync(new VolumeId("rbd", "", $"round-{round}-{caller}-{i}"), 1 << 20, Change.New()));
                }
                catch (Exception e) when (e is MooringException or MooringUnreachableException)
                {
                    Console.WriteLine(e.Message);
                    Interlocked.Increment(ref failed);
                }
                lock (measured)
                {
                    if (began < killedAt && clock.Elapsed > killedAt)
                        slowest = Math.Max(slowest, (clock.Elapsed - killedAt).TotalMilliseconds);
                }
            }
        })).ToArray();
        await Task.Delay(Calm);
        lock (measured)
            killedAt = clock.Elapsed;
        var outage = await probe.OutageAsync(() => cluster.KillAsync(owner), Limit);
        await Task.Delay(Calm);
        Volatile.Write(ref stop, true);
        await Task.WhenAll(callers);
        return (outage.TotalMilliseconds, slowest, [.. made], failed);
    }

    private static async Task UntilWholeAsync(NodeCluster cluster, MooringClient watcher)
    {
        await cluster.WaitReadyAsync(Limit);
        for (var clock = Stopwatch.StartNew(); (await watcher.ListNodesAsync()).Count(n => n.State == "up") < cluster.NodeNames.Count; await Task.Delay(50))
        {
            if (clock.Elapsed > Limit)
                throw new HarnessException("not all nodes came back");
        }
    }
}
