using Mooring.Client;
using Mooring.Messages.Http;

namespace Mooring.Tests.Cluster;

/// <summary>
/// The owner dies (SIGKILL by its own hand) at every named point of an operation that it also carries out. Whatever the point: the effect
/// exactly once, the result delivered to the client that waits, and the same answer to the same request id.
/// </summary>
public class CrashPointTests
{
    private const long CopyBytes = 512L << 20;

    [Theory]
    [InlineData("accepted")]
    [InlineData("before-intent")]
    [InlineData("after-intent")]
    [InlineData("after-effect")]
    [InlineData("before-reply")]
    [InlineData("after-reply")]
    public async Task A_create_takes_effect_once_when_the_owner_dies(string point)
    {
        await using var cluster = await TestCluster.StartAsync($"{point}:volume.create");
        var owner = await cluster.OwnerAsync();
        var volume = await cluster.FreeNameOnAsync(owner, "v");

        var result = await CrashAsync(cluster, owner, change => cluster.Client.CreateVolumeAsync(volume, 7 << 20, change));

        Assert.Equal(7 << 20, result.Result!.SizeBytes);
        Assert.Equal(result.Result.Id, (await cluster.Store.Store.FindAsync(volume, CancellationToken.None))?.Value);
    }

    [Theory]
    [InlineData("accepted")]
    [InlineData("before-intent")]
    [InlineData("after-intent")]
    [InlineData("in-the-middle")]
    [InlineData("before-commit")]
    [InlineData("after-effect")]
    [InlineData("before-reply")]
    [InlineData("after-reply")]
    public async Task A_copy_takes_effect_once_when_the_owner_dies(string point)
    {
        await using var cluster = await TestCluster.StartAsync($"{point}:volume.copy");
        var owner = await cluster.OwnerAsync();
        var source = await cluster.FilledAsync("source", CopyBytes);
        var target = await cluster.FreeNameOnAsync(owner, "t");

        var result = await CrashAsync(cluster, owner, change => cluster.Client.CopyVolumeAsync(source, target, change));

        await cluster.NoStrayImageAsync();
        Assert.Equal(1, await cluster.EffectsAsync(result));
        Assert.True(await cluster.Store.SameBytesAsync(source, target), "the copy has other bytes than its source");
        // The source is released: it can be deleted again.
        await cluster.Client.DeleteVolumeAsync(source, Change.New());
    }

    [Theory]
    [InlineData("after-intent")]
    [InlineData("after-effect")]
    public async Task A_delete_takes_effect_once_when_the_owner_dies(string point)
    {
        await using var cluster = await TestCluster.StartAsync($"{point}:volume.delete");
        var owner = await cluster.OwnerAsync();
        var volume = await cluster.FreeNameOnAsync(owner, "v");
        await cluster.Client.CreateVolumeAsync(volume, 1 << 20, Change.New());

        await CrashAsync(cluster, owner, change => cluster.Client.DeleteVolumeAsync(volume, change));

        Assert.Null(await cluster.Store.Store.FindAsync(volume, CancellationToken.None));
    }

    [Theory]
    [InlineData("after-intent")]
    [InlineData("after-effect")]
    public async Task A_resize_takes_effect_once_when_the_owner_dies(string point)
    {
        await using var cluster = await TestCluster.StartAsync($"{point}:volume.resize");
        var owner = await cluster.OwnerAsync();
        var volume = await cluster.FreeNameOnAsync(owner, "v");
        await cluster.Client.CreateVolumeAsync(volume, 1 << 20, Change.New());

        await CrashAsync(cluster, owner, change => cluster.Client.ResizeVolumeAsync(volume, 5 << 20, false, change));

        Assert.Equal(5 << 20, (await cluster.Client.GetVolumeAsync(volume)).SizeBytes);
    }

    internal static async Task<OperationShape> CrashAsync(TestCluster cluster, string owner, Func<Change, Task<OperationShape>> run)
    {
        var change = Change.New();
        await File.WriteAllTextAsync(cluster.CrashFile, "");
        OperationShape result;
        try
        {
            result = await run(change);
        }
        catch (MooringUnreachableException e)
        {
            throw new InvalidOperationException($"{e.Message}\n{cluster.Logs()}", e);
        }
        // The crash point after the reply may be passed a moment after the client has its answer.
        await TestCluster.UntilAsync($"{owner} died at its crash point", () => Task.FromResult(!cluster.Nodes.ProcessOf(owner).IsAlive), TimeSpan.FromSeconds(60));
        Assert.False(File.Exists(cluster.CrashFile));
        Assert.Equal("succeeded", result.State);

        var again = await run(change);
        Assert.Equal((result.Id, result.State, result.FinishedAt, result.Attempts), (again.Id, again.State, again.FinishedAt, again.Attempts));
        Assert.NotEqual(owner, await cluster.OwnerAsync());
        return result;
    }
}
