using System.Text;
using Mooring.Client;
using Mooring.Harness;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Messages.Wire;

namespace Mooring.Tests.Cluster;

/// <summary>Nodes die while files are written and read. Histories of what clients saw are judged afterwards.</summary>
public class FileFailoverTests
{
    internal const long LargeBytes = 96L << 20;

    [Fact]
    public async Task A_file_goes_on_being_written_when_its_writer_is_killed()
    {
        await using var cluster = await StartAsync();
        var area = (await cluster.Client.GetFileSystemAsync("fs")).Areas[0];

        var (after, checksum) = await WriteThroughAsync(cluster, area, () => cluster.Nodes.KillAsync(area.Writer!));

        Assert.NotEqual(area.Writer, after.Writer);
        Assert.True(after.Epoch > area.Epoch);
        Assert.Equal(Crc(LargeBytes), checksum);
    }

    [Fact]
    public async Task An_append_whose_writer_is_killed_before_it_is_there_is_sent_again_from_its_begin()
    {
        const long bytes = 30 << 20;
        await using var cluster = await StartAsync();
        var area = (await cluster.Client.GetFileSystemAsync("fs")).Areas[0];
        using var open = cluster.Client.OpenFileSystem("fs");
        await open.Files.PutAsync("/log", "begin"u8.ToArray());
        using var source = new WatchedStream(bytes, () => cluster.Nodes.KillAsync(area.Writer!));

        var entry = await open.Files.WriteAsync("/log", source, WriteMode.Append);

        var expected = new byte[5 + bytes];
        "begin"u8.CopyTo(expected);
        new PatternStream(bytes).ReadExactly(expected.AsSpan(5));
        var read = new MemoryStream();
        await open.Files.ReadAsync("/log", 0, null, null, piece => read.WriteAsync(piece));
        Assert.Equal((5 + bytes, true), (entry.SizeBytes, expected.AsSpan().SequenceEqual(read.ToArray())));
    }

    [Fact]
    public async Task A_file_goes_on_being_written_when_a_reader_is_killed()
    {
        await using var cluster = await StartAsync();
        var area = (await cluster.Client.GetFileSystemAsync("fs")).Areas[0];

        var (after, checksum) = await WriteThroughAsync(cluster, area, () => cluster.Nodes.KillAsync(area.Readers[0]));

        Assert.Equal(area.Writer, after.Writer);
        await TestCluster.UntilAsync("the reader that was killed is no member any more", async () =>
            !(await cluster.Client.GetFileSystemAsync("fs")).Areas[0].Readers.Contains(area.Readers[0]));
        Assert.Equal(Crc(LargeBytes), checksum);
    }

    [Fact]
    public async Task A_file_goes_on_being_written_when_its_writer_and_a_reader_are_killed_at_once()
    {
        // So many that those who remain are most of the cluster.
        await using var cluster = await StartAsync(nodes: 5);
        var area = (await cluster.Client.GetFileSystemAsync("fs")).Areas[0];
        string[] killed = [area.Writer!, area.Readers[0]];

        var (after, checksum) = await WriteThroughAsync(cluster, area, () => Task.WhenAll(killed.Select(cluster.Nodes.KillAsync)));

        // The places of those who died are taken from outside; who writes is the one that is left, or one of those if they are there before it is heard.
        Assert.DoesNotContain(after.Writer, killed);
        await TestCluster.UntilAsync("the set is whole again", async () => (await cluster.Client.GetFileSystemAsync("fs")).Areas[0] is { Readers.Count: 2 } whole
            && !whole.Readers.Intersect(killed).Any());
        Assert.Equal(Crc(LargeBytes), checksum);
    }

    [Fact]
    public async Task A_file_goes_on_being_written_when_the_last_two_nodes_of_a_set_die_one_after_the_other()
    {
        await using var cluster = await StartAsync();
        var area = (await cluster.Client.GetFileSystemAsync("fs")).Areas[0];
        using var open = cluster.Client.OpenFileSystem("fs");
        await open.Files.PutAsync("/kept", "kept"u8.ToArray());

        await cluster.Nodes.KillAsync(area.Readers[0]);
        await TestCluster.UntilAsync("the cluster has seen it", async () => !(await cluster.Client.GetFileSystemAsync("fs")).Areas[0].Readers.Contains(area.Readers[0]));
        cluster.Nodes.Launch(area.Readers[0], new Dictionary<string, string>());
        await cluster.Nodes.WaitReadyAsync(TestCluster.Limit);
        await TestCluster.UntilAsync("it reads again", async () => (await cluster.Client.GetFileSystemAsync("fs")).Areas[0].Readers.Count == 2);
        await cluster.Nodes.KillAsync(area.Writer!);

        await open.Files.PutAsync("/after", "after"u8.ToArray());
        Assert.Equal("kept"u8.ToArray(), (await open.Files.GetAsync("/kept")).ToArray());
    }

    [Fact]
    public async Task A_writer_that_was_stopped_and_shut_out_does_not_write_when_it_goes_on()
    {
        await using var cluster = await StartAsync();
        await StopWriterAsync(cluster);
    }

    [Fact]
    public async Task Nothing_is_lost_and_no_read_is_stale_when_every_node_is_killed_in_turn()
    {
        await using var cluster = await StartAsync();
        await using var history = await FileHistory.StartAsync(cluster.Nodes.Endpoint, "fs", cluster.Nodes.NodeNames);
        foreach (var node in cluster.Nodes.NodeNames)
        {
            var written = history.Written;
            await TestCluster.UntilAsync("some more files are written", () => Task.FromResult(history.Written > written + 10));
            await cluster.Nodes.KillAsync(node);
            written = history.Written;
            await TestCluster.UntilAsync("files are written again", () => Task.FromResult(history.Written > written + 10));
            cluster.Nodes.Launch(node, new Dictionary<string, string>());
            await cluster.Nodes.WaitReadyAsync(TestCluster.Limit);
            await TestCluster.UntilAsync("all three nodes serve again", async () => (await cluster.Client.GetFileSystemAsync("fs")).Areas[0].Readers.Count == 2);
        }
        await history.StopAsync();

        Assert.Equal((0, 0), await history.JudgeAsync());
        Assert.True(history.Read > 0);
    }

    [Fact]
    public async Task Files_are_there_when_all_nodes_come_back()
    {
        await using var cluster = await StartAsync();
        using (var open = cluster.Client.OpenFileSystem("fs"))
            await open.Files.WriteAsync("/large", new PatternStream(20 << 20));

        await Task.WhenAll(cluster.Nodes.NodeNames.Select(cluster.Nodes.KillAsync));
        foreach (var node in cluster.Nodes.NodeNames)
            cluster.Nodes.Launch(node, new Dictionary<string, string>());
        await cluster.Nodes.WaitReadyAsync(TestCluster.Limit);

        using var again = cluster.Client.OpenFileSystem("fs");
        Assert.Equal(Crc(20 << 20), await ChecksumAsync(again.Files, "/large", null));
        await again.Files.PutAsync("/after", Encoding.ASCII.GetBytes("after"));
    }

    internal static async Task<TestCluster> StartAsync(int nodes = 3, string? cephConf = null)
    {
        var cluster = await TestCluster.StartAsync(nodes, cephConf: cephConf);
        try
        {
            // Of the test before, on a Ceph that they share.
            if ((await cluster.Client.ListFileSystemsAsync()).Items.Any(f => f.Name == "fs"))
                await cluster.Client.DeleteFileSystemAsync("fs");
            await cluster.Client.CreateFileSystemAsync(new CreateFileSystemBody("fs", null, 512L << 20, null, null, 2), Guid.NewGuid().ToString("N"));
            await TestCluster.UntilAsync("the file system has a writer", async () => (await cluster.Client.GetFileSystemAsync("fs")).Areas[0].Writer is not null);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    internal static async Task<(AreaShape After, uint Checksum)> WriteThroughAsync(TestCluster cluster, AreaShape area, Func<Task> strike)
    {
        await using var history = await FileHistory.StartAsync(cluster.Nodes.Endpoint, "fs", cluster.Nodes.NodeNames);
        using var open = cluster.Client.OpenFileSystem("fs");
        var underWay = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writing = open.Files.WriteAsync("/large", new PatternStream(LargeBytes), WriteMode.Replace, 0, new Struck(underWay));
        await underWay.Task.WaitAsync(TestCluster.Limit);

        await strike();
        var entry = await writing;

        Assert.Equal(LargeBytes, entry.SizeBytes);
        await history.StopAsync();
        Assert.Equal((0, 0), await history.JudgeAsync());
        var after = (await cluster.Client.GetFileSystemAsync("fs")).Areas[0];
        return (after, await ChecksumAsync(open.Files, "/large", after.Writer!));
    }

    /// <summary>Stops the writer until another one writes, lets it go on, and sees that it does not write.</summary>
    internal static async Task StopWriterAsync(TestCluster cluster)
    {
        var area = (await cluster.Client.GetFileSystemAsync("fs")).Areas[0];
        await using var history = await FileHistory.StartAsync(cluster.Nodes.Endpoint, "fs", cluster.Nodes.NodeNames);
        await TestCluster.UntilAsync("some files are written", () => Task.FromResult(history.Written > 10));
        using var grants = new HttpFileGrants(cluster.Nodes.EndpointOf(area.Readers[0]), "fs");
        var old = await grants.RequestAsync(new GrantBody("/", true, true, null), CancellationToken.None);
        var process = cluster.Nodes.ProcessOf(area.Writer!);

        await process.StopAsync();
        using var open = new OpenFileSystem(cluster.Nodes.EndpointOf(area.Readers[0]), "fs", new FileClientOptions { AnswerTimeout = TimeSpan.FromSeconds(1) });
        await open.Files.PutAsync("/during", "the next writer's"u8.ToArray());
        var during = (await cluster.Client.GetFileSystemAsync("fs")).Areas[0];
        Assert.NotEqual(area.Writer, during.Writer);
        process.Continue();

        // Its old tokens are of no use, and nothing that it still had in hand has come to the image.
        await TestCluster.UntilAsync("the old writer refuses", async () => await RefusesAsync(old));
        await TestCluster.UntilAsync("all three nodes serve again", async () => (await cluster.Client.GetFileSystemAsync("fs")).Areas[0].Readers.Count == 2);
        Assert.Equal("the next writer's"u8.ToArray(), (await open.Files.GetAsync("/during")).ToArray());
        await history.StopAsync();
        Assert.Equal((0, 0), await history.JudgeAsync());
    }

    private static async Task<bool> RefusesAsync(GrantShape old)
    {
        using var client = new System.Net.Sockets.TcpClient();
        try
        {
            var address = old.Writer!.Address;
            await client.ConnectAsync(address[..address.LastIndexOf(':')], int.Parse(address[(address.LastIndexOf(':') + 1)..]));
            await using var frames = new FrameConnection(client.GetStream(), FrameConnection.StandardPayloadBytesMax);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            var put = new FileOperation(FileOperationKind.Put, "/during", "", 0, "the old writer's"u8.ToArray());
            await frames.WriteAsync(FrameKind.Operations, new FileRequest(old.WriteToken!, [], [put]).Write, limit.Token);
            var answer = await frames.ExpectAsync(limit.Token);
            if (answer.Kind == FrameKind.OperationResults)
                Assert.NotNull(FileResult.Read(answer.Payload.Span)[0].Error);
            return answer.Kind == FrameKind.Error && IsFenced(answer);
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    private static bool IsFenced(Frame answer)
    {
        var reader = new WireReader(answer.Payload.Span);
        return WireRecords.ReadError(ref reader).Kind == ErrorKind.Fenced;
    }

    internal static uint Crc(long size)
    {
        using var source = new PatternStream(size);
        var (state, chunk) = (Crc32C.Start, new byte[1 << 20]);
        for (int count; (count = source.Read(chunk)) > 0;)
            state = Crc32C.Add(state, chunk.AsSpan(0, count));
        return Crc32C.Finish(state);
    }

    private static async Task<uint> ChecksumAsync(FileSystemClient files, string path, string? node)
    {
        var state = Crc32C.Start;
        await files.ReadAsync(path, 0, null, null, bytes =>
        {
            state = Crc32C.Add(state, bytes.Span);
            return ValueTask.CompletedTask;
        }, node);
        return Crc32C.Finish(state);
    }

    private sealed class Struck(TaskCompletionSource underWay) : IProgress<long>
    {
        public void Report(long value)
        {
            if (value > LargeBytes / 4)
                underWay.TrySetResult();
        }
    }

    /// <summary>A pattern; something happens when its end is read for the first time.</summary>
    private sealed class WatchedStream(long bytes, Func<Task> atEnd) : Stream
    {
        private readonly PatternStream _pattern = new(bytes);
        private bool _read;

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => bytes;

        public override long Position
        {
            get => _pattern.Position;
            set => _pattern.Position = value;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = _pattern.Read(buffer.Span);
            if (_pattern.Position == bytes && !_read)
            {
                _read = true;
                await atEnd();
            }
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => _pattern.Read(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
