using System.Buffers.Binary;
using System.ComponentModel;
using System.Net;
using System.Runtime.InteropServices;

namespace Mooring.StorageNode.Vip.Linux;

/// <summary>Sends and hears the frames about one address on one link (packet(7)).</summary>
internal sealed unsafe class PacketSocket : IDisposable
{
    private const int FrameMax = 2048;

    private readonly IPAddress _address;
    private readonly MacAddress _mac;
    private readonly byte[] _buffer = new byte[FrameMax];

    /// <summary>Opens it.</summary>
    /// <param name="address">The address that it is about.</param>
    /// <param name="link">The link's number.</param>
    /// <param name="mac">This host's address there; what comes from it is not heard.</param>
    /// <exception cref="Win32Exception">It cannot be opened; not permitted without CAP_NET_RAW.</exception>
    public PacketSocket(IPAddress address, int link, MacAddress mac)
    {
        (_address, _mac) = (address, mac);
        // Of no protocol until it is bound: nothing is heard before the filter is there.
        Descriptor = Libc.Open(Libc.AfPacket, 0);
        var type = NeighbourFrames.TypeOf(address);
        if (type == NeighbourFrames.Ip6Type)
            KeepDiscovery();
        // struct sockaddr_ll
        Span<byte> to = stackalloc byte[20];
        BitConverter.TryWriteBytes(to, (ushort)Libc.AfPacket);
        BinaryPrimitives.WriteUInt16BigEndian(to[2..], type);
        BitConverter.TryWriteBytes(to[4..], link);
        Libc.Bind(Descriptor, to);
    }

    /// <summary>To wait for.</summary>
    public Libc.Descriptor Descriptor { get; }

    /// <summary>Whether this host may open one.</summary>
    /// <exception cref="Win32Exception">Not permitted without CAP_NET_RAW.</exception>
    public static void Try() => Libc.Open(Libc.AfPacket, 0).Dispose();

    /// <summary>Asks whether somebody has the address.</summary>
    public void Probe() => Libc.Send(Descriptor, NeighbourFrames.Probe(_address, _mac));

    /// <summary>Tells everybody that this host has the address.</summary>
    public void Announce()
    {
        foreach (var frame in NeighbourFrames.Announcement(_address, _mac))
            Libc.Send(Descriptor, frame);
    }

    /// <summary>What somebody else has said about the address, one frame; null when it was about something else. Called when there is a frame.</summary>
    public Heard? Hear()
    {
        var count = Libc.Receive(Descriptor, _buffer);
        return count > 0 && NeighbourFrames.Read(_buffer.AsSpan(0, count), _address) is { } heard && heard.From != _mac ? heard : null;
    }

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();

    // Of all traffic of IPv6 only neighbour discovery: next header ICMPv6 (byte 20), type 135 or 136 (byte 54).
    private void KeepDiscovery()
    {
        ReadOnlySpan<Instruction> filter =
        [
            new(0x30, 0, 0, 20), // ldb [20]
            new(0x15, 0, 4, 58), // jeq 58, else to the end
            new(0x30, 0, 0, 54), // ldb [54]
            new(0x15, 1, 0, 135), // jeq 135: keep
            new(0x15, 0, 1, 136), // jeq 136: keep
            new(0x06, 0, 0, 0x40000), // keep
            new(0x06, 0, 0, 0), // drop
        ];
        fixed (Instruction* first = filter)
            Libc.Set(Descriptor, Libc.SoAttachFilter, new FilterProgram { Length = (ushort)filter.Length, Filter = (nint)first });
    }

    // struct sock_filter and sock_fprog of linux/filter.h
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Instruction(ushort Code, byte WhenTrue, byte WhenFalse, uint Value);

    [StructLayout(LayoutKind.Sequential)]
    private struct FilterProgram
    {
        public ushort Length;
        public nint Filter;
    }
}
