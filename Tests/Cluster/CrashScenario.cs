using Mooring.Client;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Operations;

namespace Mooring.Tests.Cluster;

/// <summary>What is made ready for an operation, and what must be so after it, whoever died meanwhile.</summary>
/// <param name="PrepareAsync">Makes the operation's volumes; its own, which is free, is kept by the node that will die.</param>
/// <param name="CheckAsync">Looks at its effect.</param>
/// <param name="Points">The points that only this kind passes.</param>
internal sealed partial record CrashScenario(
    Func<TestCluster, VolumeId, Task<VolumeCommand>> PrepareAsync, Func<TestCluster, VolumeCommand, OperationShape, Task> CheckAsync, params string[] Points)
{
    private const long Size = 4 << 20, CopyBytes = 256L << 20;

    // Around the effect: what differs from store to store and from kind to kind. The others are the journal's and the owner's.
    private static readonly string[] PointsAtTheStore = ["after-intent", "after-effect"];
    private static readonly string[] PointsBeside = ["accepted", "before-intent", "before-reply", "after-reply"];

    private static readonly Dictionary<string, CrashScenario> All = new(OfPools())
    {
        ["volume.create"] = new(
            (_, volume) => Task.FromResult<VolumeCommand>(new CreateVolume(volume, 7 << 20)),
            async (cluster, command, result) =>
            {
                Assert.Equal(7 << 20, result.Result!.SizeBytes);
                Assert.Equal(result.Result.Id, await IdAsync(cluster, command.Volume));
            }),
        ["volume.delete"] = new(
            async (cluster, volume) => new DeleteVolume(await MadeAsync(cluster, volume)),
            async (cluster, command, _) => Assert.Null(await IdAsync(cluster, command.Volume))),
        ["volume.resize"] = new(
            async (cluster, volume) => new ResizeVolume(await MadeAsync(cluster, volume), Size * 2, false),
            async (cluster, command, _) => Assert.Equal(Size * 2, (await cluster.Client.GetVolumeAsync(command.Volume)).SizeBytes)),
        ["volume.copy"] = new(
            async (cluster, volume) => new CopyVolume(volume, await cluster.FilledAsync($"{volume.Image}-source", CopyBytes)),
            async (cluster, command, result) =>
            {
                await cluster.NoStrayImageAsync();
                Assert.Equal(1, await cluster.EffectsAsync(result));
                Assert.True(await cluster.Store.SameBytesAsync(command.SourceVolume!.Value, command.Volume), "the copy has other bytes than its source");
                // The source is released: it can be deleted again.
                await cluster.Client.RunAsync(new DeleteVolume(command.SourceVolume.Value), Change.New());
            },
            "in-the-middle", "before-commit"),
        ["volume.rename"] = new(
            async (cluster, volume) => new RenameVolume(volume, await MadeAsync(cluster, volume with { Image = $"{volume.Image}-before" })),
            async (cluster, command, result) =>
            {
                Assert.Null(await IdAsync(cluster, command.SourceVolume!.Value));
                Assert.Equal(result.Result!.Id, await IdAsync(cluster, command.Volume));
                Assert.Equal(Size, result.Result.SizeBytes);
                // Both names are free for what comes next.
                await MadeAsync(cluster, command.SourceVolume.Value);
                await cluster.Client.RunAsync(new DeleteVolume(command.Volume), Change.New());
            }),
        ["volume.metadata.set"] = new(
            async (cluster, volume) => new SetMetadata(await MadeAsync(cluster, volume), "owner", "somebody"),
            async (cluster, command, _) => Assert.Equal("somebody", (await cluster.Client.GetVolumeAsync(command.Volume)).Metadata["owner"])),
        ["volume.metadata.remove"] = new(
            async (cluster, volume) =>
            {
                await cluster.Client.RunAsync(new SetMetadata(await MadeAsync(cluster, volume), "owner", "somebody"), Change.New());
                return new RemoveMetadata(volume, "owner");
            },
            async (cluster, command, _) => Assert.Empty((await cluster.Client.GetVolumeAsync(command.Volume)).Metadata)),
    };

    /// <summary>
    /// The owner dies (SIGKILL by its own hand) at every named point of an operation that it also carries out. Whatever the point: the effect exactly
    /// once, the result delivered to the client that waits, the same answer to the same request id, and nothing left lying around.
    /// </summary>
    /// <param name="cluster">Three nodes.</param>
    /// <param name="kind">The kind of operation.</param>
    /// <param name="atTheStore">Whether only the points around the effect are of interest.</param>
    public static async Task RunAsync(TestCluster cluster, string kind, bool atTheStore)
    {
        Assert.True(All.TryGetValue(kind, out var scenario), $"there is no crash scenario for {kind}");
        foreach (var point in (atTheStore ? [] : PointsBeside).Concat(PointsAtTheStore).Concat(scenario.Points))
        {
            var owner = await cluster.OwnerAsync();
            var command = await scenario.PrepareAsync(cluster, await cluster.FreeNameOnAsync(owner, $"{kind.Replace('.', '-')}-{point}"));
            cluster.CrashAt($"{point}:{kind}");
            try
            {
                await scenario.CheckAsync(cluster, command, await CrashAsync(cluster, owner, command));
            }
            catch (Exception e) when (e is MooringUnreachableException or Xunit.Sdk.XunitException)
            {
                throw new InvalidOperationException($"{kind}, {owner} dying at {point}: {e.Message}\n{cluster.Logs()}", e);
            }
            cluster.Nodes.Launch(owner, new Dictionary<string, string>());
            await cluster.Nodes.WaitReadyAsync(TestCluster.Limit);
        }
        await cluster.NoStrayImageAsync();
    }

    private static async Task<OperationShape> CrashAsync(TestCluster cluster, string owner, VolumeCommand command)
    {
        var change = Change.New();
        var result = await cluster.Client.RunAsync(command, change);
        await cluster.DiedAsync(owner);
        Assert.Equal("succeeded", result.State);

        var again = await cluster.Client.RunAsync(command, change);
        Assert.Equal((result.Id, result.State, result.FinishedAt, result.Attempts), (again.Id, again.State, again.FinishedAt, again.Attempts));
        Assert.NotEqual(owner, await cluster.OwnerAsync());
        return result;
    }

    private static async Task<VolumeId> MadeAsync(TestCluster cluster, VolumeId volume)
    {
        await cluster.Client.RunAsync(new CreateVolume(volume, Size), Change.New());
        return volume;
    }

    private static async Task<string?> IdAsync(TestCluster cluster, VolumeId volume) =>
        (await cluster.Store.Store.FindAsync(volume, CancellationToken.None))?.Value;
}
