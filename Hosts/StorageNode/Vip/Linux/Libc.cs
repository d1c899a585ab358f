using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Mooring.StorageNode.Vip.Linux;

/// <summary>Sockets that .NET has no words for: netlink, and frames of a link. Called on the thread that needs them; nothing waits for the thread pool.</summary>
internal static unsafe partial class Libc
{
    public const int AfNetlink = 16, AfPacket = 17;
    public const int SockRaw = 3;
    public const int NetlinkRoute = 0, NetlinkSockDiag = 4;
    public const int SolSocket = 1, SoAttachFilter = 26, SoReceiveTimeout = 20;
    public const short PollIn = 1;
    public const int Eintr = 4, Eagain = 11, Enodev = 19, Enoent = 2, Eopnotsupp = 95, Eaddrnotavail = 99;

    private const int SockCloseOnExec = 0x80000;

    /// <summary>Opens a raw socket.</summary>
    /// <exception cref="Win32Exception">It cannot be opened; not permitted (EPERM) without the capability.</exception>
    public static Descriptor Open(int family, int protocol)
    {
        var descriptor = OpenSocket(family, SockRaw | SockCloseOnExec, protocol);
        return descriptor.IsInvalid ? throw new Win32Exception() : descriptor;
    }

    /// <summary>Binds a socket.</summary>
    public static void Bind(Descriptor socket, ReadOnlySpan<byte> address)
    {
        fixed (byte* at = address)
            Check(BindSocket(socket, at, address.Length));
    }

    /// <summary>Sets an option.</summary>
    public static void Set<T>(Descriptor socket, int option, T value) where T : unmanaged => Check(SetOption(socket, SolSocket, option, (byte*)&value, sizeof(T)));

    /// <summary>Sends a message.</summary>
    public static void Send(Descriptor socket, ReadOnlySpan<byte> message)
    {
        fixed (byte* at = message)
        {
            while (SendMessage(socket, at, message.Length, 0) < 0)
            {
                if (Marshal.GetLastPInvokeError() != Eintr)
                    throw new Win32Exception();
            }
        }
    }

    /// <summary>Receives a message; -1 when there was none within the socket's time limit.</summary>
    public static int Receive(Descriptor socket, Span<byte> buffer)
    {
        fixed (byte* at = buffer)
        {
            while (true)
            {
                var count = ReceiveMessage(socket, at, buffer.Length, 0);
                if (count >= 0)
                    return (int)count;
                if (Marshal.GetLastPInvokeError() is var error && error == Eagain)
                    return -1;
                if (error != Eintr)
                    throw new Win32Exception();
            }
        }
    }

    /// <summary>Waits until one of the sockets has something.</summary>
    /// <param name="sockets">The sockets.</param>
    /// <param name="limit">For how long at most.</param>
    /// <returns>Which have.</returns>
    public static bool[] Wait(IReadOnlyList<Descriptor> sockets, TimeSpan limit)
    {
        var polled = stackalloc Polled[sockets.Count];
        for (var i = 0; i < sockets.Count; i++)
            polled[i] = new Polled { Descriptor = (int)sockets[i].DangerousGetHandle(), Events = PollIn };
        _ = Poll(polled, (nuint)sockets.Count, (int)Math.Ceiling(Math.Max(0, limit.TotalMilliseconds)));
        var ready = new bool[sockets.Count];
        for (var i = 0; i < sockets.Count; i++)
            ready[i] = polled[i].Result != 0;
        return ready;
    }

    private static void Check(int result)
    {
        if (result != 0)
            throw new Win32Exception();
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial Descriptor OpenSocket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int BindSocket(Descriptor socket, byte* address, int length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetOption(Descriptor socket, int level, int option, byte* value, int length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint SendMessage(Descriptor socket, byte* message, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint ReceiveMessage(Descriptor socket, byte* buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(Polled* sockets, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseSocket(nint descriptor);

    /// <summary>An open socket.</summary>
    internal sealed class Descriptor() : SafeHandle(-1, ownsHandle: true)
    {
        public override bool IsInvalid => handle == -1;

        protected override bool ReleaseHandle() => CloseSocket(handle) == 0;
    }

    // struct pollfd
    [StructLayout(LayoutKind.Sequential)]
    private struct Polled
    {
        public int Descriptor;
        public short Events;
        public short Result;
    }
}
