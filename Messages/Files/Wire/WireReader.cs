using System.Buffers.Binary;
using System.Text;

namespace Mooring.Messages.Wire;

/// <summary>Reads the fields of a frame. Whatever the bytes are: a value or a <see cref="WireException"/>.</summary>
/// <param name="bytes">The frame's payload.</param>
public ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>How many bytes are left.</summary>
    public readonly int Left => _rest.Length;

    /// <summary>Reads one byte.</summary>
    /// <returns>The byte.</returns>
    public byte Byte() => Take(1)[0];

    /// <summary>Reads a 32-bit number.</summary>
    /// <returns>The number.</returns>
    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    /// <summary>Reads a 64-bit number.</summary>
    /// <returns>The number.</returns>
    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    /// <summary>Reads a number that cannot be negative.</summary>
    /// <returns>The number.</returns>
    public long Size() => Int64() is >= 0 and var value ? value : throw new WireException("a size is negative");

    /// <summary>Reads how many items follow.</summary>
    /// <param name="max">The most that are allowed.</param>
    /// <returns>The count.</returns>
    public int Count(int max) => Int32() is >= 0 and var count && count <= max ? count : throw new WireException($"a list is longer than {max}");

    /// <summary>Reads a text.</summary>
    /// <returns>The text.</returns>
    public string Text()
    {
        var bytes = Take(BinaryPrimitives.ReadUInt16LittleEndian(Take(2)));
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new WireException("a text is not valid UTF-8");
        }
    }

    /// <summary>Reads bytes.</summary>
    /// <returns>The bytes, inside the frame.</returns>
    public ReadOnlySpan<byte> Bytes() => Int32() is >= 0 and var length ? Take(length) : throw new WireException("a length is negative");

    /// <summary>Everything must have been read.</summary>
    public readonly void End()
    {
        if (_rest.Length != 0)
            throw new WireException($"{_rest.Length} bytes are left over");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
            throw new WireException("a frame is too short for what it says");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
