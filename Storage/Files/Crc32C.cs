namespace Mooring.Storage.Files;

/// <summary>CRC-32C (Castagnoli, RFC 3720), and how the sums of two pieces give the sum of both.</summary>
internal static class Crc32C
{
    private const uint Polynomial = 0x82F63B78;

    /// <summary>The sum of nothing.</summary>
    public const uint Empty = 0;

    public static uint Compute(ReadOnlySpan<byte> bytes) => Append(Empty, bytes);

    /// <summary>The sum of what was summed before and then <paramref name="bytes"/>.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes) => ~Messages.Wire.Crc32C.Add(~crc, bytes);

    private static readonly uint _page = PowerOfX(8L * AreaLayout.PageBytes);

    /// <summary>The sum of two pieces, from their sums and the length of the second.</summary>
    public static uint Combine(uint first, uint second, long secondLength)
    {
        // Appending n zero bytes multiplies the first sum, as a polynomial over GF(2), by x^(8n).
        return Multiply(secondLength == AreaLayout.PageBytes ? _page : PowerOfX(8 * secondLength), first) ^ second;
    }

    /// <summary>The sum of so many zeros.</summary>
    public static uint Zeros(long length) => ~Multiply(PowerOfX(8 * length), uint.MaxValue);

    // x^n modulo the polynomial, in the reflected order of bits: the highest bit is x^0.
    private static uint PowerOfX(long n)
    {
        var result = 1u << 31;
        var square = 1u << 30;
        for (; n > 0; n >>= 1, square = Multiply(square, square))
        {
            if ((n & 1) != 0)
                result = Multiply(result, square);
        }
        return result;
    }

    private static uint Multiply(uint a, uint b)
    {
        var product = 0u;
        for (var bit = 1u << 31; bit != 0; bit >>= 1)
        {
            if ((a & bit) != 0)
                product ^= b;
            b = (b & 1) != 0 ? (b >> 1) ^ Polynomial : b >> 1;
        }
        return product;
    }
}
