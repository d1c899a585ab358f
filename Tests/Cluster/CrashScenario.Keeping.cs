using Mooring.Client;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.Tests.Cluster;

/// <content>How volumes are kept: features and configuration.</content>
internal sealed partial record CrashScenario
{
    private static Dictionary<string, CrashScenario> OfKeeping() => new()
    {
        ["volume.features.enable"] = new(
            async (cluster, volume) =>
            {
                await cluster.Client.RunAsync(new CreateVolume(volume, Size) { Features = "layering" }, Change.New());
                return new EnableFeatures(volume, "exclusive-lock,object-map");
            },
            async (cluster, command, result) =>
            {
                Assert.Equal(["layering", "exclusive-lock", "object-map", "fast-diff"], (await cluster.Client.GetVolumeAsync(command.Volume)).Features);
                Assert.Equal(result.Result!.Features, (await cluster.Client.GetVolumeAsync(command.Volume)).Features);
                // It can be opened to write, whatever was left of it.
                await cluster.Client.RunAsync(new RebuildObjectMap(command.Volume), Change.New());
                await cluster.Client.RunAsync(new CreateSnapshot(command.Volume, "s"), Change.New());
            }),
        ["volume.features.disable"] = new(
            async (cluster, volume) =>
            {
                await cluster.Client.RunAsync(new CreateVolume(volume, Size) { Features = "layering,exclusive-lock,object-map,fast-diff,deep-flatten" }, Change.New());
                return new DisableFeatures(volume, "object-map,deep-flatten");
            },
            async (cluster, command, _) =>
            {
                Assert.Equal(["layering", "exclusive-lock"], (await cluster.Client.GetVolumeAsync(command.Volume)).Features);
                await cluster.Client.RunAsync(new CreateSnapshot(command.Volume, "s"), Change.New());
            }),
        ["volume.config.set"] = new(
            async (cluster, volume) => new SetConfiguration(await MadeAsync(cluster, volume), IopsLimit, "100"),
            async (cluster, command, _) =>
            {
                Assert.Equal(new ImageOption(IopsLimit, "100", ImageOption.OfImage), await OptionAsync(cluster, command.Volume));
                Assert.Empty((await cluster.Client.GetVolumeAsync(command.Volume)).Metadata);
            }),
        ["volume.config.remove"] = new(
            async (cluster, volume) =>
            {
                await cluster.Client.RunAsync(new SetConfiguration(await MadeAsync(cluster, volume), IopsLimit, "100"), Change.New());
                return new RemoveConfiguration(volume, IopsLimit);
            },
            async (cluster, command, _) => Assert.Equal(new ImageOption(IopsLimit, "0", "config"), await OptionAsync(cluster, command.Volume))),
    };

    private const string IopsLimit = "rbd_qos_iops_limit";

    private static async Task<ImageOption> OptionAsync(TestCluster cluster, VolumeId volume) =>
        Assert.Single(await cluster.Store.Store.GetOptionsAsync(volume, CancellationToken.None), option => option.Name == IopsLimit);
}
