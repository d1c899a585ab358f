using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Mooring.Client;
using Mooring.Messages.Http;
using Mooring.Messages.Wire;

namespace Mooring.Harness;

/// <summary>
/// The file plane's main job: a file goes on being written when its writer dies, and is kept once. Three real processes; the writer is killed in
/// the middle of a large file, while other clients write and read small ones and keep a record.
/// </summary>
internal sealed class FilesDemo(Story story, string? cephConf)
{
    private const string FileSystem = "demo-files";
    private const string Path = "/large";
    private const double KillAtProgress = 0.3;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(180);

    private string Directory { get; } = WorkDirectory.Create(".run", "demo-");

    private long Bytes => cephConf is null ? 256L << 20 : 1L << 30;

    public async Task<bool> RunAsync(bool json)
    {
        var result = await PlayAsync();
        var good = result is { AcknowledgedLost: 0, StaleReads: 0, ChecksumOk: true } && Math.Abs(result.StoredRatio / result.Replicas - 1) < 0.03
            && result.WriterAfter != result.WriterBefore;
        if (json)
            Console.WriteLine(JsonSerializer.Serialize(result, HarnessJson.Default.FilesSummary));
        else
            story.Tell(good
                ? $"done: nothing lost, no stale read, {result.StoredRatio:0.00} bytes stored for each byte written; acknowledged again after {result.KillToNextAckMs} ms"
                : $"NOT as promised: {JsonSerializer.Serialize(result, HarnessJson.Default.FilesSummary)}");
        return good;
    }

    private async Task<FilesSummary> PlayAsync()
    {
        try
        {
            await using var cluster = await NodeCluster.StartAsync(new NodeClusterOptions
            {
                Directory = Directory, CephConf = cephConf,
            });
            story.Tell($"three storage nodes run ({string.Join(", ", cluster.NodeNames.Select(cluster.EndpointOf))})");
            using var client = new MooringClient(new MooringClientOptions { Endpoint = cluster.Endpoint, Timeout = Limit });
            if ((await client.ListFileSystemsAsync()).Items.Any(f => f.Name == FileSystem))
                await client.DeleteFileSystemAsync(FileSystem);
            await client.CreateFileSystemAsync(new CreateFileSystemBody(FileSystem, null, 2 * Bytes, null, null, null), Guid.NewGuid().ToString("N"));
            var summary = await FailoverAsync(cluster, client);
            await client.DeleteFileSystemAsync(FileSystem);
            return summary;
        }
        finally
        {
            if (System.IO.Directory.Exists(Directory))
                System.IO.Directory.Delete(Directory, recursive: true);
        }
    }

    private async Task<FilesSummary> FailoverAsync(NodeCluster cluster, MooringClient client)
    {
        var stored = await StoredBytesAsync(cluster);
        await using var history = await FileHistory.StartAsync(cluster.Endpoint, FileSystem, cluster.NodeNames);
        var before = (await client.GetFileSystemAsync(FileSystem)).Areas[0];
        story.Tell($"file system {FileSystem} on image {before.Image}: {before.Writer} writes, {string.Join(" and ", before.Readers)} read; small files are written and read all the while");

        using var open = new OpenFileSystem(cluster.Endpoint, FileSystem, new FileClientOptions { Timeout = Limit });
        using var source = new PatternStream(Bytes);
        var watch = new Watcher((long)(Bytes * KillAtProgress));
        open.Files.Updated += (_, grant) => watch.Updated(grant, before.Writer!);
        var writing = open.Files.WriteAsync(Path, source, WriteMode.Replace, 0, watch);
        await await Task.WhenAny(watch.UnderWay, writing).WaitAsync(Limit);
        if (writing.IsCompleted)
            throw new HarnessException("the file was written too fast to be interrupted; this machine needs a larger one");
        story.Tell($"kill -9 {before.Writer} (pid {cluster.ProcessOf(before.Writer!).Pid}) with {watch.DurableBytes >> 20} of {Bytes >> 20} MiB durable");
        watch.Killed();
        await cluster.KillAsync(before.Writer!);
        var entry = await writing;
        var after = (await client.GetFileSystemAsync(FileSystem)).Areas[0];
        story.Tell($"the file is complete, by itself: {entry.SizeBytes >> 20} MiB; {after.Writer} writes now, epoch {after.Epoch}; "
            + $"the first acknowledgement after the kill came after {watch.KillToNextAck.TotalMilliseconds:0} ms");

        var same = entry.SizeBytes == Bytes;
        var expected = Checksum(new PatternStream(Bytes));
        foreach (var node in cluster.NodeNames.Where(n => n != before.Writer))
        {
            var read = await ChecksumAsync(open.Files, node);
            same &= read == expected;
            story.Tell($"read through {node}: SHA-256 {read[..16]}… {(read == expected ? "is the source's" : "DIFFERS")}");
        }
        await history.StopAsync();
        var (lost, stale) = await history.JudgeAsync();
        var grown = await StoredBytesAsync(cluster) - stored;
        var replicas = cephConf is null ? 1 : await CephUsage.ReplicasAsync(cephConf, "rbd");
        story.Tell($"small files: {history.Written} acknowledged writes, {lost} lost; {history.Read} reads, {stale} stale; "
            + $"{grown >> 20} MiB stored for {Bytes >> 20} MiB written, the store keeps {replicas} replica(s)");
        return new FilesSummary(
            cluster.Backend,
            before.Writer!,
            after.Writer ?? "",
            (long)watch.KillToNextAck.TotalMilliseconds,
            Bytes,
            same,
            Math.Round((double)grown / Bytes, 4),
            replicas,
            lost,
            stale);
    }

    private static string Checksum(Stream stream)
    {
        using (stream)
            return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private static async Task<string> ChecksumAsync(FileSystemClient files, string node)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await files.ReadAsync(Path, 0, null, null, bytes =>
        {
            hash.AppendData(bytes.Span);
            return ValueTask.CompletedTask;
        }, node);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // What the store really holds: blocks of the image's file, or what Ceph says that all its OSDs use.
    private async Task<long> StoredBytesAsync(NodeCluster cluster)
    {
        if (cephConf is null)
        {
            var said = await Tool.RunAsync("du", ["-s", "-B1", System.IO.Path.Combine(cluster.DataDirectory, "data")], TimeSpan.FromSeconds(30));
            return long.Parse(said.Split('\t')[0], CultureInfo.InvariantCulture);
        }
        return await CephUsage.StoredBytesAsync(cephConf);
    }

    // The first acknowledgement that counts is one of another writer: what the dead one sent before it died may come in late.
    private sealed class Watcher(long killAt) : IProgress<long>
    {
        private readonly TaskCompletionSource _underWay = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Lock _lock = new();
        private Stopwatch? _killed;
        private bool _updated;

        public Task UnderWay => _underWay.Task;

        public long DurableBytes { get; private set; }

        public TimeSpan KillToNextAck { get; private set; }

        public void Killed()
        {
            lock (_lock)
                (_killed, _updated) = (Stopwatch.StartNew(), false);
        }

        public void Updated(GrantShape grant, string writerBefore)
        {
            lock (_lock)
                _updated |= grant.Writer is { } writer && writer.Node != writerBefore;
        }

        public void Report(long value)
        {
            lock (_lock)
            {
                DurableBytes = value;
                if (_killed is not null && _updated && KillToNextAck == TimeSpan.Zero)
                    KillToNextAck = _killed.Elapsed;
            }
            if (value >= killAt)
                _underWay.TrySetResult();
        }
    }
}

/// <summary>What <c>demo files --json</c> prints.</summary>
internal sealed record FilesSummary(
    string Backend,
    string WriterBefore,
    string WriterAfter,
    long KillToNextAckMs,
    long Bytes,
    bool ChecksumOk,
    double StoredRatio,
    int Replicas,
    int AcknowledgedLost,
    int StaleReads);
