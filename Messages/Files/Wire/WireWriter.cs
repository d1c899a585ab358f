using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Mooring.Messages.Wire;

/// <summary>Writes the fields of a frame: little-endian numbers, texts and bytes behind their lengths.</summary>
/// <param name="output">Where to.</param>
public readonly struct WireWriter(IBufferWriter<byte> output)
{
    /// <summary>Writes one byte.</summary>
    /// <param name="value">The byte.</param>
    public void Byte(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    /// <summary>Writes a 32-bit number.</summary>
    /// <param name="value">The number.</param>
    public void Int32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(4), value);
        output.Advance(4);
    }

    /// <summary>Writes a 64-bit number.</summary>
    /// <param name="value">The number.</param>
    public void Int64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(8), value);
        output.Advance(8);
    }

    /// <summary>Writes a text as UTF-8 behind its 16-bit length in bytes.</summary>
    /// <param name="value">The text.</param>
    public void Text(string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        if (length > ushort.MaxValue)
            throw new WireException($"a text of {length} bytes does not fit");
        var span = output.GetSpan(length + 2);
        BinaryPrimitives.WriteUInt16LittleEndian(span, (ushort)length);
        Encoding.UTF8.GetBytes(value, span[2..]);
        output.Advance(length + 2);
    }

    /// <summary>Writes bytes behind their 32-bit length.</summary>
    /// <param name="value">The bytes.</param>
    public void Bytes(ReadOnlySpan<byte> value)
    {
        Int32(value.Length);
        output.Write(value);
    }
}
