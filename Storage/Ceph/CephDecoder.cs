using System.Buffers.Binary;
using System.Text;

namespace Mooring.Storage.Ceph;

/// <summary>Reads Ceph's little-endian encoding (include/encoding.h) from the front. What is too short reads as zeros and empty text.</summary>
internal ref struct CephDecoder(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>A byte.</summary>
    public byte Byte() => Take(1) is { IsEmpty: false } taken ? taken[0] : (byte)0;

    /// <summary>A 32-bit number.</summary>
    public uint Number() => Take(4) is { IsEmpty: false } taken ? BinaryPrimitives.ReadUInt32LittleEndian(taken) : 0;

    /// <summary>A 64-bit number.</summary>
    public long Long() => Take(8) is { IsEmpty: false } taken ? BinaryPrimitives.ReadInt64LittleEndian(taken) : 0;

    /// <summary>A string.</summary>
    public string Text() => Encoding.UTF8.GetString(Take((int)Math.Min(Number(), int.MaxValue)));

    /// <summary>A time (utime_t): seconds and nanoseconds.</summary>
    public DateTimeOffset Time() => DateTimeOffset.FromUnixTimeSeconds(Number()).AddTicks(Number() / 100);

    /// <summary>The head of a versioned structure (ENCODE_START).</summary>
    /// <returns>The version that it was written in.</returns>
    public byte Version()
    {
        var version = Byte();
        Byte();
        Number();
        return version;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
            return [];
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
