using System.Buffers.Binary;
using System.Numerics;

namespace Mooring.Messages.Wire;

/// <summary>CRC-32C (Castagnoli, RFC 3720), with the processor's instruction where there is one.</summary>
public static class Crc32C
{
    /// <summary>The checksum of bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>The checksum.</returns>
    public static uint Of(ReadOnlySpan<byte> bytes) => Finish(Add(Start, bytes));

    /// <summary>What a checksum begins with.</summary>
    public const uint Start = uint.MaxValue;

    /// <summary>Adds bytes to a checksum that was begun.</summary>
    /// <param name="state">The checksum so far, unfinished.</param>
    /// <param name="bytes">More bytes.</param>
    /// <returns>The checksum, unfinished.</returns>
    public static uint Add(uint state, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= 8; bytes = bytes[8..])
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var b in bytes)
            state = BitOperations.Crc32C(state, b);
        return state;
    }

    /// <summary>The checksum of all that was added.</summary>
    /// <param name="state">The checksum, unfinished.</param>
    /// <returns>The checksum.</returns>
    public static uint Finish(uint state) => ~state;
}
