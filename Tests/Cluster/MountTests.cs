using System.Diagnostics;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using Mooring.Harness;
using Mooring.Messages.Http;

namespace Mooring.Tests.Cluster;

/// <summary>File systems through the operating system: what one mount, or the client, has done is seen by the others, whatever becomes of the writer.</summary>
[UnsupportedOSPlatform("windows")]
public class MountTests(HealthyFileCluster healthy) : IClassFixture<HealthyFileCluster>
{
    private readonly TestCluster _cluster = healthy.Cluster;

    [MountFact]
    public async Task The_tools_of_the_system_list_and_read_it()
    {
        var size = (9 << 20) + 12345;
        await healthy.Open.Files.MakeDirectoryAsync("/read/below", parents: true);
        await healthy.Open.Files.PutAsync("/read/small", "some bytes\n"u8.ToArray());
        await healthy.Open.Files.WriteAsync("/read/large", new PatternStream(size));
        var expected = Convert.ToHexStringLower(await SHA256.HashDataAsync(new PatternStream(size)));
        await using var mount = await Mounted.StartAsync(_cluster, "fs:/read", "--read-only");

        Assert.Equal("below\nlarge\nsmall\n", await RunAsync("ls", mount.Directory));
        Assert.Equal("some bytes\n", await RunAsync("cat", mount["small"]));
        Assert.StartsWith(expected, await RunAsync("sha256sum", mount["large"]), StringComparison.Ordinal);
        Assert.Equal("regular file 9449529 644\ndirectory 0 755\n", await RunAsync("stat", "-c", "%F %s %a", mount["large"], mount["below"]));
        Assert.Contains("fuse.mooring", await RunAsync("stat", "-f", "-c", "%T", mount.Directory) + await File.ReadAllTextAsync("/proc/self/mounts"), StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => File.ReadAllBytes(mount["none"]));
        Assert.ThrowsAny<IOException>(() => File.WriteAllBytes(mount["new"], [1]));
    }

    [MountFact]
    public async Task The_systems_own_mount_command_mounts_it()
    {
        await healthy.Open.Files.PutAsync("/by-mount", "there"u8.ToArray());
        var directory = Directory.CreateTempSubdirectory("mooring-mount-").FullName;
        var helper = Path.Combine(SourceRoot.Path, "deploy", "mount.mooring");
        Task<(int Exit, string Errors)> MountAsync(string what, string options) => HelperAsync(helper, what, directory, "-o", options);
        try
        {
            Assert.Equal((0, ""), await MountAsync("fs", $"rw,noatime,endpoint={_cluster.Nodes.Endpoint}"));
            Assert.Equal("there", await File.ReadAllTextAsync(Path.Combine(directory, "by-mount")));
            await File.WriteAllTextAsync(Path.Combine(directory, "by-mount"), "changed");
            Assert.Equal("", await RunAsync("umount", directory));
            Assert.Equal("changed", Encoding.UTF8.GetString((await healthy.Open.Files.GetAsync("/by-mount")).Span));

            Assert.Equal((0, ""), await MountAsync("fs:/", $"ro,endpoint={_cluster.Nodes.Endpoint},timeout=30s,x-systemd.automount"));
            Assert.ThrowsAny<IOException>(() => File.WriteAllText(Path.Combine(directory, "by-mount"), "no"));
            Assert.Equal("", await RunAsync("umount", directory));

            var (exit, errors) = await MountAsync("missing", $"endpoint={_cluster.Nodes.Endpoint}");
            Assert.Equal((1, "mooring: file system missing does not exist\n"), (exit, errors));
            (exit, errors) = await MountAsync("fs", "sync,endpoint=x");
            Assert.Equal((1, "mount.mooring: the option 'sync' is not known\n"), (exit, errors));
        }
        finally
        {
            if ((await File.ReadAllTextAsync("/proc/self/mounts")).Contains(directory, StringComparison.Ordinal))
                await RunAsync("umount", "--lazy", directory);
            Directory.Delete(directory);
        }
    }

    private static async Task<(int Exit, string Errors)> HelperAsync(string helper, params string[] words)
    {
        var start = new ProcessStartInfo(helper, words) { RedirectStandardError = true, RedirectStandardOutput = true, Environment = { ["MOORING"] = Programs.Mooring } };
        using var process = Children.Start(start);
        var errors = await process.StandardError.ReadToEndAsync().WaitAsync(TestCluster.Limit);
        await process.WaitForExitAsync().WaitAsync(TestCluster.Limit);
        return (process.ExitCode, errors);
    }

    [MountFact]
    public async Task What_one_mount_was_told_is_done_the_other_sees_and_so_does_the_client()
    {
        await using var one = await Mounted.StartAsync(_cluster, "fs");
        await using var other = await Mounted.StartAsync(_cluster, "fs");
        Directory.CreateDirectory(one["shared"]);
        await File.WriteAllTextAsync(one["shared/open"], "old");
        using var kept = File.OpenHandle(other["shared/open"]);
        Assert.Equal(3, RandomAccess.Read(kept, new byte[10], 0));
        await File.WriteAllTextAsync(one["shared/open"], "newer");
        var read = new byte[10];
        Assert.Equal("newer", Encoding.UTF8.GetString(read, 0, RandomAccess.Read(kept, read, 0)));
        for (var i = 0; i < 10; i++)
        {
            var text = $"value {i}" + new string('x', i * 5000);
            await File.WriteAllTextAsync(one["shared/file"], text);
            Assert.Equal(text, await File.ReadAllTextAsync(other["shared/file"]));
            await File.AppendAllTextAsync(other["shared/file"], "more");
            Assert.Equal(text + "more", await File.ReadAllTextAsync(one["shared/file"]));
            Assert.Equal(text + "more", Encoding.UTF8.GetString((await healthy.Open.Files.GetAsync("/shared/file")).Span));
        }
        File.Move(one["shared/file"], one["shared/moved"]);
        Assert.Equal(["moved", "open"], Directory.EnumerateFileSystemEntries(other["shared"]).Select(Path.GetFileName).Order());
        Directory.Delete(other["shared"], recursive: true);
        Assert.False(Directory.Exists(one["shared"]));
    }

    [MountFact]
    public async Task A_mount_ends_when_its_program_is_asked_to_or_when_it_is_unmounted()
    {
        await using (var asked = await Mounted.StartAsync(_cluster, "fs"))
        {
            Assert.Equal(0, await asked.TerminateAsync());
            Assert.Empty(Directory.EnumerateFileSystemEntries(asked.Directory));
        }
        await using var unmounted = await Mounted.StartAsync(_cluster, "fs");
        await RunAsync("umount", unmounted.Directory);
        await unmounted.EndedAsync();
    }

    [MountFact]
    public async Task Areas_are_directories_that_names_do_not_leave()
    {
        await using var mount = await Mounted.StartAsync(_cluster, "fs");
        await File.WriteAllTextAsync(mount["area-1/in-two"], "second");
        await File.WriteAllTextAsync(mount["in-one"], "first");

        Assert.Equal("second", Encoding.UTF8.GetString((await healthy.Open.Files.GetAsync("/area-1/in-two")).Span));
        Assert.Contains("area-1", Directory.EnumerateDirectories(mount.Directory).Select(Path.GetFileName));
        // A move between two areas is made of a copy and a removal by whoever moves, as between file systems.
        File.Move(mount["in-one"], mount["area-1/in-one"]);
        Assert.Equal("first", await File.ReadAllTextAsync(mount["area-1/in-one"]));
        Assert.False(File.Exists(mount["in-one"]));
    }

    [MountFact]
    public async Task A_plain_directory_and_a_mount_do_the_same()
    {
        var seed = Environment.TickCount;
        await using var mount = await Mounted.StartAsync(_cluster, "fs");
        await using var other = await Mounted.StartAsync(_cluster, "fs");
        var plain = Directory.CreateTempSubdirectory("mooring-plain-").FullName;
        try
        {
            Directory.CreateDirectory(mount["model"]);
            using var model = new MountModel(plain, mount["model"], other["model"], seed);
            var clock = System.Diagnostics.Stopwatch.StartNew();
            for (var step = 0; step < 500 && clock.Elapsed < TimeSpan.FromSeconds(20); step++)
                model.Step();
            model.CompareAll();
        }
        finally
        {
            Directory.Delete(plain, recursive: true);
        }
    }

    internal static Task<string> RunAsync(string program, params string[] arguments) => Tool.RunAsync(program, arguments, TestCluster.Limit);
}

/// <summary>Mounts that a node has.</summary>
[UnsupportedOSPlatform("windows")]
public class NodeMountTests
{
    [MountFact]
    public async Task A_node_mounts_what_it_is_to_mount_as_long_as_it_runs_and_again_when_it_was_killed()
    {
        var directory = Directory.CreateTempSubdirectory("mooring-mount-").FullName;
        try
        {
            await using var cluster = await TestCluster.StartAsync(1, settings: [$"files.mounts=[\"fs:/ {directory}\"]"]);
            await cluster.Client.CreateFileSystemAsync(new CreateFileSystemBody("fs", null, 64L << 20, 1, null, null), "make");
            var file = Path.Combine(directory, "file");
            await cluster.SaysAsync("node-1", $"fs:/ is mounted at {directory}");
            await File.WriteAllTextAsync(file, "kept");

            await cluster.Nodes.KillAsync("node-1");
            Assert.ThrowsAny<IOException>(() => File.ReadAllText(file));
            cluster.Nodes.Launch("node-1", new Dictionary<string, string>());
            await cluster.SaysAsync("node-1", $"fs:/ is mounted at {directory}", times: 2);
            Assert.Equal("kept", await File.ReadAllTextAsync(file));

            await cluster.Nodes.StopAsync();
            Assert.DoesNotContain(directory, await File.ReadAllTextAsync("/proc/self/mounts"), StringComparison.Ordinal);
        }
        finally
        {
            if ((await File.ReadAllTextAsync("/proc/self/mounts")).Contains(directory, StringComparison.Ordinal))
                await MountTests.RunAsync("umount", "--lazy", directory);
            Directory.Delete(directory);
        }
    }
}

/// <summary>Mounts whose writer dies.</summary>
public class MountFailoverTests
{
    [MountFact]
    public async Task Files_that_are_open_are_written_on_when_the_writer_is_killed()
    {
        const int pieces = 60;
        await using var cluster = await FileFailoverTests.StartAsync();
        await using var one = await Mounted.StartAsync(cluster, "fs");
        await using var other = await Mounted.StartAsync(cluster, "fs");
        var writer = (await cluster.Client.GetFileSystemAsync("fs")).Areas[0].Writer!;
        var killed = Task.CompletedTask;

        await using (var file = new FileStream(one["large"], FileMode.CreateNew, FileAccess.Write, FileShare.None, 0))
        await using (var log = new FileStream(one["log"], FileMode.Append, FileAccess.Write, FileShare.None, 0))
        {
            for (var i = 0; i < pieces; i++)
            {
                if (i == pieces / 3)
                    killed = cluster.Nodes.KillAsync(writer);
                await Task.WhenAll(file.WriteAsync(Piece(i)).AsTask(), log.WriteAsync(Encoding.ASCII.GetBytes($"{i}\n")).AsTask());
            }
        }
        await killed;

        Assert.NotEqual(writer, (await cluster.Client.GetFileSystemAsync("fs")).Areas[0].Writer);
        Assert.Equal(Enumerable.Range(0, pieces).Select(i => $"{i}"), await File.ReadAllLinesAsync(other["log"]));
        Assert.Equal(Enumerable.Range(0, pieces).SelectMany(Piece), await File.ReadAllBytesAsync(other["large"]));
    }

    [MountFact]
    public async Task What_cannot_be_had_is_an_error_within_the_time_limit()
    {
        await using var cluster = await FileFailoverTests.StartAsync();
        await using var mount = await Mounted.StartAsync(cluster, "fs", "--timeout", "3s");
        await File.WriteAllTextAsync(mount["f"], "text");
        await Task.WhenAll(cluster.Nodes.NodeNames.Select(cluster.Nodes.KillAsync));

        var reading = Task.Run(() => Assert.ThrowsAny<IOException>(() => File.ReadAllText(mount["f"])));

        await reading.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(0, await mount.TerminateAsync());
    }

    private static byte[] Piece(int i)
    {
        var bytes = new byte[300_000];
        new Random(i).NextBytes(bytes);
        return bytes;
    }
}
