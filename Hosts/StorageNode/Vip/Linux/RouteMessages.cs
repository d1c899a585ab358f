using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Mooring.StorageNode.Vip.Linux;

/// <summary>An address of an interface.</summary>
/// <param name="Index">The interface's number.</param>
/// <param name="Address">The address.</param>
/// <param name="PrefixLength">How much of it is the network's.</param>
internal readonly record struct InterfaceAddress(int Index, IPAddress Address, int PrefixLength);

/// <summary>A network interface.</summary>
/// <param name="Index">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Mac">Its address; null when it is no Ethernet.</param>
/// <param name="HasCarrier">Whether it is up and connected: the cable is plugged in.</param>
internal sealed record NetworkLink(int Index, string Name, MacAddress? Mac, bool HasCarrier);

/// <summary>How the network of an address is reached.</summary>
/// <param name="Index">The interface's number; 0 when there is none.</param>
/// <param name="IsLocal">Whether the address is this host's own.</param>
/// <param name="IsDirect">Whether it is in a network that the interface is in, not behind a gateway.</param>
internal readonly record struct FoundRoute(int Index, bool IsLocal, bool IsDirect);

/// <summary>What is said with the kernel about addresses, links and routes (rtnetlink(7), linux/rtnetlink.h, linux/if_addr.h).</summary>
internal static class RouteMessages
{
    private const ushort NewLink = 16, GetLink = 18, NewAddress = 20, RemoveAddress = 21, GetAddress = 22, NewRoute = 24, GetRoute = 26;

    private const ushort IfaAddress = 1, IfaLocal = 2, IfaCacheInfo = 6, IfaFlags = 8, IflaAddress = 1, IflaName = 3, RtaDestination = 1, RtaInterface = 4, RtaGateway = 5;

    // No duplicate address detection of the kernel's, which takes seconds, and no route: the network's own is there.
    private const uint NoDad = 0x02, NoPrefixRoute = 0x200;

    // IFF_UP and IFF_LOWER_UP (netdevice(7)).
    private const uint UpAndConnected = 0x1 | 0x10000;

    private const int AddressLength = 8, LinkLength = 16, RouteLength = 12;
    private const byte RouteLocal = 2;
    private const ushort Ethernet = 1;

    /// <summary>
    /// Puts an address on, or sets its lifetime when it is there. An address of IPv6 is deprecated from the begin (preferred for no time): it is
    /// answered like any other, and this host's own connections do not begin from it.
    /// </summary>
    /// <param name="sequence">The request's number.</param>
    /// <param name="address">The address.</param>
    /// <param name="seconds">Its lifetime in seconds.</param>
    /// <returns>The request.</returns>
    public static byte[] Put(uint sequence, InterfaceAddress address, uint seconds)
    {
        var life = new byte[16];
        BitConverter.TryWriteBytes(life, address.Address.AddressFamily == AddressFamily.InterNetworkV6 ? 0 : seconds);
        BitConverter.TryWriteBytes(life.AsSpan(4), seconds);
        var bytes = address.Address.GetAddressBytes();
        return Netlink.Message(
            NewAddress, Netlink.Acknowledge | Netlink.Create | Netlink.Replace, sequence, Body(address),
            new(IfaLocal, bytes), new(IfaAddress, bytes), new(IfaFlags, BitConverter.GetBytes(NoDad | NoPrefixRoute)), new(IfaCacheInfo, life));
    }

    /// <summary>Takes an address off.</summary>
    public static byte[] Remove(uint sequence, InterfaceAddress address)
    {
        var bytes = address.Address.GetAddressBytes();
        return Netlink.Message(RemoveAddress, Netlink.Acknowledge, sequence, Body(address), new(IfaLocal, bytes), new(IfaAddress, bytes));
    }

    /// <summary>Asks for all addresses of this host.</summary>
    public static byte[] ListAddresses(uint sequence) => Netlink.Message(GetAddress, Netlink.Dump, sequence, new byte[AddressLength]);

    /// <summary>The address that a message tells, or null.</summary>
    public static InterfaceAddress? ReadAddress(NetlinkPart part) =>
        part.Type == NewAddress && part.Body.Length >= AddressLength && (part.Attribute(AddressLength, IfaLocal) ?? part.Attribute(AddressLength, IfaAddress)) is { Length: 4 or 16 } bytes
            ? new InterfaceAddress(BitConverter.ToInt32(part.Body.Span[4..]), new IPAddress(bytes.Span), part.Body.Span[1])
            : null;

    /// <summary>Asks for an interface by its name.</summary>
    public static byte[] FindLink(uint sequence, string name) =>
        Netlink.Message(GetLink, 0, sequence, new byte[LinkLength], new NetlinkAttribute(IflaName, Encoding.UTF8.GetBytes(name + '\0')));

    /// <summary>Asks for an interface by its number.</summary>
    public static byte[] FindLink(uint sequence, int index)
    {
        var body = new byte[LinkLength];
        BitConverter.TryWriteBytes(body.AsSpan(4), index);
        return Netlink.Message(GetLink, 0, sequence, body);
    }

    /// <summary>The interface that a message tells, or null.</summary>
    public static NetworkLink? ReadLink(NetlinkPart part)
    {
        if (part.Type != NewLink || part.Body.Length < LinkLength || part.Attribute(LinkLength, IflaName) is not { } name)
            return null;
        var isEthernet = BitConverter.ToUInt16(part.Body.Span[2..]) == Ethernet;
        return new NetworkLink(
            BitConverter.ToInt32(part.Body.Span[4..]),
            Encoding.UTF8.GetString(name.Span).TrimEnd('\0'),
            isEthernet && part.Attribute(LinkLength, IflaAddress) is { Length: MacAddress.Length } mac ? MacAddress.Read(mac.Span) : null,
            (BitConverter.ToUInt32(part.Body.Span[8..]) & UpAndConnected) == UpAndConnected);
    }

    /// <summary>Asks for the route to an address.</summary>
    public static byte[] FindRoute(uint sequence, IPAddress to)
    {
        var bytes = to.GetAddressBytes();
        var body = new byte[RouteLength];
        (body[0], body[1]) = (Family(to), (byte)(8 * bytes.Length));
        return Netlink.Message(GetRoute, 0, sequence, body, new NetlinkAttribute(RtaDestination, bytes));
    }

    /// <summary>The route that a message tells, or null.</summary>
    public static FoundRoute? ReadRoute(NetlinkPart part) => part.Type == NewRoute && part.Body.Length >= RouteLength
        ? new FoundRoute(
            part.Attribute(RouteLength, RtaInterface) is { Length: 4 } index ? BitConverter.ToInt32(index.Span) : 0,
            part.Body.Span[7] == RouteLocal,
            part.Attribute(RouteLength, RtaGateway) is null)
        : null;

    private static byte[] Body(InterfaceAddress address)
    {
        var body = new byte[AddressLength];
        (body[0], body[1]) = (Family(address.Address), (byte)address.PrefixLength);
        BitConverter.TryWriteBytes(body.AsSpan(4), address.Index);
        return body;
    }

    // AF_INET, AF_INET6
    private static byte Family(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? (byte)10 : (byte)2;
}
