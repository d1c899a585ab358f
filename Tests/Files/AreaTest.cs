using Mooring.Messages;
using Mooring.Storage;
using Mooring.Storage.Files;

namespace Mooring.Tests.Files;

/// <summary>What the tests of areas share: small images, patterned bytes, what the writer told.</summary>
public abstract class AreaTest
{
    internal const int KiB = 1 << 10, MiB = 1 << 20;

    internal static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly Guid _owner = new("00000000-0000-0000-0000-00000000000a");

    /// <summary>A small area: the log goes round after some hundred kilobytes.</summary>
    internal static readonly AreaFormatOptions Small = new() { LogBytes = 512 * KiB, BatchBytesMax = 16 * KiB, CheckpointBytes = 64 * KiB, AreaId = new Guid("00000000-0000-0000-0000-0000000000ff") };

    /// <summary>What the writers of this test told.</summary>
    internal List<AreaBatch> Told { get; } = [];

    internal static async Task<MemoryImage> FormattedAsync(long sizeBytes = 8 * MiB, AreaFormatOptions? options = null)
    {
        var image = new MemoryImage(sizeBytes);
        await Area.FormatAsync(image, options ?? Small, default);
        return image;
    }

    internal Task<AreaWriter> OpenAsync(MemoryImage image, long epoch, AreaWriterOptions? options = null) => AreaWriter.OpenAsync(
        image, new Epoch(epoch), _owner, options, batch =>
        {
            lock (Told)
                Told.Add(batch);
            return Task.CompletedTask;
        }, default);

    /// <summary>Bytes that a seed gives.</summary>
    internal static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    internal static Task<byte[]> ReadAllAsync(AreaWriter writer, string path) =>
        ReadAllAsync(writer.Tree.Get(path).SizeBytes, (buffer, offset) => writer.ReadAsync(path, offset, buffer, default));

    internal static Task<byte[]> ReadAllAsync(AreaReader reader, string path) =>
        ReadAllAsync(reader.Tree.Get(path).SizeBytes, (buffer, offset) => reader.ReadAsync(path, offset, buffer, default));

    internal static async Task<BlockStoreException> FailsAsync(ErrorKind kind, Func<Task> call)
    {
        var thrown = await Assert.ThrowsAsync<BlockStoreException>(call);
        Assert.True(kind == thrown.Kind, $"expected {kind}, got {thrown.Kind}: {thrown.Message}");
        Assert.DoesNotContain('\n', thrown.Message);
        return thrown;
    }

    internal static async Task AssertCleanAsync(MemoryImage image)
    {
        var report = await AreaCheck.RunAsync(image, null, default);
        Assert.Equal("", string.Join('\n', report.Findings));
        Assert.True(report.IsClean);
    }

    private static async Task<byte[]> ReadAllAsync(long size, Func<Memory<byte>, long, Task<int>> read)
    {
        var bytes = new byte[size + 1];
        Assert.Equal(size, await read(bytes, 0));
        return bytes[..^1];
    }
}
