using System.Security.Cryptography;
using Mooring.Client;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Tests.Cluster;

/// <content>Operations that take bytes from the client.</content>
internal sealed partial record CrashScenario
{
    // Pieces of 4 MiB, the last of them short; the middle is passed before the end.
    private const int ContentBytes = (12 << 20) + 12345;

    private static Dictionary<string, CrashScenario> OfContent() => new()
    {
        ["volume.import"] = new(
            (_, volume) => Task.FromResult<VolumeCommand>(new ImportVolume(volume, ContentBytes)),
            async (cluster, command, result) =>
            {
                var content = Content();
                Assert.Equal(1, await cluster.EffectsAsync(result));
                Assert.Equal((ContentBytes, Convert.ToHexStringLower(SHA256.HashData(content))), (result.Result!.SizeBytes, result.Result.ContentSha256));
                Assert.True(Enumerable.SequenceEqual(content, await BytesAsync(cluster, command.Volume, null)), "the volume has other bytes than were sent");
            },
            "in-the-middle", "before-commit")
        {
            MakeContentAsync = (_, _) => Task.FromResult(Content()),
        },
        ["volume.import-diff"] = new(
            async (cluster, volume) =>
            {
                var source = volume with { Image = $"{volume.Image}-source" };
                foreach (var made in new[] { source, volume })
                {
                    await cluster.Client.RunAsync(new ImportVolume(made, ContentBytes), Change.New() with { Content = () => new MemoryStream(Content()) });
                    await cluster.Client.RunAsync(new CreateSnapshot(made, "s"), Change.New());
                }
                await cluster.Client.RunAsync(new ResizeVolume(source, ContentBytes + 1000, false), Change.New());
                for (var at = 0; at < 12; at++)
                    await cluster.Store.Store.WriteAsync(source, at << 20, Content().AsMemory(77, 1 << 19), CancellationToken.None);
                await cluster.Client.RunAsync(new CreateSnapshot(source, "t"), Change.New());
                return new ImportDiff(volume);
            },
            async (cluster, command, result) =>
            {
                var source = command.Volume with { Image = $"{command.Volume.Image}-source" };
                Assert.Equal(["s", "t"], await SnapshotsAsync(cluster, command.Volume));
                Assert.Equal((ContentBytes + 1000L, 2), (result.Result!.SizeBytes, result.Result.Snapshots!.Count));
                foreach (var snapshot in new[] { "t", null })
                    Assert.True(Enumerable.SequenceEqual(await BytesAsync(cluster, source, snapshot), await BytesAsync(cluster, command.Volume, snapshot)), "it has other bytes than its source");
                Assert.True(Enumerable.SequenceEqual(Content(), await BytesAsync(cluster, command.Volume, "s")), "its earlier snapshot has changed");
            },
            "in-the-middle", "before-commit")
        {
            MakeContentAsync = async (cluster, command) =>
            {
                var diff = new MemoryStream();
                await cluster.Client.ReadDiffAsync(command.Volume with { Image = $"{command.Volume.Image}-source" }, "t", "s", content => content.CopyToAsync(diff));
                return diff.ToArray();
            },
        },
    };

    // Zeros are among them, which are not written.
    private static byte[] Content()
    {
        var content = new byte[ContentBytes];
        new Random(8470).NextBytes(content);
        content.AsSpan(1 << 20, 3 << 20).Clear();
        return content;
    }

    private static async Task<byte[]> BytesAsync(TestCluster cluster, VolumeId volume, string? snapshot)
    {
        var bytes = new MemoryStream();
        await cluster.Client.ReadContentAsync(volume, snapshot, async (size, content) =>
        {
            await content.CopyToAsync(bytes);
            Assert.Equal(size, bytes.Length);
        });
        return bytes.ToArray();
    }
}
