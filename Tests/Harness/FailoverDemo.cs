using System.Diagnostics;
using System.Text.Json;
using Mooring.Client;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.Harness;

/// <summary>
/// The main job: a result survives the death of the node that was to deliver it. Three real processes; the owner of the virtual IP, which also
/// carries the copy out, is killed in the middle of it.
/// </summary>
internal sealed class FailoverDemo(Story story, string? cephConf, bool onHosts)
{
    private const int VolumeCount = 20;
    private const string Pool = "rbd";
    private const string Prefix = "demo-";
    private const double KillAtProgress = 0.3;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    // For how long the source is written, so that its copy takes more than three seconds: on a disk about as long, on Ceph half as long, because
    // librbd copies several objects at once. A small trial would only measure the burst that disks take.
    private TimeSpan FillTime => TimeSpan.FromSeconds(cephConf is null ? 4 : 8);

    // What a volume may hold: memory of a throw-away Ceph (three replicas of source, partial and complete copy), disk of the embedded store.
    private long LargestBytes => cephConf is null ? 8L << 30 : 1L << 30;

    private string Directory { get; } = WorkDirectory.Create(".run", "demo-");

    public async Task<bool> RunAsync(bool json)
    {
        var result = await PlayAsync();
        var good = result is { Effects: 1, Duplicates: 0, Lost: 0, Result: "succeeded" };
        if (json)
            Console.WriteLine(JsonSerializer.Serialize(result, HarnessJson.Default.FailoverSummary));
        else
            story.Tell(good
                ? $"done: one effect, no duplicate, nothing lost; the virtual IP was away for {result.VipOutageMs} ms"
                : $"NOT as promised: {JsonSerializer.Serialize(result, HarnessJson.Default.FailoverSummary)}");
        return good;
    }

    private async Task<FailoverSummary> PlayAsync()
    {
        try
        {
            await using var store = await StoreAccess.OpenAsync(Path.Combine(Directory, "data"), cephConf);
            await RemoveImagesAsync(store);
            await using var hosts = onHosts ? await HostNetwork.StartAsync(0, ["node-1", "node-2", "node-3"]) : null;
            await using var cluster = await NodeCluster.StartAsync(new NodeClusterOptions
            {
                Directory = Directory, CephConf = cephConf, Hosts = hosts,
            });
            story.Tell($"three storage nodes run ({string.Join(", ", cluster.NodeNames.Select(cluster.EndpointOf))}); clients use {cluster.Endpoint}");
            using var client = new MooringClient(new MooringClientOptions { Endpoint = cluster.Endpoint, Timeout = Limit });
            var summary = await FailoverAsync(cluster, client, store);
            await RemoveImagesAsync(store);
            return summary;
        }
        finally
        {
            if (System.IO.Directory.Exists(Directory))
                System.IO.Directory.Delete(Directory, recursive: true);
        }
    }

    private async Task<FailoverSummary> FailoverAsync(NodeCluster cluster, MooringClient client, StoreAccess store)
    {
        var owner = (await client.GetVipAsync()).Owner!;
        var made = await Task.WhenAll(Enumerable.Range(1, VolumeCount).Select(i =>
            client.RunAsync(new CreateVolume(Volume($"{Prefix}{i:00}"), LargestBytes), Change.New())));
        story.Tell($"{VolumeCount} volumes made through the virtual IP, which is on {owner}");

        // The hardest case: the node that dies both owns the virtual IP and carries the copy out. Volumes stay where they are executed.
        var target = Volume(made.Skip(1).First(o => o.ExecutedBy == owner).Result!.Name);
        await client.RunAsync(new DeleteVolume(target), Change.New());
        var source = Volume(Prefix + "01");
        var sizeBytes = await store.FillAsync(source, LargestBytes, FillTime);
        await client.RunAsync(new ResizeVolume(source, sizeBytes, AllowShrink: true), Change.New());
        story.Tell($"{source} holds {sizeBytes >> 20} MiB; copying it to {target}, executed by {owner}");

        await using var probe = new VipProbe(cluster.Endpoint);
        var change = Change.New();
        var underWay = new TaskCompletionSource<OperationShape>(TaskCreationOptions.RunContinuationsAsynchronously);
        var copy = client.RunAsync(new CopyVolume(target, source), change with { Progress = new Watcher(underWay) });
        var seen = await await Task.WhenAny(underWay.Task, copy).WaitAsync(Limit);
        if (seen.Ended)
            throw new HarnessException("the copy was too fast to be interrupted; this machine needs a larger volume");
        story.Tell($"kill -9 {owner} (pid {cluster.ProcessOf(owner).Pid}) with the copy at {seen.Progress:P0}");
        var killed = Stopwatch.StartNew();
        var outage = await probe.OutageAsync(() => cluster.KillAsync(owner), Limit);
        story.Tell($"the virtual IP answers again after {outage.TotalMilliseconds:0} ms");
        var result = await copy;
        var killToResult = killed.Elapsed;
        story.Tell($"the copy's result came after {killToResult.TotalSeconds:0.0} s, by itself: {result.State}, attempt {result.Attempts} "
            + $"executed by {result.ExecutedBy}, delivered by {result.DeliveredBy}");
        var vip = await client.GetVipAsync();

        // The same request again gets the same answer and changes nothing.
        var again = await client.RunAsync(new CopyVolume(target, source), change);
        var duplicates = again.Id == result.Id && again.FinishedAt == result.FinishedAt && again.Attempts == result.Attempts ? 0 : 1;
        await UntilSettledAsync(store);
        var images = await store.ImagesAsync(Pool);
        var effects = images.Count(i => i.MadeBy == result.Id);
        duplicates += images.Count(i => i.Name.StartsWith(VolumeId.ReservedPrefix, StringComparison.Ordinal));
        var same = await store.SameBytesAsync(source, target);
        story.Tell(same ? "source and copy have the same bytes" : "source and copy DIFFER");
        var all = await client.ListOperationsAsync(null, null, null, 1000);
        var lost = all.Items.Count(o => !o.Ended) + Math.Max(0, VolumeCount + 3 - all.Items.Count) + (same ? 0 : 1);
        return new FailoverSummary(
            cluster.Backend,
            cluster.NodeNames.Count,
            owner,
            vip.Owner ?? "",
            (long)outage.TotalMilliseconds,
            result.Id,
            result.Kind,
            result.State,
            result.DeliveredBy ?? "",
            (long)killToResult.TotalMilliseconds,
            effects,
            duplicates,
            lost);
    }

    // What the killed attempt left goes away behind the result.
    private static async Task UntilSettledAsync(StoreAccess store)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(60); await Task.Delay(50))
        {
            var names = await store.Store.ListAsync(Pool, "", null, 1000, CancellationToken.None);
            if (!names.Any(n => n.StartsWith(VolumeId.ReservedPrefix, StringComparison.Ordinal)))
                return;
        }
    }

    private static async Task RemoveImagesAsync(StoreAccess store)
    {
        var names = await store.Store.ListAsync(Pool, "", null, 1000, CancellationToken.None);
        foreach (var name in names.Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)))
            await store.Store.RemoveAsync(Volume(name), null, CancellationToken.None);
    }

    private static VolumeId Volume(string name) => new(Pool, "", name);

    private sealed class Watcher(TaskCompletionSource<OperationShape> underWay) : IProgress<OperationShape>
    {
        public void Report(OperationShape value)
        {
            if (value.Progress >= KillAtProgress)
                underWay.TrySetResult(value);
        }
    }
}

/// <summary>What <c>demo --json</c> prints.</summary>
internal sealed record FailoverSummary(
    string Backend,
    int Nodes,
    string OwnerBefore,
    string OwnerAfter,
    long VipOutageMs,
    string OperationId,
    string OperationKind,
    string Result,
    string DeliveredBy,
    long KillToResultMs,
    int Effects,
    int Duplicates,
    int Lost);
