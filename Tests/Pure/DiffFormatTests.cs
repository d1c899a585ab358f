using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.Tests.Pure;

/// <summary>Differences as <c>rbd</c> writes them.</summary>
public class DiffFormatTests
{
    private static readonly byte[] Whole =
    [
        .. "rbd diff v1\n"u8, (byte)'f', 1, 0, 0, 0, (byte)'a', (byte)'t', 2, 0, 0, 0, .. "bc"u8, (byte)'s', 0, 16, 0, 0, 0, 0, 0, 0,
        (byte)'w', 16, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 7, 8, 9, (byte)'z', 0, 2, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, (byte)'e',
    ];

    [Fact]
    public async Task A_difference_is_written_as_rbd_writes_it()
    {
        var bytes = new byte[4096];
        new byte[] { 7, 8, 9 }.CopyTo(bytes, 16);
        var written = new MemoryStream();

        await DiffFormat.WriteAsync(new BytesImage(bytes) { Differences = [new(16, 3, false), new(512, 1024, true)] }, "a", "bc", written, default);

        Assert.Equal(Whole, written.ToArray());
    }

    [Fact]
    public async Task What_was_written_is_read()
    {
        var reader = new DiffReader(new BytesImage(Whole), default);

        var head = await reader.ReadHeadAsync();

        Assert.Equal(new DiffHead("a", "bc", 4096), head);
        Assert.Equal(new DiffPart(16, 3, 51), await reader.NextAsync(head));
        Assert.Equal(new DiffPart(512, 1024, -1), await reader.NextAsync(head));
        Assert.Null(await reader.NextAsync(head));
        Assert.Equal(head, await DiffReader.CheckAsync(new BytesImage(Whole), default));
    }

    [Fact]
    public async Task What_is_cut_off_anywhere_is_refused()
    {
        for (var length = 1; length < Whole.Length; length++)
            await RefusedAsync(Whole[..length]);
        await RefusedAsync([.. Whole, 0]);
    }

    [Theory]
    [InlineData(0, (byte)'R')]
    [InlineData(12, (byte)'x')]
    [InlineData(16, 1)]
    [InlineData(17, (byte)'/')]
    [InlineData(17, 0xff)]
    [InlineData(18, (byte)'f')]
    [InlineData(32, 0x80)]
    [InlineData(33, 0x80)]
    [InlineData(42, 0x80)]
    [InlineData(50, 0x80)]
    [InlineData(54, (byte)'s')]
    [InlineData(62, 0x80)]
    [InlineData(70, 1)]
    public async Task What_is_not_as_it_must_be_is_refused(int position, byte value)
    {
        var bytes = (byte[])Whole.Clone();
        bytes[position] = value;
        await RefusedAsync(bytes);
    }

    private static async Task RefusedAsync(byte[] bytes) => Assert.Equal(
        ErrorKind.InvalidArgument, (await Assert.ThrowsAsync<BlockStoreException>(() => DiffReader.CheckAsync(new BytesImage(bytes), default))).Kind);

    private sealed class BytesImage(byte[] bytes) : IImageView
    {
        public IReadOnlyList<ImageDifference> Differences { get; init; } = [];

        public VolumeId Volume { get; } = new("rbd", "", "a");

        public long SizeBytes => bytes.Length;

        public Task<IReadOnlyList<ImageDifference>> CompareAsync(string? since, long offset, long length, CancellationToken cancellationToken) => Task.FromResult(Differences);

        public Task ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            bytes.AsMemory((int)offset, buffer.Length).CopyTo(buffer);
            return Task.CompletedTask;
        }

        public Task WriteAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task FlushAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
