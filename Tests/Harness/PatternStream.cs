namespace Mooring.Harness;

/// <summary>Bytes that differ everywhere and are the same each time, of any length, without keeping them. Can seek.</summary>
/// <param name="length">How many bytes.</param>
public sealed class PatternStream(long length) : Stream
{
    private const int BlockBytes = 1 << 20;

    private static readonly byte[] Block = MakeBlock();

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override long Position { get; set; }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        var within = (int)(Position % BlockBytes);
        var count = (int)Math.Min(Math.Min(buffer.Length, BlockBytes - within), length - Position);
        if (count <= 0)
            return 0;
        Block.AsSpan(within, count).CopyTo(buffer);
        // Each block begins with its number.
        Span<byte> number = stackalloc byte[8];
        BitConverter.TryWriteBytes(number, (Position / BlockBytes) + 1);
        for (var i = within; i < 8 && i - within < count; i++)
            buffer[i - within] = number[i];
        Position += count;
        return count;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => length + offset,
    };

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private static byte[] MakeBlock()
    {
        var block = new byte[BlockBytes];
        new Random(8471).NextBytes(block);
        return block;
    }
}
