using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Mooring.Actors.Vip;
using Mooring.Messages;
using Mooring.StorageNode.Http;

namespace Mooring.StorageNode.Vip;

/// <summary>
/// A virtual IP within 127/8, for several nodes on one machine and without root: every address there is always reachable, so having
/// the address means having the listening socket. A stopped process keeps its socket, so the sockets of all owners share the port
/// (SO_REUSEPORT), and the latest owner steers every new connection to its own (SO_ATTACH_REUSEPORT_CBPF, socket(7)).
/// </summary>
internal sealed class LoopbackVirtualAddress(IPEndPoint endpoint, VirtualListener listener) : IVirtualAddress
{
    private const int SolSocket = 1, SoReusePort = 15, SoAttachReusePortCbpf = 51, TcpListen = 0x0A, Backlog = 512;

    // BPF_RET | BPF_K of linux/bpf_common.h: the program returns the index of a socket in the group.
    private const ushort BpfReturnConstant = 0x06;

    private long _round;

    /// <inheritdoc/>
    public string Endpoint => endpoint.ToString();

    /// <inheritdoc/>
    public async Task AcquireAsync(Epoch epoch, bool isFirst, Func<Task> isFree, CancellationToken cancellationToken)
    {
        Release();
        var round = Interlocked.Read(ref _round);
        await isFree();
        var before = CountListeners();
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            Span<byte> on = stackalloc byte[4];
            BitConverter.TryWriteBytes(on, 1);
            socket.SetRawSocketOption(SolSocket, SoReusePort, on);
            socket.Bind(endpoint);
            socket.Listen(Backlog);
            Steer(socket, before);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new VirtualAddressTakenException($"{endpoint} is taken by another program or is no address of this machine ({e.Message})", e);
        }
        listener.Serve(socket);
        if (Interlocked.Read(ref _round) == round)
            return;
        listener.Cut();
        throw new VirtualAddressTakenException($"{endpoint} was given up while it was put on");
    }

    /// <inheritdoc/>
    public void Release()
    {
        Interlocked.Increment(ref _round);
        listener.Cut();
    }

    // The kernel numbers the sockets of the group in the order in which they began to listen.
    private int CountListeners()
    {
        var wanted = string.Create(CultureInfo.InvariantCulture, $"{BitConverter.ToUInt32(endpoint.Address.GetAddressBytes()):X8}:{endpoint.Port:X4}");
        return File.ReadLines("/proc/net/tcp")
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Count(fields => fields.Length > 3 && fields[1] == wanted && int.TryParse(fields[3], NumberStyles.HexNumber, null, out var state) && state == TcpListen);
    }

    private static void Steer(Socket socket, int index)
    {
        Span<ulong> program = [((ulong)(uint)index << 32) | BpfReturnConstant];
        unsafe
        {
            fixed (ulong* filter = program)
            {
                var description = new FilterProgram { Length = 1, Filter = (nint)filter };
                socket.SetRawSocketOption(SolSocket, SoAttachReusePortCbpf, MemoryMarshal.AsBytes(new ReadOnlySpan<FilterProgram>(in description)));
            }
        }
    }

    // struct sock_fprog of linux/filter.h
    [StructLayout(LayoutKind.Sequential)]
    private struct FilterProgram
    {
        public ushort Length;
        public nint Filter;
    }
}
