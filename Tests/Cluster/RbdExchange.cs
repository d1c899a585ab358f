using Mooring.Client;
using Mooring.Harness;
using Mooring.Operations;

namespace Mooring.Tests.Cluster;

/// <summary>Files of <c>rbd export</c> and <c>rbd import</c>, and Mooring's, each read by the other.</summary>
internal sealed class RbdExchange(TestCluster cluster, string cephConf)
{
    private readonly string _directory = WorkDirectory.Create("mooring-exchange-");

    public async Task RunAsync()
    {
        try
        {
            await WholeAsync();
            await DifferencesAsync();
            await cluster.RemoveAllAsync("exchange-");
            await cluster.NoStrayImageAsync();
        }
        finally
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    private async Task WholeAsync()
    {
        var (content, ours, theirs) = (ContentTests.RandomBytes(), TestCluster.Volume("exchange-ours"), TestCluster.Volume("exchange-theirs"));
        await File.WriteAllBytesAsync(PathOf("in"), content);

        await cluster.Client.RunAsync(
            new ImportVolume(ours, content.Length) { ObjectSizeBytes = 1 << 20 }, Change.New() with { Content = () => new MemoryStream(content) });
        await RbdAsync("export", "rbd/exchange-ours", PathOf("out"));
        await RbdAsync("import", PathOf("in"), "rbd/exchange-theirs");

        Assert.True(Enumerable.SequenceEqual(content, await File.ReadAllBytesAsync(PathOf("out"))), "rbd exports other bytes than were imported");
        Assert.True(Enumerable.SequenceEqual(content, await ContentTests.ExportAsync(cluster.Client, theirs, null)), "other bytes are exported than rbd has imported");
        Assert.Equal(1 << 20, (await cluster.Client.GetVolumeAsync(ours)).ObjectSizeBytes);
    }

    // One made by either, applied by the other.
    private async Task DifferencesAsync()
    {
        var (ours, theirs) = (TestCluster.Volume("exchange-ours"), TestCluster.Volume("exchange-theirs"));
        foreach (var volume in new[] { ours, theirs })
        {
            await cluster.Client.RunAsync(new CreateSnapshot(volume, "s"), Change.New());
            await cluster.Store.Store.WriteAsync(volume, 1234, new byte[1 << 20], CancellationToken.None);
        }
        await cluster.Client.RunAsync(new ResizeVolume(ours, 20 << 20, false), Change.New());
        await cluster.Store.Store.WriteAsync(ours, 18 << 20, ContentTests.RandomBytes().AsMemory(0, 99_999), CancellationToken.None);
        await cluster.Client.RunAsync(new CreateSnapshot(ours, "t"), Change.New());

        await using (var file = File.Create(PathOf("diff")))
            await cluster.Client.ReadDiffAsync(ours, "t", "s", content => content.CopyToAsync(file));
        await RbdAsync("import-diff", PathOf("diff"), "rbd/exchange-theirs");
        Assert.True(await cluster.Store.SameBytesAsync(ours, theirs), "rbd makes other bytes of the difference");

        await cluster.Store.Store.WriteAsync(theirs, 5 << 20, ContentTests.RandomBytes().AsMemory(5, 3 << 20), CancellationToken.None);
        await RbdAsync("snap", "create", "rbd/exchange-theirs@u");
        await RbdAsync("export-diff", "--from-snap", "t", "rbd/exchange-theirs@u", PathOf("diff-back"));
        var made = await cluster.Client.RunAsync(new ImportDiff(ours), Change.New() with { Content = () => File.OpenRead(PathOf("diff-back")) });
        Assert.Equal(3, made.Result!.Snapshots!.Count);
        Assert.True(await cluster.Store.SameBytesAsync(ours, theirs), "other bytes are made of rbd's difference");

        await RbdAsync("export-diff", "rbd/exchange-theirs@u", PathOf("diff-all"));
        await cluster.Client.RunAsync(new CreateVolume(TestCluster.Volume("exchange-empty"), 1 << 20), Change.New());
        await cluster.Client.RunAsync(new ImportDiff(TestCluster.Volume("exchange-empty")), Change.New() with { Content = () => File.OpenRead(PathOf("diff-all")) });
        Assert.True(await cluster.Store.SameBytesAsync(TestCluster.Volume("exchange-empty"), theirs), "other bytes are made of rbd's whole difference");
    }

    private string PathOf(string file) => Path.Combine(_directory, file);

    private Task<string> RbdAsync(params string[] arguments) => Tool.RunAsync("rbd", ["-c", cephConf, .. arguments], TestCluster.Limit);
}
