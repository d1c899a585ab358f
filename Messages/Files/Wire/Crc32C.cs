using System.Numerics;
using System.Runtime.InteropServices;

namespace Mooring.Messages.Wire;

/// <summary>CRC-32C (Castagnoli, RFC 3720), with the processor's instruction where there is one.</summary>
public static class Crc32C
{
    // The instruction takes three cycles and one can begin in each: three pieces side by side take the time of one.
    private const int LaneBytes = 4096;

    private static readonly uint[] OverLane = ShiftTable();

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
        for (; bytes.Length >= 3 * LaneBytes; bytes = bytes[(3 * LaneBytes)..])
        {
            var words = MemoryMarshal.Cast<byte, ulong>(bytes[..(3 * LaneBytes)]);
            var one = words[..(LaneBytes / 8)];
            var two = words[(LaneBytes / 8)..(LaneBytes / 4)];
            var three = words[(LaneBytes / 4)..];
            var (a, b, c) = (state, 0u, 0u);
            for (var i = 0; i < one.Length && i < two.Length && i < three.Length; i++)
            {
                a = BitOperations.Crc32C(a, one[i]);
                b = BitOperations.Crc32C(b, two[i]);
                c = BitOperations.Crc32C(c, three[i]);
            }
            state = Shift(Shift(a) ^ b) ^ c;
        }
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes))
            state = BitOperations.Crc32C(state, word);
        bytes = bytes[(bytes.Length & ~7)..];
        foreach (var b in bytes)
            state = BitOperations.Crc32C(state, b);
        return state;
    }

    /// <summary>The checksum of all that was added.</summary>
    /// <param name="state">The checksum, unfinished.</param>
    /// <returns>The checksum.</returns>
    public static uint Finish(uint state) => ~state;

    // What a checksum becomes when a lane of zeros follows: linear, so the sum of what each of its bytes becomes.
    private static uint Shift(uint state) => OverLane[state & 0xff] ^ OverLane[256 + ((state >> 8) & 0xff)] ^ OverLane[512 + ((state >> 16) & 0xff)] ^ OverLane[768 + (state >> 24)];

    private static uint[] ShiftTable()
    {
        var bits = new uint[32];
        for (var bit = 0; bit < bits.Length; bit++)
        {
            bits[bit] = 1u << bit;
            for (var done = 0; done < LaneBytes; done += sizeof(ulong))
                bits[bit] = BitOperations.Crc32C(bits[bit], 0UL);
        }
        var table = new uint[4 * 256];
        for (var at = 0; at < table.Length; at++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                if ((at & (1 << bit)) != 0)
                    table[at] ^= bits[(at / 256 * 8) + bit];
            }
        }
        return table;
    }
}
