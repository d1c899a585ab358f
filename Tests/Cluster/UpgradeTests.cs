using System.Diagnostics;
using Mooring.Client;
using Mooring.Harness;
using Mooring.Messages.Http;
using Mooring.Operations;

namespace Mooring.Tests.Cluster;

/// <summary>A test that is skipped, with the reason, where the version before this one is not there.</summary>
public sealed class UpgradeFactAttribute : FactAttribute
{
    public UpgradeFactAttribute() => Skip = PreviousVersion.WhyNot;
}

/// <summary>Nodes of the version before this one and of this one in one cluster, on one set of journals, while they are asked for everything.</summary>
public class UpgradeTests
{
    private const long CopyBytes = 512L << 20;

    [UpgradeFact]
    public async Task Nodes_are_replaced_one_by_one_by_this_version_and_by_the_one_before_and_no_request_is_lost()
    {
        using var previous = await PreviousVersion.BuildAsync();
        await using var cluster = await TestCluster.StartVersionAsync(previous.Mooringd);
        await cluster.Client.CreateFileSystemAsync(new CreateFileSystemBody("fs", null, 256L << 20, null, null, 2), Guid.NewGuid().ToString("N"));
        var source = await cluster.FilledAsync("source", CopyBytes);
        await using var files = await FileHistory.StartAsync(cluster.Nodes.Endpoint, "fs", cluster.Nodes.NodeNames);
        using var stream = new VolumeStream(cluster, "upgrade");
        foreach (var program in (string[])[Programs.Mooringd, previous.Mooringd])
        {
            var copy = await cluster.Client.RunAsync(new CopyVolume(TestCluster.Volume(program == previous.Mooringd ? "back" : "forth"), source), Change.New() with { NoWait = true });
            foreach (var node in cluster.Nodes.NodeNames)
            {
                await stream.MoreAsync();
                await cluster.Nodes.ReplaceAsync(node, program, TestCluster.Limit);
                await cluster.Nodes.WaitReadyAsync(TestCluster.Limit);
                await TestCluster.UntilAsync("three nodes are up", async () => (await cluster.Client.ListNodesAsync()).Count(n => n.State == "up") == 3);
            }
            await stream.MoreAsync();
            Assert.Equal("succeeded", (await cluster.Client.WaitAsync(copy.Id, null)).State);
            Assert.True(await cluster.Store.SameBytesAsync(source, TestCluster.Volume(copy.Target[(copy.Target.LastIndexOf('/') + 1)..])), "the copy has other bytes than its source");
        }

        await stream.EndAsync();
        await files.StopAsync();
        Assert.Equal((0, 0), await files.JudgeAsync());
        await cluster.NoStrayImageAsync();
    }
}

/// <summary>The node as it was before the latest commit, built in a directory of its own.</summary>
internal sealed class PreviousVersion : IDisposable
{
    private const string Commit = "HEAD~1";

    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(10);
    private static readonly Lazy<string?> Reason = new(FindWhyNot);

    private readonly string _directory = WorkDirectory.Create("mooring-previous-");

    private PreviousVersion()
    {
    }

    /// <summary>Why there is none here; null when there is.</summary>
    public static string? WhyNot => Reason.Value;

    // Without what takes long to compile: how fast it is does not matter.
    public string Mooringd => Path.Combine(_directory, "Hosts/StorageNode/bin/Debug/net10.0/mooringd");

    public static async Task<PreviousVersion> BuildAsync()
    {
        var previous = new PreviousVersion();
        try
        {
            await Tool.RunAsync("sh", ["-c", $"git -C '{SourceRoot.Path}' archive {Commit} | tar -x -C '{previous._directory}'"], BuildLimit);
            await Tool.RunAsync(
                "dotnet", ["build", $"{previous._directory}/Hosts/StorageNode", "-c", "Debug", "--nologo", "-v", "quiet", "-clp:ErrorsOnly", "-nodeReuse:false", "-p:Fast=true"], BuildLimit);
            return previous;
        }
        catch
        {
            previous.Dispose();
            throw;
        }
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static string? FindWhyNot()
    {
        if (!Tool.IsThere("git"))
            return "the version before this one needs git";
        using var asked = Process.Start(new ProcessStartInfo("git", ["-C", SourceRoot.Path, "rev-parse", "--verify", "--quiet", Commit]) { RedirectStandardOutput = true })!;
        asked.WaitForExit();
        return asked.ExitCode == 0 ? null : "the version before this one is not in this clone";
    }
}
