using System.Buffers;
using System.Buffers.Binary;

namespace Akka.Remote;

/// <summary>What a frame is. On the wire: length of the rest (4 bytes, little endian), kind (1 byte), body.</summary>
internal enum FrameKind : byte
{
    Hello = 1,
    Welcome = 2,
    Reject = 3,
    Message = 4,
    SystemMessage = 5,
    SystemAck = 6,
    Heartbeat = 7,
    Goodbye = 8,
}

/// <summary>Why a connection is not wanted (any longer).</summary>
internal enum CloseReason : byte
{
    None = 0,
    Shutdown = 1,
    Quarantined = 2,

    /// <summary>Both sides connect to each other; the other connection is the one to use.</summary>
    Collision = 3,
    Incompatible = 4,
}

/// <summary>One frame; the body is valid until the next frame is read.</summary>
internal readonly record struct Frame(FrameKind Kind, ReadOnlyMemory<byte> Body);

/// <summary>The other side sent what is not in the protocol.</summary>
internal sealed class WireProtocolException(string message) : RemoteTransportException(message);

/// <summary>Cuts the bytes of a connection into frames. For one reader at a time.</summary>
internal sealed class FrameReader(Stream stream, int frameBytesMax) : IDisposable
{
    private const int BufferInitial = 8 * 1024;
    private const int BufferBatch = 64 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferInitial);
    private int _start;
    private int _end;
    private int _limit = 4096; // until the other side has said who it is

    /// <summary>From now on frames of full size are accepted.</summary>
    public void AllowFullFrames() => _limit = frameBytesMax;

    /// <summary>Takes a frame from the bytes that are here.</summary>
    public bool TryRead(out Frame frame)
    {
        frame = default;
        var available = _end - _start;
        if (available < 5)
            return false;
        var length = BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(_start));
        if (length < 1 || length > _limit)
            throw new WireProtocolException($"A frame of {(uint)length} bytes, where up to {_limit} are allowed");
        if (available < 4 + length)
            return false;
        frame = new Frame((FrameKind)_buffer[_start + 4], _buffer.AsMemory(_start + 5, length - 1));
        _start += 4 + length;
        return true;
    }

    /// <summary>Waits for more bytes; false at the end of the stream. Frames read before are no longer valid.</summary>
    public async ValueTask<bool> Fill()
    {
        MakeRoom();
        var count = await stream.ReadAsync(_buffer.AsMemory(_end)).ConfigureAwait(false);
        _end += count;
        return count > 0;
    }

    /// <summary>The next frame, or nothing at the end of the stream.</summary>
    public async ValueTask<Frame?> Next()
    {
        while (true)
        {
            if (TryRead(out var frame))
                return frame;
            if (!await Fill().ConfigureAwait(false))
                return null;
        }
    }

    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    private void MakeRoom()
    {
        var available = _end - _start;
        if (available == 0)
        {
            _start = _end = 0;
            return;
        }

        var needed = available < 4 ? BufferInitial : 4 + BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(_start));
        var full = _end == _buffer.Length;
        if (needed > _buffer.Length || (full && _start == 0))
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Min(_buffer.Length * 2, BufferBatch)));
            _buffer.AsSpan(_start, available).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
        else if (_start > 0 && (full || _start + needed > _buffer.Length))
        {
            _buffer.AsSpan(_start, available).CopyTo(_buffer);
        }
        else
        {
            return;
        }

        _start = 0;
        _end = available;
    }
}
