using System.Net;
using System.Security.Cryptography;
using Mooring.Client;
using Mooring.Harness;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Tests.Cluster;

/// <summary>The bytes of volumes go out and come in.</summary>
public class ContentTests(HealthyCluster healthy) : IClassFixture<HealthyCluster>
{
    private const int Bytes = (9 << 20) + 77;

    private readonly TestCluster _cluster = healthy.Cluster;

    [Theory]
    [InlineData(Bytes)]
    [InlineData(0)]
    public async Task What_is_imported_is_exported_again_by_every_node(long announced)
    {
        var (content, volume) = (RandomBytes(), TestCluster.Volume($"import-{announced}"));

        var made = await _cluster.Client.RunAsync(new ImportVolume(volume, announced), Change.New() with { Content = () => new MemoryStream(content) });

        Assert.Equal((Bytes, Convert.ToHexStringLower(SHA256.HashData(content))), (made.Result!.SizeBytes, made.Result.ContentSha256));
        foreach (var node in _cluster.Nodes.NodeNames)
        {
            using var client = _cluster.NewClient(node);
            Assert.True(Enumerable.SequenceEqual(content, await ExportAsync(client, volume, null)), $"{node} gives other bytes");
        }
    }

    [Fact]
    public async Task A_snapshot_is_exported_as_it_was()
    {
        var (content, volume) = (RandomBytes(), TestCluster.Volume("export-snapshot"));
        await _cluster.Client.RunAsync(new ImportVolume(volume), Change.New() with { Content = () => new MemoryStream(content) });
        await _cluster.Client.RunAsync(new CreateSnapshot(volume, "s 1"), Change.New());
        await _cluster.Store.Store.WriteAsync(volume, 0, new byte[1 << 20], default);
        await _cluster.Client.RunAsync(new ResizeVolume(volume, 20 << 20, false), Change.New());

        Assert.True(Enumerable.SequenceEqual(content, await ExportAsync(_cluster.Client, volume, "s 1")));
        Assert.Equal(20 << 20, (await ExportAsync(_cluster.Client, volume, null)).Length);
        Assert.Equal(
            ErrorKind.NotFound, (await Assert.ThrowsAsync<MooringException>(() => ExportAsync(_cluster.Client, volume, "t"))).Kind);
    }

    [Theory]
    [InlineData(Bytes + 1)]
    [InlineData(Bytes - 1)]
    public async Task Content_of_another_length_than_was_announced_leaves_nothing(long announced)
    {
        var (content, volume) = (RandomBytes(), TestCluster.Volume($"import-wrong-{announced}"));

        var failed = await Assert.ThrowsAsync<MooringException>(() => _cluster.Client.RunAsync(
            new ImportVolume(volume, announced), Change.New() with { Content = () => new MemoryStream(content) }));

        Assert.Equal(ErrorKind.InvalidArgument, failed.Kind);
        Assert.Null(await _cluster.Store.Store.FindAsync(volume, default));
        await _cluster.NoStrayImageAsync();
    }

    [Fact]
    public async Task Content_that_breaks_off_leaves_nothing_and_the_name_is_free()
    {
        var (content, volume) = (RandomBytes(), TestCluster.Volume("import-broken"));
        var opened = 0;
        var failed = await Assert.ThrowsAsync<MooringException>(() => _cluster.Client.RunAsync(
            new ImportVolume(volume, Bytes), Change.New() with { Content = () => Interlocked.Increment(ref opened) > 1 ? null : new Breaking(content, 6 << 20) }));

        Assert.Equal(ErrorKind.Cancelled, failed.Kind);
        await _cluster.NoStrayImageAsync();
        Assert.Equal(
            "succeeded", (await _cluster.Client.RunAsync(new ImportVolume(volume, Bytes), Change.New() with { Content = () => new MemoryStream(content) })).State);
    }

    [Fact]
    public async Task A_request_that_was_carried_out_needs_no_content_again()
    {
        var (change, content, volume) = (Change.New(), RandomBytes(), TestCluster.Volume("import-again"));
        var first = await _cluster.Client.RunAsync(new ImportVolume(volume, Bytes), change with { Content = () => new MemoryStream(content) });

        var again = await _cluster.Client.RunAsync(new ImportVolume(volume, Bytes), change with { Content = () => throw new InvalidOperationException("it was asked for") });

        Assert.Equal((first.Id, first.FinishedAt, first.Result!.ContentSha256), (again.Id, again.FinishedAt, again.Result!.ContentSha256));
    }

    [Fact]
    public async Task Content_is_taken_only_by_an_operation_that_waits_for_it()
    {
        var made = await _cluster.Client.RunAsync(new CreateVolume(TestCluster.Volume("no-content"), 1 << 20), Change.New());
        using var http = new HttpClient { BaseAddress = new Uri($"http://{_cluster.Nodes.Endpoint}/") };

        Assert.Equal(HttpStatusCode.BadRequest, (await http.PutAsync($"v1/operations/{made.Id}/content", new ByteArrayContent([1]))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.PutAsync("v1/operations/op-000000000000000000000001/content", new ByteArrayContent([1]))).StatusCode);
    }

    [Fact]
    public async Task The_command_line_exports_and_imports_files()
    {
        var (directory, content) = (WorkDirectory.Create("mooring-content-"), RandomBytes());
        try
        {
            var (file, copy) = (Path.Combine(directory, "file"), Path.Combine(directory, "copy"));
            await File.WriteAllBytesAsync(file, content);

            await Tool.RunAsync(Programs.Mooring, ["volume", "import", file, "cli-import", "--endpoint", _cluster.Nodes.Endpoint], TestCluster.Limit);
            await Tool.RunAsync(Programs.Mooring, ["volume", "export", "cli-import", copy, "--endpoint", _cluster.Nodes.Endpoint], TestCluster.Limit);

            Assert.Equal(content, await File.ReadAllBytesAsync(copy));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task A_difference_needs_the_snapshot_that_it_begins_at_and_ends_with_its_own()
    {
        var (source, target) = (await _cluster.FilledAsync("diff-source", 8 << 20), TestCluster.Volume("diff-target"));
        await _cluster.Client.RunAsync(new CreateSnapshot(source, "s"), Change.New());
        await _cluster.Client.RunAsync(new DeepCopyVolume(target, source), Change.New());
        await _cluster.Store.Store.WriteAsync(source, 3 << 20, new byte[100_000], default);
        await _cluster.Client.RunAsync(new CreateSnapshot(source, "t"), Change.New());
        var diff = new MemoryStream();
        await _cluster.Client.ReadDiffAsync(source, "t", "s", content => content.CopyToAsync(diff));
        Assert.InRange(diff.Length, 1, 1 << 20);

        var missing = TestCluster.Volume("diff-missing");
        await _cluster.Client.RunAsync(new CreateVolume(missing, 8 << 20), Change.New());
        Assert.Equal(ErrorKind.NotFound, (await ImportAsync(missing)).Kind);
        Assert.Equal("succeeded", (await _cluster.Client.RunAsync(new ImportDiff(target), Change.New() with { Content = () => new MemoryStream(diff.ToArray()) })).State);
        Assert.True(await _cluster.Store.SameBytesAsync(source, target));
        Assert.Equal(ErrorKind.AlreadyExists, (await ImportAsync(target)).Kind);
        await _cluster.NoStrayImageAsync();

        Task<MooringException> ImportAsync(Messages.VolumeId volume) => Assert.ThrowsAsync<MooringException>(() =>
            _cluster.Client.RunAsync(new ImportDiff(volume), Change.New() with { Content = () => new MemoryStream(diff.ToArray()) }));
    }

    [Fact]
    public async Task A_malformed_difference_changes_nothing()
    {
        var volume = await _cluster.FilledAsync("diff-malformed", 4 << 20);

        var failed = await Assert.ThrowsAsync<MooringException>(() =>
            _cluster.Client.RunAsync(new ImportDiff(volume), Change.New() with { Content = () => new MemoryStream("rbd diff v1\nw"u8.ToArray()) }));

        Assert.Equal(ErrorKind.InvalidArgument, failed.Kind);
        Assert.Empty((await _cluster.Store.Store.GetSnapshotsAsync(volume, default)).Items);
        await _cluster.NoStrayImageAsync();
    }

    internal static async Task<byte[]> ExportAsync(MooringClient client, Messages.VolumeId volume, string? snapshot)
    {
        var bytes = new MemoryStream();
        await client.ReadContentAsync(volume, snapshot, (_, content) => content.CopyToAsync(bytes));
        return bytes.ToArray();
    }

    internal static byte[] RandomBytes()
    {
        var content = new byte[Bytes];
        new Random(11).NextBytes(content);
        content.AsSpan(2 << 20, 3 << 20).Clear();
        return content;
    }

    private sealed class Breaking(byte[] content, int after) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position >= after ? throw new IOException("broken") : base.ReadAsync(buffer, cancellationToken);
    }
}
