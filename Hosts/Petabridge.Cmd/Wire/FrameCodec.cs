using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Petabridge.Cmd.Wire;

/// <summary>Frames on a stream: four bytes of length, the highest first, and so many bytes of JSON.</summary>
internal static class FrameCodec
{
    private const int HeadBytes = 4;

    /// <summary>A frame with its length.</summary>
    public static byte[] Encode<T>(T frame, JsonTypeInfo<T> type)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(frame, type);
        var bytes = new byte[HeadBytes + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, body.Length);
        body.CopyTo(bytes, HeadBytes);
        return bytes;
    }

    /// <summary>Reads what <see cref="ReadAsync"/> gave.</summary>
    /// <exception cref="InvalidDataException">It is not such a frame.</exception>
    public static T Decode<T>(byte[] body, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(body, type) ?? throw new InvalidDataException("the frame is null");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("the frame is not valid JSON", e);
        }
    }

    /// <summary>The next frame's JSON; null when the other side has closed between two frames.</summary>
    /// <exception cref="InvalidDataException">The length is not between 1 and <paramref name="bytesMax"/>; nothing is allocated for it.</exception>
    /// <exception cref="EndOfStreamException">The other side closed in the middle of a frame.</exception>
    public static async Task<byte[]?> ReadAsync(Stream stream, int bytesMax, CancellationToken cancellationToken)
    {
        var head = new byte[HeadBytes];
        var read = await stream.ReadAtLeastAsync(head, HeadBytes, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (read == 0)
            return null;
        if (read < HeadBytes)
            throw new EndOfStreamException("the connection was closed in the middle of a frame");
        var length = BinaryPrimitives.ReadUInt32BigEndian(head);
        if (length == 0 || length > bytesMax)
            throw new InvalidDataException($"a frame of {length} bytes; 1 to {bytesMax} are allowed");
        var body = new byte[length];
        await stream.ReadExactlyAsync(body, cancellationToken).ConfigureAwait(false);
        return body;
    }
}
