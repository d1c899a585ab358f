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
    private const int DiffBytes = 8 << 20;

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
                var source = await cluster.FilledAsync($"{volume.Image}-source", DiffBytes);
                await cluster.Client.RunAsync(new CreateSnapshot(source, "s"), Change.New());
                await cluster.Client.RunAsync(new DeepCopyVolume(volume, source), Change.New());
                for (var at = 0; at < DiffBytes; at += 1 << 20)
                    await cluster.Store.Store.WriteAsync(source, at, Content().AsMemory(at / 2, 1 << 19), CancellationToken.None);
                await cluster.Client.RunAsync(new CreateSnapshot(source, "t"), Change.New());
                return new ImportDiff(volume);
            },
            async (cluster, command, result) =>
            {
                var source = command.Volume with { Image = $"{command.Volume.Image}-source" };
                Assert.Equal(["s", "t"], await SnapshotsAsync(cluster, command.Volume));
                Assert.Equal(2, result.Result!.Snapshots!.Count);
                foreach (var snapshot in new[] { "s", "t", null })
                {
                    Assert.True(
                        Enumerable.SequenceEqual(await BytesAsync(cluster, source, snapshot), await BytesAsync(cluster, command.Volume, snapshot)),
                        $"it has other bytes than its source at {snapshot ?? "the end"}");
                }
            },
            "in-the-middle", "before-commit")
        {
            MakeContentAsync = (cluster, command) => BytesAsync(bytes => cluster.Client.ReadDiffAsync(
                command.Volume with { Image = $"{command.Volume.Image}-source" }, "t", "s", content => content.CopyToAsync(bytes))),
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

    private static Task<byte[]> BytesAsync(TestCluster cluster, VolumeId volume, string? snapshot) =>
        BytesAsync(bytes => cluster.Client.ReadContentAsync(volume, snapshot, async (size, content) =>
        {
            await content.CopyToAsync(bytes);
            Assert.Equal(size, bytes.Length);
        }));

    // What breaks off with its node is asked for anew.
    private static async Task<byte[]> BytesAsync(Func<MemoryStream, Task> read)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var bytes = new MemoryStream();
            try
            {
                await read(bytes);
                return bytes.ToArray();
            }
            catch (MooringUnreachableException) when (attempt < 10)
            {
            }
        }
    }
}
