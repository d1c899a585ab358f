using System.Collections.Concurrent;
using System.Diagnostics;
using Mooring.Client;
using Mooring.Harness;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Operations;

namespace Mooring.Benchmarks;

/// <summary>
/// Rounds of <c>kill -9</c> of the owner under a stream of creates, and some in which it is stopped (SIGSTOP) instead: how long the virtual IP is
/// away, how long the requests that were under way take to their results, and whether anything was lost or done twice.
/// </summary>
internal static class Failover
{
    private const int Kills = 50;
    private const int Stops = 5;
    private const int Callers = 8;

    // The fence of the dead owner's connection is a commit of Ceph's monitor, which takes up to a second.
    private const int FenceOnCephMs = 1000;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(1);

    public static async Task<bool> RunAsync(bool onCeph)
    {
        await using var cluster = await BenchCluster.StartAsync(onCeph);
        await using var store = await StoreAccess.OpenAsync(cluster.Nodes.DataDirectory, cluster.CephConf);
        return await MeasureAsync(cluster.Nodes, store, onCeph ? "failover-ceph" : "failover", onCeph ? FenceOnCephMs : 0);
    }

    private static async Task<bool> MeasureAsync(NodeCluster cluster, StoreAccess store, string name, int fenceMs)
    {
        List<Outcome> kills = [], stops = [];
        var (lost, doubled, requests) = (0, 0, 0);
        using var watcher = new MooringClient(new MooringClientOptions { Endpoint = cluster.Endpoint, Timeout = Limit });
        for (var round = 0; stops.Count < Stops; round++)
        {
            var owner = (await watcher.GetVipAsync()).Owner!;
            var process = cluster.ProcessOf(owner);
            var kill = round < Kills;
            var outcome = await RoundAsync(cluster, kill ? () => cluster.KillAsync(owner) : process.StopAsync, round);
            requests += outcome.Made.Count;
            var images = (await store.ImagesAsync("rbd")).Select(i => i.Name).Where(n => n.StartsWith($"round-{round}-", StringComparison.Ordinal)).ToList();
            lost += outcome.Made.Count(o => o.State != "succeeded") + outcome.Failed + Math.Max(0, outcome.Made.Count - images.Count);
            doubled += outcome.Made.Count - outcome.Made.Select(o => o.Result?.Id).Distinct().Count() + Math.Max(0, images.Count - outcome.Made.Count);
            Console.WriteLine(
                $"round {round + 1,2}: {owner} {(kill ? "killed" : "stopped")}; address away {outcome.OutageMs:0} ms, results after {outcome.StrikeToResultMs:0} ms, {outcome.Made.Count} requests");
            process.Continue();
            // The embedded store ends a process that was stopped while it held the store.
            var died = !process.IsAlive;
            if (died)
                cluster.Launch(owner, new Dictionary<string, string>());
            if (kill == died)
                (kill ? kills : stops).Add(outcome);
            await UntilWholeAsync(cluster, watcher);
        }
        var report = new Report(name);
        report.Add($"{Kills} kills: virtual IP away, p50", "ms", Report.Percentile(kills.Select(k => k.OutageMs), 0.5), 600 + fenceMs);
        report.Add($"{Kills} kills: virtual IP away, max", "ms", kills.Max(k => k.OutageMs), 1500 + fenceMs);
        report.Add($"{Kills} kills: to the last result under way, p50", "ms", Report.Percentile(kills.Select(k => k.StrikeToResultMs), 0.5));
        report.Add($"{Kills} kills: to the last result under way, max", "ms", kills.Max(k => k.StrikeToResultMs));
        report.Add($"{Stops} stops: virtual IP away, p50", "ms", Report.Percentile(stops.Select(k => k.OutageMs), 0.5));
        report.Add($"{Stops} stops: virtual IP away, max", "ms", stops.Max(k => k.OutageMs), 4000);
        report.Add($"{Stops} stops: to the last result under way, max", "ms", stops.Max(k => k.StrikeToResultMs));
        report.Add("requests", "", requests);
        report.Add("lost operations", "", lost, 0);
        report.Add("doubled operations", "", doubled, 0);
        return report.Write();
    }

    private static async Task<Outcome> RoundAsync(NodeCluster cluster, Func<Task> strike, int round)
    {
        using var client = new MooringClient(new MooringClientOptions { Endpoint = cluster.Endpoint, Timeout = Limit });
        await using var probe = new VipProbe(cluster.Endpoint);
        var made = new ConcurrentBag<OperationShape>();
        var (failed, stop) = (0, false);
        // A request that was under way at the strike is one that began before it and ended after it.
        var clock = Stopwatch.StartNew();
        var struckAt = TimeSpan.MaxValue;
        var slowest = 0.0;
        var measured = new Lock();
        var callers = Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; !Volatile.Read(ref stop); i++)
            {
                var began = clock.Elapsed;
                try
                {
                    made.Add(await client.RunAsync(new CreateVolume(new VolumeId("rbd", "", $"round-{round}-{caller}-{i}"), 1 << 20), Change.New()));
                }
                catch (Exception e) when (e is MooringException or MooringUnreachableException)
                {
                    Console.WriteLine(e.Message);
                    Interlocked.Increment(ref failed);
                }
                lock (measured)
                {
                    if (began < struckAt && clock.Elapsed > struckAt)
                        slowest = Math.Max(slowest, (clock.Elapsed - struckAt).TotalMilliseconds);
                }
            }
        })).ToArray();
        await Task.Delay(Calm);
        lock (measured)
            struckAt = clock.Elapsed;
        var outage = await probe.OutageAsync(strike, Limit);
        await Task.Delay(Calm);
        Volatile.Write(ref stop, true);
        await Task.WhenAll(callers);
        return new Outcome(outage.TotalMilliseconds, slowest, [.. made], failed);
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

    private sealed record Outcome(double OutageMs, double StrikeToResultMs, List<OperationShape> Made, int Failed);
}
