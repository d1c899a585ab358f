using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Mooring.StorageNode.Vip.Linux;

/// <summary>What a frame says about an address.</summary>
internal enum Saying
{
    /// <summary>Somebody says that the address is theirs.</summary>
    Claim,

    /// <summary>Somebody is about to take the address and asks whether it is free.</summary>
    Probe,

    /// <summary>Somebody asks for the address's owner.</summary>
    Question,
}

/// <summary>A frame about an address.</summary>
/// <param name="Saying">What it says.</param>
/// <param name="From">Who says it.</param>
internal readonly record struct Heard(Saying Saying, MacAddress From);

/// <summary>
/// Frames of Ethernet by which hosts find each other's addresses: ARP (RFC 826, RFC 5227) for IPv4, neighbour discovery (RFC 4861, RFC 4862)
/// for IPv6.
/// </summary>
internal static class NeighbourFrames
{
    /// <summary>What the frames are, for the header of Ethernet.</summary>
    public const ushort ArpType = 0x0806, Ip6Type = 0x86DD;

    private const int EthernetLength = 14, ArpLength = 28, Ip6Length = 40, MessageLength = 24, OptionLength = 8;
    private const ushort ArpRequest = 1, ArpReply = 2;
    private const byte Icmp6 = 58, Solicitation = 135, Advertisement = 136, SourceOption = 1, TargetOption = 2;

    // Neighbour discovery is believed only when no router can have passed it on.
    private const byte HopLimit = 255;

    // Flag "override" of an advertisement: replaces what was known.
    private const uint Override = 0x2000_0000;

    private static readonly IPAddress _allNodes = IPAddress.Parse("ff02::1");

    /// <summary>The type of the frames about an address.</summary>
    public static ushort TypeOf(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? Ip6Type : ArpType;

    /// <summary>Asks whether somebody has an address, without saying that one has it: an ARP probe, or a solicitation as of duplicate address
    /// detection.</summary>
    /// <param name="address">The address.</param>
    /// <param name="from">Who asks.</param>
    /// <returns>The frame.</returns>
    public static byte[] Probe(IPAddress address, MacAddress from)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return Arp(ArpRequest, from, IPAddress.Any, default, address);
        var target = address.GetAddressBytes();
        // The solicited-node group: ff02::1:ff and the last three bytes.
        byte[] group = [0xFF, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xFF, .. target.AsSpan(13)];
        return Discovery(Solicitation, 0, from, IPAddress.IPv6Any, new IPAddress(group), target, null);
    }

    /// <summary>Tells everybody on the link whose an address is: gratuitous ARP as request and as reply, since not everybody believes both; or an
    /// unsolicited advertisement.</summary>
    /// <param name="address">The address.</param>
    /// <param name="from">Whose it is.</param>
    /// <returns>The frames.</returns>
    public static byte[][] Announcement(IPAddress address, MacAddress from) => address.AddressFamily == AddressFamily.InterNetworkV6
        ? [Discovery(Advertisement, Override, from, address, _allNodes, address.GetAddressBytes(), TargetOption)]
        : [Arp(ArpRequest, from, address, default, address), Arp(ArpReply, from, address, from, address)];

    /// <summary>What a frame says about an address; null when it says nothing about it.</summary>
    public static Heard? Read(ReadOnlySpan<byte> frame, IPAddress address)
    {
        if (frame.Length < EthernetLength)
            return null;
        var type = BinaryPrimitives.ReadUInt16BigEndian(frame[12..]);
        var wanted = address.GetAddressBytes();
        return type == ArpType && wanted.Length == 4 ? ReadArp(frame[EthernetLength..], wanted)
            : type == Ip6Type && wanted.Length == 16 ? ReadDiscovery(frame, wanted)
            : null;
    }

    /// <summary>The checksum of ICMPv6 (RFC 4443, 2.3; RFC 8200, 8.1).</summary>
    /// <param name="source">The source address, 16 bytes.</param>
    /// <param name="destination">The destination address, 16 bytes.</param>
    /// <param name="message">The message, its checksum 0.</param>
    /// <returns>The checksum.</returns>
    public static ushort Checksum(ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination, ReadOnlySpan<byte> message)
    {
        var sum = Sum(source) + Sum(destination) + (uint)message.Length + Icmp6 + Sum(message);
        while (sum > 0xFFFF)
            sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~sum;
    }

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (; bytes.Length > 1; bytes = bytes[2..])
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
        return bytes.Length == 1 ? sum + ((uint)bytes[0] << 8) : sum;
    }

    private static byte[] Arp(ushort operation, MacAddress sender, IPAddress senderIp, MacAddress target, IPAddress targetIp)
    {
        var frame = new byte[EthernetLength + ArpLength];
        Ethernet(frame, MacAddress.Broadcast, sender, ArpType);
        var arp = frame.AsSpan(EthernetLength);
        // Ethernet, IPv4, and the lengths of their addresses.
        ReadOnlySpan<byte> kind = [0, 1, 8, 0, MacAddress.Length, 4];
        kind.CopyTo(arp);
        BinaryPrimitives.WriteUInt16BigEndian(arp[6..], operation);
        sender.Write(arp[8..]);
        senderIp.TryWriteBytes(arp[14..], out _);
        target.Write(arp[18..]);
        targetIp.TryWriteBytes(arp[24..], out _);
        return frame;
    }

    private static Heard? ReadArp(ReadOnlySpan<byte> arp, ReadOnlySpan<byte> wanted)
    {
        if (arp.Length < ArpLength || arp[..6] is not [0, 1, 8, 0, MacAddress.Length, 4])
            return null;
        var from = MacAddress.Read(arp[8..]);
        var sender = arp.Slice(14, 4);
        if (sender.SequenceEqual(wanted))
            return new Heard(Saying.Claim, from);
        if (!arp.Slice(24, 4).SequenceEqual(wanted) || BinaryPrimitives.ReadUInt16BigEndian(arp[6..]) != ArpRequest)
            return null;
        return new Heard(sender is [0, 0, 0, 0] ? Saying.Probe : Saying.Question, from);
    }

    private static byte[] Discovery(byte type, uint flags, MacAddress from, IPAddress source, IPAddress destination, ReadOnlySpan<byte> target, byte? option)
    {
        var frame = new byte[EthernetLength + Ip6Length + MessageLength + (option is null ? 0 : OptionLength)];
        var to = destination.GetAddressBytes();
        // A group of IPv6 is 33:33 and its last four bytes.
        Ethernet(frame, MacAddress.Read([0x33, 0x33, .. to.AsSpan(12)]), from, Ip6Type);
        var ip = frame.AsSpan(EthernetLength);
        ip[0] = 6 << 4;
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(ip.Length - Ip6Length));
        (ip[6], ip[7]) = (Icmp6, HopLimit);
        source.TryWriteBytes(ip[8..], out _);
        to.CopyTo(ip[24..]);
        var message = ip[Ip6Length..];
        message[0] = type;
        BinaryPrimitives.WriteUInt32BigEndian(message[4..], flags);
        target.CopyTo(message[8..]);
        if (option is { } kind)
        {
            (message[MessageLength], message[MessageLength + 1]) = (kind, 1);
            from.Write(message[(MessageLength + 2)..]);
        }
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], Checksum(ip.Slice(8, 16), ip.Slice(24, 16), message));
        return frame;
    }

    private static Heard? ReadDiscovery(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> wanted)
    {
        var ip = frame[EthernetLength..];
        if (ip.Length < Ip6Length + MessageLength || ip[6] != Icmp6 || ip[7] != HopLimit)
            return null;
        var message = ip[Ip6Length..];
        if (message[0] is not (Solicitation or Advertisement) || !message.Slice(8, 16).SequenceEqual(wanted))
            return null;
        var from = Option(message[MessageLength..], message[0] == Advertisement ? TargetOption : SourceOption) ?? MacAddress.Read(frame[6..]);
        return message[0] == Advertisement ? new Heard(Saying.Claim, from)
            : ip.Slice(8, 16).ContainsAnyExcept((byte)0) ? new Heard(Saying.Question, from)
            : new Heard(Saying.Probe, from);
    }

    // Options are of multiples of eight bytes.
    private static MacAddress? Option(ReadOnlySpan<byte> options, byte kind)
    {
        while (options.Length >= OptionLength && options[1] > 0)
        {
            if (options[0] == kind)
                return MacAddress.Read(options[2..]);
            options = options[Math.Min(options[1] * 8, options.Length)..];
        }
        return null;
    }

    private static void Ethernet(Span<byte> frame, MacAddress to, MacAddress from, ushort type)
    {
        to.Write(frame);
        from.Write(frame[MacAddress.Length..]);
        BinaryPrimitives.WriteUInt16BigEndian(frame[12..], type);
    }
}
