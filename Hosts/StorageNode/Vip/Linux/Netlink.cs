namespace Mooring.StorageNode.Vip.Linux;

/// <summary>An attribute of a netlink message (rtnetlink(7)).</summary>
/// <param name="Type">What it is.</param>
/// <param name="Value">Its bytes.</param>
internal readonly record struct NetlinkAttribute(ushort Type, ReadOnlyMemory<byte> Value);

/// <summary>One message of an answer.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Sequence">The number of the request that it answers.</param>
/// <param name="Body">What follows the header.</param>
internal readonly record struct NetlinkPart(ushort Type, uint Sequence, ReadOnlyMemory<byte> Body)
{
    /// <summary>The attribute of this type behind a fixed part of some length, or null.</summary>
    public ReadOnlyMemory<byte>? Attribute(int fixedLength, ushort type)
    {
        for (var rest = Body.Length > fixedLength ? Body[fixedLength..] : default; rest.Length >= Netlink.AttributeHeader;)
        {
            var length = BitConverter.ToUInt16(rest.Span);
            if (length < Netlink.AttributeHeader || length > rest.Length)
                return null;
            if (BitConverter.ToUInt16(rest.Span[2..]) == type)
                return rest[Netlink.AttributeHeader..length];
            rest = rest[Math.Min(Netlink.Aligned(length), rest.Length)..];
        }
        return null;
    }
}

/// <summary>The format of netlink messages (netlink(7)): numbers in the host's order, everything at multiples of four bytes.</summary>
internal static class Netlink
{
    /// <summary>Types of messages that every family has.</summary>
    public const ushort Error = 2, Done = 3;

    /// <summary>Flags of a request.</summary>
    public const ushort Request = 0x1, Acknowledge = 0x4, Replace = 0x100, Create = 0x400, Dump = 0x300;

    /// <summary>The length of an attribute's header.</summary>
    public const int AttributeHeader = 4;

    private const int Header = 16;

    /// <summary>A request.</summary>
    /// <param name="type">What is asked for.</param>
    /// <param name="flags">Flags beside <see cref="Request"/>.</param>
    /// <param name="sequence">Its number.</param>
    /// <param name="body">The fixed part of its type.</param>
    /// <param name="attributes">What follows that.</param>
    /// <returns>The message.</returns>
    public static byte[] Message(ushort type, ushort flags, uint sequence, ReadOnlySpan<byte> body, params ReadOnlySpan<NetlinkAttribute> attributes)
    {
        var length = Header + Aligned(body.Length);
        foreach (var attribute in attributes)
            length += AttributeHeader + Aligned(attribute.Value.Length);
        var message = new byte[length];
        BitConverter.TryWriteBytes(message, length);
        BitConverter.TryWriteBytes(message.AsSpan(4), type);
        BitConverter.TryWriteBytes(message.AsSpan(6), (ushort)(flags | Request));
        BitConverter.TryWriteBytes(message.AsSpan(8), sequence);
        body.CopyTo(message.AsSpan(Header));
        var at = message.AsSpan(Header + Aligned(body.Length));
        foreach (var attribute in attributes)
        {
            BitConverter.TryWriteBytes(at, (ushort)(AttributeHeader + attribute.Value.Length));
            BitConverter.TryWriteBytes(at[2..], attribute.Type);
            attribute.Value.Span.CopyTo(at[AttributeHeader..]);
            at = at[(AttributeHeader + Aligned(attribute.Value.Length))..];
        }
        return message;
    }

    /// <summary>The messages of what was received; what is cut off is left out.</summary>
    public static IReadOnlyList<NetlinkPart> Read(ReadOnlyMemory<byte> received)
    {
        var parts = new List<NetlinkPart>();
        while (received.Length >= Header)
        {
            var length = BitConverter.ToInt32(received.Span);
            if (length < Header || length > received.Length)
                break;
            parts.Add(new NetlinkPart(BitConverter.ToUInt16(received.Span[4..]), BitConverter.ToUInt32(received.Span[8..]), received[Header..length]));
            received = received[Math.Min(Aligned(length), received.Length)..];
        }
        return parts;
    }

    /// <summary>The errno that a message of type <see cref="Error"/> tells; 0 acknowledges.</summary>
    public static int ErrorOf(NetlinkPart part) => part.Body.Length >= 4 ? -BitConverter.ToInt32(part.Body.Span) : 0;

    /// <summary>The next multiple of four.</summary>
    public static int Aligned(int length) => (length + 3) & ~3;
}
