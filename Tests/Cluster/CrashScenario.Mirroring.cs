using System.Diagnostics;
using Mooring.Client;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.Tests.Cluster;

/// <content>Mirroring, which the embedded store has not.</content>
internal sealed partial record CrashScenario
{
    /// <summary>Whether the embedded store refuses it, and all that it begins with.</summary>
    public bool NeedsCeph { get; init; }

    private static Dictionary<string, CrashScenario> OfMirroring() => new()
    {
        ["volume.mirror.enable"] = Mirroring(
            async (cluster, volume) => new EnableMirroring(await MirrorableAsync(cluster, volume)),
            async (cluster, command, result) =>
            {
                Assert.Equal((MirroringState.Enabled, MirroringMode.Journal, true), await MirroringAsync(cluster, command.Volume));
                Assert.Contains("journaling", result.Result!.Features);
            }),
        ["volume.mirror.disable"] = Mirroring(
            async (cluster, volume) => new DisableMirroring(await MirroredAsync(cluster, volume, "journal")),
            async (cluster, command, _) =>
            {
                Assert.Equal((MirroringState.Disabled, null, false), await MirroringAsync(cluster, command.Volume));
                Assert.DoesNotContain("journaling", (await cluster.Client.GetVolumeAsync(command.Volume)).Features);
            }),
        ["volume.mirror.demote"] = Mirroring(
            async (cluster, volume) => new DemoteVolume(await MirroredAsync(cluster, volume, "snapshot")),
            async (cluster, command, _) => Assert.Equal((MirroringState.Enabled, MirroringMode.Snapshot, false), await MirroringAsync(cluster, command.Volume))),
        ["volume.mirror.promote"] = Mirroring(
            async (cluster, volume) => new PromoteVolume(await DemotedAsync(cluster, volume)),
            async (cluster, command, _) => Assert.Equal((MirroringState.Enabled, MirroringMode.Snapshot, true), await MirroringAsync(cluster, command.Volume))),
        ["volume.mirror.resync"] = Mirroring(
            async (cluster, volume) => new ResyncVolume(await DemotedAsync(cluster, volume)),
            async (cluster, command, _) => Assert.Equal((MirroringState.Enabled, MirroringMode.Snapshot, false), await MirroringAsync(cluster, command.Volume))),
        ["volume.mirror.snapshot"] = Mirroring(
            async (cluster, volume) =>
            {
                await MirroredAsync(cluster, volume, "snapshot");
                await AddPeerAsync(cluster);
                await cluster.Client.RunAsync(new SetMetadata(volume, FirstSnapshot, $"{await MirrorSnapshotAsync(cluster, volume)}"), Change.New());
                return new CreateMirrorSnapshot(volume);
            },
            // One that nobody has to copy any more goes when the next is made.
            async (cluster, command, _) => Assert.NotEqual(
                (await cluster.Client.GetVolumeAsync(command.Volume)).Metadata[FirstSnapshot], $"{await MirrorSnapshotAsync(cluster, command.Volume)}")),
        ["pool.mirror.enable"] = new(
            async (cluster, volume) => new EnablePoolMirroring(await PlaceToMirrorAsync(cluster, volume), "image"),
            async (cluster, command, _) => Assert.Equal(PoolMirroring.Image, await PoolAsync(cluster, command.Volume))) { NeedsCeph = true },
        ["pool.mirror.disable"] = new(
            async (cluster, volume) =>
            {
                var place = await PlaceToMirrorAsync(cluster, volume);
                await cluster.Client.RunAsync(new EnablePoolMirroring(place, "pool"), Change.New());
                return new DisablePoolMirroring(place);
            },
            async (cluster, command, _) => Assert.Equal(PoolMirroring.Disabled, await PoolAsync(cluster, command.Volume))) { NeedsCeph = true },
    };

    private const string FirstSnapshot = "first";

    private static CrashScenario Mirroring(
        Func<TestCluster, VolumeId, Task<VolumeCommand>> prepare, Func<TestCluster, VolumeCommand, OperationShape, Task> check) => new(
        prepare,
        async (cluster, command, result) =>
        {
            await check(cluster, command, result);
            // So that it can be deleted.
            await cluster.Client.RunAsync(new DisableMirroring(command.Volume, Force: true), Change.New());
        })
    { NeedsCeph = true };

    private static async Task RefusedAsync(TestCluster cluster, CrashScenario scenario, VolumeId volume) => Assert.Equal(
        ErrorKind.Unsupported, (await Assert.ThrowsAsync<MooringException>(() => scenario.PrepareAsync(cluster, volume))).Kind);

    private static async Task<VolumeId> MirrorableAsync(TestCluster cluster, VolumeId volume)
    {
        await cluster.Client.RunAsync(new EnablePoolMirroring(volume with { Image = "" }, "image"), Change.New());
        return await MadeAsync(cluster, volume);
    }

    private static async Task<VolumeId> MirroredAsync(TestCluster cluster, VolumeId volume, string mode)
    {
        await cluster.Client.RunAsync(new EnableMirroring(await MirrorableAsync(cluster, volume), mode), Change.New());
        return volume;
    }

    private static async Task<VolumeId> DemotedAsync(TestCluster cluster, VolumeId volume)
    {
        await cluster.Client.RunAsync(new DemoteVolume(await MirroredAsync(cluster, volume, "snapshot")), Change.New());
        return volume;
    }

    private static async Task<VolumeId> PlaceToMirrorAsync(TestCluster cluster, VolumeId volume)
    {
        await cluster.Client.RunAsync(new EnablePoolMirroring(volume with { Image = "" }, "image"), Change.New());
        return await OnOwnerAsync(cluster, i => EmptyPlaceAsync(cluster, volume, i), place => new DisablePoolMirroring(place));
    }

    private static async Task<(MirroringState State, MirroringMode? Mode, bool IsPrimary)> MirroringAsync(TestCluster cluster, VolumeId volume)
    {
        var found = await cluster.Store.Store.GetMirroringAsync(volume, CancellationToken.None);
        return (found.State, found.Mode, found.IsPrimary);
    }

    // The latest. The one before it stays when there was a peer already that has to copy it.
    private static async Task<ulong> MirrorSnapshotAsync(TestCluster cluster, VolumeId volume)
    {
        var snapshots = (await cluster.Store.Store.GetMirroringAsync(volume, CancellationToken.None)).Snapshots;
        Assert.InRange(snapshots.Count, 1, 2);
        return snapshots.Max(s => s.Value);
    }

    private static Task<PoolMirroring> PoolAsync(TestCluster cluster, VolumeId place) =>
        cluster.Store.Store.GetPoolMirroringAsync(place.Pool, place.Namespace, CancellationToken.None);

    // Nobody makes snapshots for nobody. The peer need not be there, and is there already the second time.
    private static async Task AddPeerAsync(TestCluster cluster)
    {
        using var rbd = Process.Start(new ProcessStartInfo("rbd", ["-c", cluster.CephConf!, "mirror", "pool", "peer", "add", "rbd", "client.nobody@elsewhere"])
        {
            RedirectStandardError = true, RedirectStandardOutput = true,
        })!;
        await rbd.WaitForExitAsync().WaitAsync(TestCluster.Limit);
    }
}
