using System.Globalization;

namespace Mooring.StorageNode.Vip.Linux;

/// <summary>A hardware address of Ethernet: 48 bits.</summary>
/// <param name="Value">The address as a number, its first byte the highest.</param>
internal readonly record struct MacAddress(ulong Value)
{
    /// <summary>Its length in bytes.</summary>
    public const int Length = 6;

    /// <summary>Everybody on the link.</summary>
    public static MacAddress Broadcast { get; } = new(0xFFFF_FFFF_FFFF);

    /// <summary>The address that these bytes begin with.</summary>
    public static MacAddress Read(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        foreach (var b in bytes[..Length])
            value = (value << 8) | b;
        return new MacAddress(value);
    }

    /// <summary>Writes it at the begin of a buffer.</summary>
    public void Write(Span<byte> to)
    {
        for (var i = 0; i < Length; i++)
            to[i] = (byte)(Value >> (8 * (Length - 1 - i)));
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var value = Value;
        return string.Join(':', Enumerable.Range(0, Length).Select(i => ((byte)(value >> (8 * (Length - 1 - i)))).ToString("x2", CultureInfo.InvariantCulture)));
    }
}
