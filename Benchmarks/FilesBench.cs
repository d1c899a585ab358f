using System.Diagnostics;
using System.Globalization;
using Mooring.Client;
using Mooring.Harness;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Storage;
using Mooring.Storage.Ceph;

namespace Mooring.Benchmarks;

/// <summary>
/// Files through the file plane beside raw librbd on the same kind of image, and beside the layout that it replaces (each byte written to two images),
/// on a real Ceph. The sides take turns within one run, because this machine's speed changes from minute to minute: what counts are the ratios.
/// </summary>
internal static class FilesBench
{
    private const string Name = "bench";
    private const int Rounds = 5;
    private const int Streams = 8;
    private const int Callers = 16;
    private const int ChunkBytes = 4 << 20;
    private const int RawInFlight = 4;
    private const long StreamBytes = 128L << 20;
    private const long AreaBytes = 3L << 30;
    private const int KillRounds = 20;

    // The bytes are read from memory, so fast that once is over before anything is warm.
    private const int ReadTimes = 8;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    public static async Task<bool> RunAsync(int? killRounds)
    {
        await using var cluster = await BenchCluster.StartAsync(onCeph: true);
        var conf = cluster.CephConf!;
        using var client = new MooringClient(new MooringClientOptions { Endpoint = cluster.Nodes.Endpoint, Timeout = Limit });
        // Of a run that failed, on a Ceph that stays.
        if ((await client.ListFileSystemsAsync()).Items.Any(f => f.Name == Name))
            await client.DeleteFileSystemAsync(Name);
        await client.CreateFileSystemAsync(new CreateFileSystemBody(Name, null, AreaBytes, null, null, null), Guid.NewGuid().ToString("N"));
        await using var raw = await RawImages.OpenAsync(conf, AreaBytes);
        using var open = new OpenFileSystem(cluster.Nodes.Endpoint, Name, new FileClientOptions { Timeout = Limit });
        var report = new Report("files");
        await StoredAsync(report, open.Files, raw, conf);
        await StreamsAsync(report, open.Files, raw);
        await ReadersAsync(report, open.Files, (await client.GetFileSystemAsync(Name)).Areas[0]);
        await SmallAsync(report, open.Files);
        await KillsAsync(report, cluster.Nodes, client, killRounds ?? KillRounds);
        await client.DeleteFileSystemAsync(Name);
        return report.Write();
    }

    // Each side writes the same bytes for the first time; what the store holds more after that is what they cost.
    private static async Task StoredAsync(Report report, FileSystemClient files, RawImages raw, string confPath)
    {
        var replicas = await CephUsage.ReplicasAsync(confPath, "rbd");
        var before = await CephUsage.StoredBytesAsync(confPath);
        await WriteAsync(files, "/stored", Streams);
        var between = await CephUsage.StoredBytesAsync(confPath);
        await raw.WriteAsync(Streams, 2);
        var after = await CephUsage.StoredBytesAsync(confPath);
        report.Add("bytes stored for each byte written, replicas of the pool", "x", replicas);
        report.Add("bytes stored for each byte written, files", "x", (double)(between - before) / StreamBytes, replicas * 1.03);
        report.Add("bytes stored for each byte written, to two images", "x", (double)(after - between) / StreamBytes);
    }

    private static async Task StreamsAsync(Report report, FileSystemClient files, RawImages raw)
    {
        await WriteAsync(files, "/warm", 1);
        await raw.WriteAsync(1, 1);
        foreach (var streams in (int[])[1, Streams])
        {
            List<double> rawWrite = [], twoWrite = [], ourWrite = [], rawRead = [], ourRead = [], toRaw = [], toTwo = [], readToRaw = [];
            for (var round = 0; round < Rounds; round++)
            {
                rawWrite.Add(await MebibytesPerSecondAsync(1, () => raw.WriteAsync(streams, 1)));
                ourWrite.Add(await MebibytesPerSecondAsync(1, () => WriteAsync(files, $"/w{streams}", streams)));
                twoWrite.Add(await MebibytesPerSecondAsync(1, () => raw.WriteAsync(streams, 2)));
                rawRead.Add(await MebibytesPerSecondAsync(ReadTimes, () => raw.ReadAsync(streams)));
                ourRead.Add(await MebibytesPerSecondAsync(ReadTimes, () => ReadAsync(files, $"/w{streams}", streams, _ => null)));
                toRaw.Add(ourWrite[^1] / rawWrite[^1]);
                toTwo.Add(ourWrite[^1] / twoWrite[^1]);
                readToRaw.Add(ourRead[^1] / rawRead[^1]);
            }
            var what = streams == 1 ? "1 stream" : $"{streams} streams";
            report.Add($"sequential write, {what}, raw librbd", "MiB/s", Report.Percentile(rawWrite, 0.5));
            report.Add($"sequential write, {what}, to two images", "MiB/s", Report.Percentile(twoWrite, 0.5));
            report.Add($"sequential write, {what}, files", "MiB/s", Report.Percentile(ourWrite, 0.5));
            report.Add($"sequential write, {what}, files to raw", "x", Report.Percentile(toRaw, 0.5), 0.8, atMost: false);
            report.Add($"sequential write, {what}, files to two images", "x", Report.Percentile(toTwo, 0.5), 1.6, atMost: false);
            report.Add($"sequential read, {what}, raw librbd", "MiB/s", Report.Percentile(rawRead, 0.5));
            report.Add($"sequential read, {what}, files", "MiB/s", Report.Percentile(ourRead, 0.5));
            report.Add($"sequential read, {what}, files to raw", "x", Report.Percentile(readToRaw, 0.5), 0.8, atMost: false);
        }

        async Task<double> MebibytesPerSecondAsync(int times, Func<Task> work)
        {
            var clock = Stopwatch.StartNew();
            for (var i = 0; i < times; i++)
                await work();
            return times * (StreamBytes >> 20) / clock.Elapsed.TotalSeconds;
        }
    }

    private static async Task ReadersAsync(Report report, FileSystemClient files, AreaShape area)
    {
        string[] nodes = [.. area.Readers, area.Writer!];
        for (var count = 1; count <= nodes.Length; count++)
        {
            List<double> rates = [];
            for (var round = 0; round < Rounds; round++)
            {
                var clock = Stopwatch.StartNew();
                for (var i = 0; i < ReadTimes; i++)
                    await ReadAsync(files, $"/w{Streams}", Streams, stream => nodes[stream % count]);
                rates.Add(ReadTimes * (StreamBytes >> 20) / clock.Elapsed.TotalSeconds);
            }
            report.Add($"sequential read, {Streams} streams, through {count} node{(count == 1 ? "" : "s")}", "MiB/s", Report.Percentile(rates, 0.5));
        }
    }

    private static async Task SmallAsync(Report report, FileSystemClient files)
    {
        foreach (var (bytes, count) in ((int, int)[])[(4 << 10, 2000), (100 << 10, 400)])
        {
            foreach (var callers in (int[])[1, Callers])
            {
                var content = new byte[bytes];
                new Random(bytes).NextBytes(content);
                List<double> create = [], read = [], list = [], remove = [];
                var each = callers == 1 ? count / 8 : count;
                for (var round = 0; round < 3; round++)
                {
                    var folder = $"/small-{bytes}-{callers}-{round}";
                    await files.MakeDirectoryAsync(folder);
                    create.Add(await PerSecondAsync(callers, each, i => files.PutAsync($"{folder}/{i}", content, createNew: true)));
                    read.Add(await PerSecondAsync(callers, each, async i =>
                    {
                        if ((await files.GetAsync($"{folder}/{i}")).Length != bytes)
                            throw new HarnessException("a file came short");
                    }));
                    list.Add(await PerSecondAsync(callers, each / 10, _ => files.ListAsync(folder, null, 100)));
                    remove.Add(await PerSecondAsync(callers, each, i => files.RemoveAsync($"{folder}/{i}")));
                }
                var what = $"{bytes >> 10} KiB files, {callers} client{(callers == 1 ? "" : "s")}";
                var target = bytes == 4 << 10 && callers == Callers ? 1600 : (double?)null;
                report.Add($"{what}: create", "/s", Report.Percentile(create, 0.5), target, atMost: false);
                report.Add($"{what}: read", "/s", Report.Percentile(read, 0.5));
                report.Add($"{what}: list (pages of 100)", "/s", Report.Percentile(list, 0.5));
                report.Add($"{what}: remove", "/s", Report.Percentile(remove, 0.5));
            }
        }
    }

    private static async Task KillsAsync(Report report, NodeCluster cluster, MooringClient client, int rounds)
    {
        List<double> waits = [];
        using var open = new OpenFileSystem(cluster.Endpoint, Name, new FileClientOptions { Timeout = Limit });
        for (var round = 0; round < rounds; round++)
        {
            await open.Files.PutAsync("/beat", "0"u8.ToArray());
            var writer = (await client.GetFileSystemAsync(Name)).Areas[0].Writer!;
            await cluster.KillAsync(writer);
            var clock = Stopwatch.StartNew();
            await open.Files.PutAsync("/beat", System.Text.Encoding.ASCII.GetBytes(round.ToString(CultureInfo.InvariantCulture)));
            waits.Add(clock.Elapsed.TotalMilliseconds);
            cluster.Launch(writer, new Dictionary<string, string>());
            await cluster.WaitReadyAsync(Limit);
            await UntilWholeAsync(client, cluster.NodeNames.Count);
        }
        report.Add($"kill -9 of the writer to the next acknowledged write, p50 of {rounds}", "ms", Report.Percentile(waits, 0.5), 2500);
        report.Add($"kill -9 of the writer to the next acknowledged write, max of {rounds}", "ms", waits.Max());
    }

    private static async Task UntilWholeAsync(MooringClient client, int nodes)
    {
        var seen = "nothing";
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(200))
        {
            try
            {
                var area = (await client.GetFileSystemAsync(Name)).Areas[0];
                var all = await client.ListNodesAsync();
                if (area.Writer is not null && area.Readers.Count == nodes - 1 && all.Count(n => n.State == "up" && n.Health is { Dispatcher: "ok", RbdLink: "ok" }) == nodes)
                    return;
                seen = $"writer {area.Writer}, readers {string.Join(' ', area.Readers)}, nodes {string.Join(", ", all.Select(n => $"{n.Name} {n.State} {n.Health}"))}";
            }
            catch (Exception e) when (e is MooringException or MooringUnreachableException)
            {
                seen = e.Message;
            }
            if (clock.Elapsed > Limit)
                throw new HarnessException($"the set was not whole again within {Limit.TotalSeconds:0} s; last seen: {seen}");
        }
    }

    private static Task WriteAsync(FileSystemClient files, string prefix, int streams) => Task.WhenAll(Enumerable.Range(0, streams).Select(i => Task.Run(
        () => files.WriteAsync($"{prefix}-{i}", new PatternStream(StreamBytes / streams)))));

    private static Task ReadAsync(FileSystemClient files, string prefix, int streams, Func<int, string?> node) => Task.WhenAll(Enumerable.Range(0, streams).Select(i => Task.Run(
        () => files.ReadAsync($"{prefix}-{i}", 0, null, null, _ => ValueTask.CompletedTask, node(i)))));

    private static async Task<double> PerSecondAsync(int callers, int count, Func<int, Task> work)
    {
        var next = -1;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            for (var i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
                await work(i);
        })));
        return count / clock.Elapsed.TotalSeconds;
    }

    /// <summary>Two images of the kind that areas have, used straight through librbd.</summary>
    private sealed class RawImages : IAsyncDisposable
    {
        private static readonly VolumeId[] Volumes = [new("rbd", "", "bench-raw-0"), new("rbd", "", "bench-raw-1")];

        private readonly CephStoreProvider _provider;
        private readonly IBlockStore _store;
        private readonly List<IOpenImage> _images = [];

        private RawImages(CephStoreProvider provider, IBlockStore store) => (_provider, _store) = (provider, store);

        public static async Task<RawImages> OpenAsync(string conf, long sizeBytes)
        {
            var provider = new CephStoreProvider(new CephStoreOptions { ConfigFile = conf });
            var raw = new RawImages(provider, await provider.ConnectAsync("bench", 8, CancellationToken.None));
            foreach (var volume in Volumes)
            {
                // Of a run that failed, on a Ceph that stays.
                if (await raw._store.FindAsync(volume, CancellationToken.None) is not null)
                    await raw._store.RemoveAsync(volume, null, CancellationToken.None);
                await raw._store.CreateAsync(volume, sizeBytes, CancellationToken.None);
                raw._images.Add(await raw._store.OpenAsync(volume, readOnly: false, CancellationToken.None));
            }
            return raw;
        }

        /// <summary>Writes as much as the streams of files do, in the same pieces, with as many under way, and flushes.</summary>
        public Task WriteAsync(int streams, int copies) => Task.WhenAll(_images.Take(copies).Select(image => EachAsync(streams, async (source, offset, buffer) =>
        {
            source.ReadExactly(buffer.Span);
            await image.WriteAsync(offset, buffer, CancellationToken.None);
        }, () => image.FlushAsync(CancellationToken.None))));

        public Task ReadAsync(int streams) => EachAsync(streams, (_, offset, buffer) => _images[0].ReadAsync(offset, buffer, CancellationToken.None), () => Task.CompletedTask);

        public async ValueTask DisposeAsync()
        {
            foreach (var image in _images)
                await image.DisposeAsync();
            foreach (var volume in Volumes)
                await _store.RemoveAsync(volume, null, CancellationToken.None);
            await _store.DisposeAsync();
            await _provider.DisposeAsync();
        }

        private static Task EachAsync(int streams, Func<PatternStream, long, Memory<byte>, Task> piece, Func<Task> end) => Task.WhenAll(Enumerable.Range(0, streams).Select(stream => Task.Run(async () =>
        {
            var each = StreamBytes / streams;
            using var source = new PatternStream(each);
            var buffers = Enumerable.Range(0, RawInFlight).Select(_ => new byte[ChunkBytes]).ToArray();
            var running = new Queue<Task>();
            for (long done = 0; done < each; done += ChunkBytes)
            {
                if (running.Count == RawInFlight)
                    await running.Dequeue();
                running.Enqueue(piece(source, (stream * each) + done, buffers[done / ChunkBytes % RawInFlight]));
            }
            await Task.WhenAll(running);
            await end();
        })));
    }
}
