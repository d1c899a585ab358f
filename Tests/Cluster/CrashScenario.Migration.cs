using Mooring.Client;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Tests.Cluster;

/// <content>Migrations. They go from a volume's name with "-source" to its own.</content>
internal sealed partial record CrashScenario
{
    private static Dictionary<string, CrashScenario> OfMigrations() => new()
    {
        ["volume.migration.prepare"] = new(
            async (cluster, volume) => new PrepareMigration(volume, await SourceAsync(cluster, volume)),
            async (cluster, command, result) =>
            {
                Assert.Null(await IdAsync(cluster, command.SourceVolume!.Value));
                Assert.Equal(result.Result!.Id, await IdAsync(cluster, command.Volume));
                Assert.Equal("prepared", (await cluster.Client.GetVolumeAsync(command.Volume)).Migration!.State);
                await cluster.Client.RunAsync(new ExecuteMigration(command.Volume), Change.New());
                await cluster.Client.RunAsync(new CommitMigration(command.Volume), Change.New());
                await IsAsBeforeAsync(cluster, command.Volume, command.Volume);
                // The source's name is free.
                await MadeAsync(cluster, command.SourceVolume.Value);
            }),
        ["volume.migration.execute"] = new(
            async (cluster, volume) => new ExecuteMigration(await PreparedAsync(cluster, volume)),
            async (cluster, command, _) =>
            {
                Assert.Equal("executed", (await cluster.Client.GetVolumeAsync(command.Volume)).Migration!.State);
                await cluster.Client.RunAsync(new CommitMigration(command.Volume), Change.New());
                await IsAsBeforeAsync(cluster, command.Volume, command.Volume);
            },
            "in-the-middle"),
        ["volume.migration.commit"] = new(
            async (cluster, volume) =>
            {
                await cluster.Client.RunAsync(new ExecuteMigration(await PreparedAsync(cluster, volume)), Change.New());
                return new CommitMigration(volume);
            },
            async (cluster, command, _) =>
            {
                Assert.Null((await cluster.Client.GetVolumeAsync(command.Volume)).Migration);
                Assert.DoesNotContain(await TrashAsync(cluster, command.Volume), trashed => trashed.Source == "migration" && trashed.Name == SourceOf(command.Volume).Image);
                await IsAsBeforeAsync(cluster, command.Volume, command.Volume);
            },
            "in-the-middle"),
        ["volume.migration.abort"] = new(
            async (cluster, volume) => new AbortMigration(await PreparedAsync(cluster, volume)),
            async (cluster, command, result) =>
            {
                Assert.Null(await IdAsync(cluster, command.Volume));
                Assert.Equal(result.Result!.Id, await IdAsync(cluster, SourceOf(command.Volume)));
                Assert.DoesNotContain(await TrashAsync(cluster, command.Volume), trashed => trashed.Source == "migration" && trashed.Name == SourceOf(command.Volume).Image);
                await IsAsBeforeAsync(cluster, command.Volume, SourceOf(command.Volume));
                await MadeAsync(cluster, command.Volume);
            },
            "in-the-middle"),
    };

    private static VolumeId SourceOf(VolumeId volume) => volume with { Image = $"{volume.Image}-source" };

    private static VolumeId CopyOf(VolumeId volume) => volume with { Image = $"{volume.Image}-then" };

    private static async Task<VolumeId> SourceAsync(TestCluster cluster, VolumeId volume)
    {
        var source = await SnapshottedAsync(cluster, SourceOf(volume));
        await cluster.Client.RunAsync(new CopyVolume(CopyOf(volume), source), Change.New());
        return source;
    }

    private static async Task<VolumeId> PreparedAsync(TestCluster cluster, VolumeId volume)
    {
        await cluster.Client.RunAsync(new PrepareMigration(volume, await SourceAsync(cluster, volume)), Change.New());
        return volume;
    }

    private static async Task IsAsBeforeAsync(TestCluster cluster, VolumeId volume, VolumeId found)
    {
        Assert.True(await cluster.Store.SameBytesAsync(CopyOf(volume), found), "it has other bytes than before");
        Assert.Equal(["s"], await SnapshotsAsync(cluster, found));
        await cluster.Client.RunAsync(new RollBackVolume(found, "s"), Change.New());
        Assert.True(await cluster.Store.SameBytesAsync(CopyOf(volume), found), "its snapshot has other bytes than before");
        await cluster.Client.RunAsync(new DeleteVolume(CopyOf(volume)), Change.New());
    }
}
