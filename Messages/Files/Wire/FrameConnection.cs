using System.Buffers;
using System.Buffers.Binary;

namespace Mooring.Messages.Wire;

/// <summary>
/// Frames over a stream: 16 bytes of header (<c>MF</c>, version, kind, the payload's length, a checksum of both, a reserved number), then the
/// payload. Little-endian. Nothing larger than the bound is ever allocated or read. One reader and one writer at a time.
/// </summary>
/// <param name="stream">The connection; disposed of with this.</param>
/// <param name="payloadBytesMax">The largest payload, in bytes.</param>
public sealed class FrameConnection(Stream stream, int payloadBytesMax) : IAsyncDisposable
{
    /// <summary>The version of the protocol.</summary>
    public const byte Version = 1;

    /// <summary>The size of a frame's header, in bytes.</summary>
    public const int HeaderBytes = 16;

    /// <summary>The largest payload that both sides allow, in bytes: a chunk of 1 MiB and what is around it.</summary>
    public const int StandardPayloadBytesMax = (1 << 20) + (64 << 10);

    private const int TailApartBytes = 64 << 10;
    private const byte Magic0 = (byte)'M', Magic1 = (byte)'F';

    private readonly byte[] _header = new byte[HeaderBytes];
    private readonly SemaphoreSlim _writing = new(1, 1);
    private byte[] _payload = [];
    private byte[] _out = [];

    /// <summary>Reads one frame.</summary>
    /// <param name="cancellationToken">Gives up; the connection is then of no use any more.</param>
    /// <returns>The frame, or null when the other side has closed between two frames.</returns>
    /// <exception cref="WireException">It is malformed, too large, of another version, or cut short.</exception>
    public async ValueTask<Frame?> ReadAsync(CancellationToken cancellationToken)
    {
        var got = await stream.ReadAtLeastAsync(_header, HeaderBytes, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (got == 0)
            return null;
        if (got < HeaderBytes)
            throw new WireException("the connection was closed in the middle of a frame");
        var (kind, length, checksum) = Header(_header, payloadBytesMax);
        if (_payload.Length < length)
            _payload = GC.AllocateUninitializedArray<byte>(Math.Max(length, Math.Min(payloadBytesMax, _payload.Length * 2)));
        var payload = _payload.AsMemory(0, length);
        if (await stream.ReadAtLeastAsync(payload, length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false) < length)
            throw new WireException("the connection was closed in the middle of a frame");
        return Checksum(_header, payload.Span) == checksum ? new Frame(kind, payload) : throw new WireException("a frame's checksum is wrong");
    }

    /// <summary>Reads the next frame, which must be there.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The frame.</returns>
    /// <exception cref="WireException">As in <see cref="ReadAsync"/>, or the other side has closed.</exception>
    public async ValueTask<Frame> ExpectAsync(CancellationToken cancellationToken) =>
        await ReadAsync(cancellationToken).ConfigureAwait(false) ?? throw new WireException("the other side has closed the connection");

    /// <summary>Writes one frame.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="fields">Writes the fields; null for none.</param>
    /// <param name="tail">Bytes behind the fields, as they are.</param>
    /// <param name="cancellationToken">Gives up; the connection is then of no use any more.</param>
    /// <returns>Completes when it was handed to the network.</returns>
    public async ValueTask WriteAsync(FrameKind kind, Action<WireWriter>? fields, ReadOnlyMemory<byte> tail, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>(64);
        fields?.Invoke(new WireWriter(buffer));
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var length = buffer.WrittenCount + tail.Length;
            if (length > payloadBytesMax)
                throw new WireException($"a frame of {length} bytes is too large; at most {payloadBytesMax} are allowed");
            // A long tail is worth a call of its own, not a copy.
            var apart = tail.Length >= TailApartBytes;
            var total = HeaderBytes + buffer.WrittenCount + (apart ? 0 : tail.Length);
            if (_out.Length < total)
                _out = GC.AllocateUninitializedArray<byte>(total);
            buffer.WrittenSpan.CopyTo(_out.AsSpan(HeaderBytes));
            var sum = Crc32C.Add(Crc32C.Add(HeaderSum(_out, kind, length), buffer.WrittenSpan), tail.Span);
            BinaryPrimitives.WriteUInt32LittleEndian(_out.AsSpan(8), Crc32C.Finish(sum));
            if (!apart)
                tail.Span.CopyTo(_out.AsSpan(HeaderBytes + buffer.WrittenCount));
            await stream.WriteAsync(_out.AsMemory(0, total), cancellationToken).ConfigureAwait(false);
            if (apart)
                await stream.WriteAsync(tail, cancellationToken).ConfigureAwait(false);
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Writes one frame of fields only.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="fields">Writes the fields.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Completes when it was handed to the network.</returns>
    public ValueTask WriteAsync(FrameKind kind, Action<WireWriter>? fields, CancellationToken cancellationToken) =>
        WriteAsync(kind, fields, ReadOnlyMemory<byte>.Empty, cancellationToken);

    /// <summary>Writes a chunk: its offset and its bytes.</summary>
    /// <param name="offset">The offset in the stream.</param>
    /// <param name="bytes">The bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Completes when it was handed to the network.</returns>
    public ValueTask WriteChunkAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        WriteAsync(FrameKind.Chunk, w => w.Int64(offset), bytes, cancellationToken);

    /// <summary>Reads a chunk's fields.</summary>
    /// <param name="frame">The frame.</param>
    /// <returns>The offset, and the bytes, valid as long as the frame.</returns>
    public static (long Offset, ReadOnlyMemory<byte> Bytes) Chunk(Frame frame)
    {
        var reader = new WireReader(frame.Payload.Span);
        return (reader.Size(), frame.Payload[8..]);
    }

    /// <summary>Writes a complete frame into a header and its payload; for tests and for who keeps frames.</summary>
    /// <param name="header">Where the header goes; at least <see cref="HeaderBytes"/>.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="payload">Its payload.</param>
    public static void WriteHeader(Span<byte> header, FrameKind kind, ReadOnlySpan<byte> payload) =>
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], Crc32C.Finish(Crc32C.Add(HeaderSum(header, kind, payload.Length), payload)));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync().ConfigureAwait(false);
        _writing.Dispose();
    }

    private static (FrameKind Kind, int Length, uint Checksum) Header(ReadOnlySpan<byte> header, int payloadBytesMax)
    {
        if (header[0] != Magic0 || header[1] != Magic1)
            throw new WireException("this is no frame of the file protocol");
        if (header[2] != Version)
            throw new WireException($"protocol version {header[2]} is not known; this side speaks version {Version}");
        var length = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        if (length < 0 || length > payloadBytesMax)
            throw new WireException($"a frame of {(uint)length} bytes is too large; at most {payloadBytesMax} are allowed");
        return ((FrameKind)header[3], length, BinaryPrimitives.ReadUInt32LittleEndian(header[8..]));
    }

    // Fills the header but for the checksum, and begins that.
    private static uint HeaderSum(Span<byte> header, FrameKind kind, int length)
    {
        header[0] = Magic0;
        header[1] = Magic1;
        header[2] = Version;
        header[3] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], length);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], 0);
        return HeaderSum(header);
    }

    private static uint HeaderSum(ReadOnlySpan<byte> header) => Crc32C.Add(Crc32C.Add(Crc32C.Start, header[..8]), header[12..16]);

    // Of the first eight bytes, the reserved number and the payload.
    private static uint Checksum(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload) => Crc32C.Finish(Crc32C.Add(HeaderSum(header), payload));
}
