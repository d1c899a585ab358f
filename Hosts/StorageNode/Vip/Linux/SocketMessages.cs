using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Mooring.StorageNode.Vip.Linux;

/// <summary>What is said with the kernel about connections (sock_diag(7), linux/inet_diag.h).</summary>
internal static class SocketMessages
{
    private const ushort ByFamily = 20, Destroy = 21;
    private const byte Tcp = 6;
    private const int RequestLength = 56, AnswerHead = 4, IdLength = 48;

    // All but those that listen (TCP_LISTEN) and those that have ended (TCP_TIME_WAIT).
    private const uint Connected = 0x0FFF & ~(1u << 10) & ~(1u << 6);

    /// <summary>Asks for the connections that have a local port.</summary>
    /// <param name="sequence">The request's number.</param>
    /// <param name="local">An address of the family, and the port.</param>
    /// <returns>The request.</returns>
    public static byte[] List(uint sequence, IPEndPoint local)
    {
        var body = new byte[RequestLength];
        (body[0], body[1]) = (Family(local.Address), Tcp);
        BitConverter.TryWriteBytes(body.AsSpan(4), Connected);
        BinaryPrimitives.WriteUInt16BigEndian(body.AsSpan(8), (ushort)local.Port);
        return Netlink.Message(ByFamily, Netlink.Dump, sequence, body);
    }

    /// <summary>The kernel's name for the connection that a message tells, when it is one of the address; else null.</summary>
    public static ReadOnlyMemory<byte>? ReadId(NetlinkPart part, IPAddress local)
    {
        if (part.Type != ByFamily || part.Body.Length < AnswerHead + IdLength || part.Body.Span[0] != Family(local))
            return null;
        var bytes = local.GetAddressBytes();
        var id = part.Body.Slice(AnswerHead, IdLength);
        return id.Span.Slice(4, bytes.Length).SequenceEqual(bytes) ? id : (ReadOnlyMemory<byte>?)null;
    }

    /// <summary>Ends a connection at once: the peer gets an RST.</summary>
    /// <param name="sequence">The request's number.</param>
    /// <param name="local">The address.</param>
    /// <param name="id">What <see cref="ReadId"/> gave.</param>
    /// <returns>The request.</returns>
    public static byte[] End(uint sequence, IPAddress local, ReadOnlyMemory<byte> id)
    {
        var body = new byte[RequestLength];
        (body[0], body[1]) = (Family(local), Tcp);
        BitConverter.TryWriteBytes(body.AsSpan(4), uint.MaxValue);
        id.Span.CopyTo(body.AsSpan(8));
        return Netlink.Message(Destroy, Netlink.Acknowledge, sequence, body);
    }

    // AF_INET, AF_INET6
    private static byte Family(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? (byte)10 : (byte)2;
}
