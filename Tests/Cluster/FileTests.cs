using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Mooring.Client;
using Mooring.Harness;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Messages.Wire;

namespace Mooring.Tests.Cluster;

/// <summary>One cluster with one file system that nothing happens to.</summary>
public sealed class HealthyFileCluster : IAsyncLifetime
{
    public TestCluster Cluster { get; private set; } = null!;

    public FileSystemShape FileSystem { get; private set; } = null!;

    public OpenFileSystem Open { get; private set; } = null!;

    public HttpClient Http { get; } = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TestCluster.Limit };

    public async Task InitializeAsync()
    {
        Cluster = await TestCluster.StartAsync();
        try
        {
            FileSystem = await Cluster.Client.CreateFileSystemAsync(new CreateFileSystemBody("fs", null, 256L << 20, 2, null, null), "make-fs");
        }
        catch
        {
            // Nobody disposes a fixture that did not start.
            await Cluster.DisposeAsync();
            throw;
        }
        Open = Cluster.Client.OpenFileSystem("fs");
    }

    public async Task DisposeAsync()
    {
        Open.Dispose();
        Http.Dispose();
        await Cluster.DisposeAsync();
    }
}

public class FileTests(HealthyFileCluster healthy) : IClassFixture<HealthyFileCluster>
{
    private readonly TestCluster _cluster = healthy.Cluster;
    private readonly FileSystemClient _files = healthy.Open.Files;

    [Fact]
    public async Task A_file_that_was_written_is_read_through_every_node()
    {
        var size = (9 << 20) + 12345;
        var entry = await _files.WriteAsync("/everywhere", new PatternStream(size));
        var expected = await SHA256.HashDataAsync(new PatternStream(size));

        Assert.Equal((size, false), (entry.SizeBytes, entry.IsDirectory));
        foreach (var node in _cluster.Nodes.NodeNames)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await _files.ReadAsync("/everywhere", 0, null, null, bytes =>
            {
                hash.AppendData(bytes.Span);
                return ValueTask.CompletedTask;
            }, node);
            Assert.Equal(expected, hash.GetHashAndReset());
        }
    }

    [Fact]
    public async Task What_was_acknowledged_is_read_at_once_through_every_node()
    {
        for (var i = 0; i < 30; i++)
        {
            var value = Encoding.ASCII.GetBytes($"value {i}");
            await _files.PutAsync("/fresh", value);
            foreach (var node in _cluster.Nodes.NodeNames)
                Assert.Equal(value, (await _files.GetAsync("/fresh", node)).ToArray());
        }
    }

    [Fact]
    public async Task Directories_and_names_are_managed()
    {
        await _files.MakeDirectoryAsync("/tree/a/b", parents: true);
        await _files.PutAsync("/tree/a/one", "1"u8.ToArray());
        await _files.PutAsync("/tree/a/two", "2"u8.ToArray());
        await _files.RenameAsync("/tree/a/one", "/tree/a/b/three");
        await _files.RenameAsync("/tree/a/b/three", "/tree/a/two");

        Assert.Equal(["b", "two"], (await _files.ListAsync("/tree/a", null, 100)).Entries.Select(e => e.Path.Split('/')[^1]));
        Assert.Equal("1"u8.ToArray(), (await _files.GetAsync("/tree/a/two")).ToArray());
        var refused = await Assert.ThrowsAsync<MooringException>(() => _files.RemoveAsync("/tree/a"));
        Assert.Equal(39, refused.Problem.Errno);
        await _files.RemoveAsync("/tree", recursive: true);
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<MooringException>(() => _files.StatAsync("/tree"))).Kind);
    }

    [Fact]
    public async Task A_directory_is_listed_page_by_page()
    {
        await _files.MakeDirectoryAsync("/many");
        await _files.OperateAsync([.. Enumerable.Range(0, 250).Select(i => new FileOperation(FileOperationKind.Put, $"/many/{i:000}", "", 0, new byte[] { 1 }))]);
        var names = new List<string>();
        string? after = null;
        do
        {
            var (entries, next) = await _files.ListAsync("/many", after, 100);
            names.AddRange(entries.Select(e => e.Path[6..]));
            after = next;
        }
        while (after is not null);

        Assert.Equal(Enumerable.Range(0, 250).Select(i => $"{i:000}"), names);
    }

    [Fact]
    public async Task Areas_have_writers_of_their_own()
    {
        await _files.PutAsync("/area-1/x", "in the second area"u8.ToArray());
        await _files.PutAsync("/x", "in the first"u8.ToArray());

        Assert.Equal((0, 1), ((await _files.StatAsync("/x")).Area, (await _files.StatAsync("/area-1/x")).Area));
        Assert.Equal("in the second area"u8.ToArray(), (await _files.GetAsync("/area-1/x")).ToArray());
        var refused = await Assert.ThrowsAsync<MooringException>(() => _files.RenameAsync("/x", "/area-1/y"));
        Assert.Equal(18, refused.Problem.Errno);
        Assert.Contains("/area-1", (await _files.ListAsync("/", null, 1000)).Entries.Select(e => e.Path));
    }

    [Fact]
    public async Task Files_are_appended_to_and_written_in_the_middle()
    {
        await _files.WriteAsync("/log", new MemoryStream("abc"u8.ToArray()));
        await _files.WriteAsync("/log", new MemoryStream("def"u8.ToArray()), WriteMode.Append);
        await _files.WriteAsync("/log", new MemoryStream("XY"u8.ToArray()), WriteMode.At, 2);

        Assert.Equal("abXYef"u8.ToArray(), (await _files.GetAsync("/log")).ToArray());
    }

    [Fact]
    public async Task Files_come_and_go_at_the_command_line_and_leave_nothing_behind()
    {
        var local = Directory.CreateTempSubdirectory("mooring-files-").FullName;
        var bytes = "what is in it\n";
        await File.WriteAllTextAsync(Path.Combine(local, "source"), bytes);
        // Somebody else's.
        await File.WriteAllTextAsync(Path.Combine(local, "from.part"), "kept");
        var run = (string line) => MooringCommand.ShellAsync(_cluster, $"cd {local} && {line}");

        Assert.Equal(0, (await run("$MOORING file put source fs:/from")).Exit);
        Assert.Equal(0, (await run("$MOORING file get fs:/from .")).Exit);
        Assert.Equal((bytes, "kept"), (await File.ReadAllTextAsync(Path.Combine(local, "from")), await File.ReadAllTextAsync(Path.Combine(local, "from.part"))));
        Assert.Equal((0, bytes, ""), await run("$MOORING file get fs:/from -"));
        Assert.Equal(0, (await run("echo more | $MOORING file put --append - fs:/from")).Exit);
        Assert.Equal((0, bytes + "more\n", ""), await run("$MOORING file get fs:/from -"));

        foreach (var (line, exit, says) in new[]
        {
            ("$MOORING file put --append --create source fs:/from", 2, "--create"),
            ("$MOORING file put --create source fs:/from", 1, "exists"),
            ("$MOORING file get fs:/from missing/to", 1, "missing"),
            ("$MOORING file get fs:/nothing to", 1, "nothing"),
            ("$MOORING file put source $'fs:/\\xff'", 2, "not UTF-8"),
            ("$MOORING file put source $'fs:/\\xfe' --json", 2, ""),
        })
        {
            var (ended, output, errors) = await run(line);
            Assert.Equal((exit, line), (ended, line));
            Assert.Contains(says, errors, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", output + errors, StringComparison.Ordinal);
        }
        Assert.Equal(["from", "from.part", "source"], Directory.EnumerateFileSystemEntries(local).Select(Path.GetFileName).Order());
        Assert.DoesNotContain((await _files.ListAsync("/", null, 1000)).Entries, e => e.Path.Contains('\uFFFD'));
        Directory.Delete(local, recursive: true);
    }

    [Fact]
    public async Task Directories_are_no_files()
    {
        var name = "counted";
        await _cluster.Client.CreateFileSystemAsync(new CreateFileSystemBody(name, null, 256L << 20, 1, null, null), "make-" + name);
        using var open = _cluster.Client.OpenFileSystem(name);
        await open.Files.MakeDirectoryAsync("/a/b/c", parents: true);
        await open.Files.PutAsync("/a/one", "1"u8.ToArray());
        await open.Files.PutAsync("/a/b/two", "2"u8.ToArray());
        await open.Files.PutAsync("/a/b/c/three", "3"u8.ToArray());
        await open.Files.RemoveAsync("/a/b/c", recursive: true);

        await TestCluster.UntilAsync("two files are counted", async () => (await _cluster.Client.GetFileSystemAsync(name)).Files == 2);
        await _cluster.Client.DeleteFileSystemAsync(name);
    }

    [Fact]
    public async Task A_name_that_is_too_long_is_refused()
    {
        var refused = await Assert.ThrowsAsync<MooringException>(() => _files.PutAsync("/" + new string('x', 256), new byte[1]));

        Assert.Contains("255", refused.Problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_where_a_directory_is_meant_is_refused_and_the_reverse()
    {
        await _files.PutAsync("/plain", new byte[1]);
        await _files.MakeDirectoryAsync("/folder");

        Assert.Equal(20, (await Assert.ThrowsAsync<MooringException>(() => _files.PutAsync("/plain/x", new byte[1]))).Problem.Errno);
        Assert.Equal(20, (await Assert.ThrowsAsync<MooringException>(() => _files.ListAsync("/plain", null, 10))).Problem.Errno);
        Assert.Equal(21, (await Assert.ThrowsAsync<MooringException>(() => _files.GetAsync("/folder"))).Problem.Errno);
        Assert.Equal(21, (await Assert.ThrowsAsync<MooringException>(() => _files.WriteAsync("/folder", new MemoryStream([1])))).Problem.Errno);
    }

    [Fact]
    public async Task A_file_that_does_not_fit_is_refused_and_nothing_of_it_stays()
    {
        var small = await _cluster.Client.CreateFileSystemAsync(new CreateFileSystemBody("small", null, 64L << 20, null, null, 0), "make-small");
        using var open = _cluster.Client.OpenFileSystem("small");
        var refused = await Assert.ThrowsAsync<MooringException>(() => open.Files.WriteAsync("/too-large", new PatternStream(100 << 20)));

        Assert.Equal(ErrorKind.NoSpace, refused.Kind);
        Assert.Empty((await open.Files.ListAsync("/", null, 10)).Entries);
        Assert.Equal(20 << 20, (await open.Files.WriteAsync("/fits", new PatternStream(20 << 20))).SizeBytes);
        Assert.Equal("small", small.Name);
        await _cluster.Client.DeleteFileSystemAsync("small");
    }

    [Fact]
    public async Task An_image_that_something_else_uses_is_not_taken()
    {
        var image = new Mooring.Messages.VolumeId("rbd", "", ".mooring.fs.taken.0");
        await _cluster.Store.Store.CreateAsync(image, 1 << 20, Mooring.Storage.ImageLayout.Default, CancellationToken.None);

        var refused = await Assert.ThrowsAsync<MooringException>(() =>
            _cluster.Client.CreateFileSystemAsync(new CreateFileSystemBody("taken", null, 256L << 20, null, null, null), "make-taken"));
        Assert.Equal(409, refused.Problem.Status);
        Assert.Equal(1 << 20, (await _cluster.Store.Store.GetAsync(image, CancellationToken.None)).SizeBytes);
        await _cluster.Store.Store.RemoveAsync(image, null, CancellationToken.None);
    }

    [Fact]
    public async Task A_file_system_that_was_deleted_is_gone_and_its_name_can_be_used_again()
    {
        for (var round = 0; round < 2; round++)
        {
            await _cluster.Client.CreateFileSystemAsync(new CreateFileSystemBody("again", null, 64L << 20, null, null, null), $"make-again-{round}");
            using var open = _cluster.Client.OpenFileSystem("again");
            Assert.Empty((await open.Files.ListAsync("/", null, 10)).Entries);
            await open.Files.PutAsync("/x", new byte[] { 1 });
            await _cluster.Client.DeleteFileSystemAsync("again");
            Assert.Null(await _cluster.Store.Store.FindAsync(new Mooring.Messages.VolumeId("rbd", "", ".mooring.fs.again.0"), CancellationToken.None));
            Assert.DoesNotContain((await _cluster.Client.ListFileSystemsAsync()).Items, f => f.Name == "again");
        }
    }

    [Fact]
    public async Task A_name_that_is_used_again_and_again_is_another_file_system_each_time()
    {
        for (var round = 0; round < 6; round++)
        {
            await _cluster.Client.CreateFileSystemAsync(new CreateFileSystemBody("again", null, 64L << 20, null, null, null), Change.New().RequestId);
            // Removed while its nodes are about to open it, every other time.
            if (round % 2 == 0)
            {
                using var open = _cluster.Client.OpenFileSystem("again");
                Assert.Empty((await open.Files.ListAsync("/", null, 10)).Entries);
                await open.Files.PutAsync($"/round-{round}", "there"u8.ToArray());
                foreach (var node in _cluster.Nodes.NodeNames)
                    Assert.Equal("there"u8.ToArray(), (await open.Files.GetAsync($"/round-{round}", node)).ToArray());
            }
            await _cluster.Client.DeleteFileSystemAsync("again");
        }
    }

    [Fact]
    public async Task Data_nodes_refuse_tokens_that_are_not_for_this()
    {
        using var grants = new HttpFileGrants(_cluster.Nodes.EndpointOf("node-1"), "fs");
        await _files.PutAsync("/secret", new byte[] { 1 });
        var narrow = await grants.RequestAsync(new GrantBody("/secret", true, false, null), CancellationToken.None);
        var reader = narrow.Readers[0];

        Assert.Equal("denied", await TryAsync(narrow.Writer!.Address, "", FileOperation.Of(FileOperationKind.Remove, "/secret")));
        Assert.Equal("denied", await TryAsync(narrow.Writer.Address, narrow.ReadTokens[narrow.Writer.Node], FileOperation.Of(FileOperationKind.Remove, "/secret")));
        Assert.Equal("denied", await TryAsync(reader.Address, narrow.WriteToken!, FileOperation.Of(FileOperationKind.Remove, "/secret")));
        Assert.Equal("ended", await TryAsync(narrow.Writer.Address, narrow.WriteToken![..^3] + "AAA", FileOperation.Of(FileOperationKind.Remove, "/secret")));
        Assert.Equal("denied", await TryAsync(reader.Address, narrow.ReadTokens[narrow.Writer.Node], FileOperation.Of(FileOperationKind.Get, "/secret")));
        Assert.Equal("denied", await TryAsync(reader.Address, narrow.ReadTokens[reader.Node], FileOperation.Of(FileOperationKind.Get, "/other")));
        Assert.Equal("done", await TryAsync(reader.Address, narrow.ReadTokens[reader.Node], FileOperation.Of(FileOperationKind.Get, "/secret")));
        Assert.Equal("done", await TryAsync(narrow.Writer.Address, narrow.WriteToken!, FileOperation.Of(FileOperationKind.Remove, "/secret")));
    }

    [Fact]
    public async Task A_stolen_right_ends_with_its_key_and_clients_notice_nothing()
    {
        using var grants = new HttpFileGrants(_cluster.Nodes.EndpointOf("node-1"), "fs");
        using var held = _cluster.Client.OpenFileSystem("fs");
        await held.Files.PutAsync("/rotated", "0"u8.ToArray());
        var stolen = await grants.RequestAsync(new GrantBody("/", true, true, null), CancellationToken.None);
        Task<string> StealAsync() => TryAsync(stolen.Writer!.Address, stolen.WriteToken!, new FileOperation(FileOperationKind.Put, "/stolen", "", 0, "x"u8.ToArray()));
        using var ending = new CancellationTokenSource();
        var written = Task.Run(async () =>
        {
            var count = 0;
            for (; !ending.IsCancellationRequested; count++)
            {
                await held.Files.PutAsync("/rotated", Encoding.ASCII.GetBytes($"{count}"));
                Assert.Equal($"{count}", Encoding.ASCII.GetString((await held.Files.GetAsync("/rotated")).Span));
            }
            return count;
        });

        // Beside the one before it: whoever has a right of that keeps it for its time.
        var (exit, output, errors) = await MooringCommand.RunAsync(_cluster, "fs", "rotate-keys", "--json");
        Assert.Equal((0, ""), (exit, errors));
        var keys = JsonDocument.Parse(output).RootElement.GetProperty("items").EnumerateArray().ToList();
        Assert.True(keys[0].GetProperty("signs_from").GetDateTimeOffset() > DateTimeOffset.UtcNow);
        Assert.True(keys[1].GetProperty("ends_at").GetDateTimeOffset() > keys[0].GetProperty("signs_from").GetDateTimeOffset());
        Assert.Equal("done", await StealAsync());

        Assert.Single((await _cluster.Client.RotateFileKeysAsync(now: true)).Items);
        await TestCluster.UntilAsync("the stolen right has ended", async () => await StealAsync() == "ended");
        await held.Files.PutAsync("/rotated-then", new byte[] { 1 });
        await ending.CancelAsync();
        Assert.True(await written > 0);
    }

    [Fact]
    public async Task Nonsense_on_the_data_port_ends_the_connection_and_nothing_else()
    {
        using var grants = new HttpFileGrants(_cluster.Nodes.EndpointOf("node-1"), "fs");
        var address = (await grants.RequestAsync(new GrantBody("/", false, true, null), CancellationToken.None)).Order[0];
        var random = new Random(8471);
        for (var i = 0; i < 50; i++)
        {
            var bytes = new byte[64 + random.Next(2000)];
            random.NextBytes(bytes);
            if (i % 2 == 0)
                FrameConnection.WriteHeader(bytes, (FrameKind)random.Next(256), bytes.AsSpan(16));
            using var client = new TcpClient();
            await client.ConnectAsync(address[..address.LastIndexOf(':')], int.Parse(address[(address.LastIndexOf(':') + 1)..]));
            var stream = client.GetStream();
            using var limit = new CancellationTokenSource(TestCluster.Limit);
            try
            {
                await stream.WriteAsync(bytes, limit.Token);
                client.Client.Shutdown(SocketShutdown.Send);
                // An error, then the end; the other side may also have closed before it had read all.
                while (await stream.ReadAsync(new byte[4096], limit.Token) > 0)
                {
                }
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // It was closed before all was sent.
            }
        }
        await _files.PutAsync("/after-nonsense", new byte[] { 1 });
    }

    [Fact]
    public async Task A_file_system_is_checked_past_its_nodes()
    {
        await _cluster.Client.CreateFileSystemAsync(new CreateFileSystemBody("checked", null, 64L << 20, 2, null, null), "make-checked");
        using var open = _cluster.Client.OpenFileSystem("checked");
        await open.Files.PutAsync("/small", new byte[100]);
        await open.Files.WriteAsync("/area-1/large", new PatternStream(1 << 20));

        var (exit, output, errors) = await CheckAsync("checked", _cluster.Nodes.DataDirectory);
        Assert.Equal((0, ""), (exit, errors));
        var seen = JsonDocument.Parse(output).RootElement;
        Assert.True(seen.GetProperty("clean").GetBoolean());
        Assert.Equal([100L, 1L << 20], seen.GetProperty("areas").EnumerateArray().Select(a => a.GetProperty("content_bytes").GetInt64()));
        await _cluster.Client.DeleteFileSystemAsync("checked");

        (exit, _, errors) = await CheckAsync("checked", _cluster.Nodes.DataDirectory);
        Assert.Equal(1, exit);
        Assert.Contains("no image of a file system checked", Assert.Single(errors.Trim().Split('\n')), StringComparison.Ordinal);
        (exit, _, errors) = await CheckAsync("checked", _cluster.Nodes.DataDirectory + "-not-there");
        Assert.Equal(2, exit);
        Assert.Contains("there is no directory", Assert.Single(errors.Trim().Split('\n')), StringComparison.Ordinal);
    }

    private Task<(int Exit, string Output, string Errors)> CheckAsync(string name, string data) =>
        MooringCommand.RunAsync(_cluster, "fs", "check", name, "--data", data, "--json");

    private static async Task<string> TryAsync(string address, string token, FileOperation operation)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address[..address.LastIndexOf(':')], int.Parse(address[(address.LastIndexOf(':') + 1)..]));
        await using var frames = new FrameConnection(client.GetStream(), FrameConnection.StandardPayloadBytesMax);
        using var limit = new CancellationTokenSource(TestCluster.Limit);
        await frames.WriteAsync(FrameKind.Operations, new FileRequest(token, [], [operation]).Write, limit.Token);
        var answer = await frames.ExpectAsync(limit.Token);
        if (answer.Kind == FrameKind.OperationResults && FileResult.Read(answer.Payload.Span)[0].Error is not { } failed)
            return "done";
        var reader = new WireReader(answer.Payload.Span);
        var error = answer.Kind == FrameKind.Error ? WireRecords.ReadError(ref reader) : FileResult.Read(answer.Payload.Span)[0].Error!;
        return error.Kind switch
        {
            ErrorKind.PermissionDenied => "denied",
            ErrorKind.Fenced => "ended",
            _ => error.ToString(),
        };
    }
}
