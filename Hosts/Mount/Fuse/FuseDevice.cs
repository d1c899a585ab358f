using System.Globalization;
using System.Runtime.InteropServices;

namespace Mooring.Mount.Fuse;

/// <summary>The kernel's end of a mount: <c>/dev/fuse</c>, and the mount itself.</summary>
internal sealed partial class FuseDevice : IDisposable
{
    private const int OpenReadWrite = 2, OpenCloseOnExec = 0x80000;
    private const ulong ReadOnlyMount = 1, NoSetUid = 2, NoDevices = 4, NoAccessTime = 1024;
    private const int DetachMount = 2;

    private readonly string _directory;
    private readonly int _descriptor;
    private int _disposed;

    private FuseDevice(string directory, int descriptor) => (_directory, _descriptor) = (directory, descriptor);

    /// <summary>Mounts, as root.</summary>
    /// <param name="source">What is shown as mounted.</param>
    /// <param name="directory">Where to mount it.</param>
    /// <param name="readOnly">Whether the kernel refuses changes.</param>
    /// <returns>The device, to be served at once: whoever looks into the directory waits for it.</returns>
    /// <exception cref="MountException">It cannot be mounted.</exception>
    public static FuseDevice Mount(string source, string directory, bool readOnly)
    {
        var descriptor = Native.Open("/dev/fuse", OpenReadWrite | OpenCloseOnExec);
        if (descriptor < 0)
            throw Failed("/dev/fuse cannot be opened");
        var options = string.Create(
            CultureInfo.InvariantCulture,
            $"fd={descriptor},rootmode=40000,user_id={Native.EffectiveUser()},group_id={Native.EffectiveGroup()},allow_other,default_permissions,max_read={FuseReply.ContentBytesMax}");
        var flags = NoSetUid | NoDevices | NoAccessTime | (readOnly ? ReadOnlyMount : 0);
        while (Native.Access(directory, 0) != 0 && Marshal.GetLastPInvokeError() == Linux.Enotconn && Native.Unmount(directory, DetachMount) == 0)
        {
            // Whoever served it before has ended without unmounting it.
        }
        if (Native.Mount(source, directory, "fuse.mooring", flags, options) == 0)
            return new FuseDevice(directory, descriptor);
        var failure = Failed($"{directory} cannot be mounted");
        _ = Native.Close(descriptor);
        throw failure;
    }

    /// <summary>The user that this process is.</summary>
    public static int User => (int)Native.EffectiveUser();

    /// <summary>And its group.</summary>
    public static int Group => (int)Native.EffectiveGroup();

    /// <summary>Waits for a request.</summary>
    /// <param name="buffer">Where it goes; large enough for the largest write and what is around it.</param>
    /// <returns>How many bytes it has; 0 when there is none to be had this time, below 0 when the mount is over.</returns>
    /// <exception cref="MountException">The device fails.</exception>
    public unsafe int Read(byte[] buffer)
    {
        fixed (byte* bytes = buffer)
        {
            var count = Native.Read(_descriptor, bytes, (nuint)buffer.Length);
            if (count >= 0)
                return (int)count;
        }
        return Marshal.GetLastPInvokeError() switch
        {
            Linux.Enodev => -1,
            // It was interrupted before it was read, or this process got a signal.
            Linux.Enoent or Linux.Eintr => 0,
            _ => throw Failed("/dev/fuse cannot be read"),
        };
    }

    /// <summary>Answers a request.</summary>
    /// <param name="reply">The answer.</param>
    /// <param name="content">Bytes that belong to it and follow.</param>
    /// <returns>Whether the kernel took it; it does not when nobody waits any more.</returns>
    public unsafe bool Write(byte[] reply, ReadOnlySpan<byte> content)
    {
        // The number may be another file's by now.
        if (Volatile.Read(ref _disposed) != 0)
            return false;
        fixed (byte* head = reply, tail = content)
        {
            var parts = stackalloc Native.Part[2];
            parts[0] = new Native.Part { Bytes = head, Length = (nuint)reply.Length };
            parts[1] = new Native.Part { Bytes = tail, Length = (nuint)content.Length };
            return Native.Write(_descriptor, parts, content.IsEmpty ? 1 : 2) >= 0;
        }
    }

    /// <summary>Ends the mount; whoever still has files of it open may end what they do, but nobody finds it any more.</summary>
    public void Unmount()
    {
        if (Native.Unmount(_directory, 0) != 0)
            _ = Native.Unmount(_directory, DetachMount);
    }

    /// <summary>Closes the device: the kernel fails whatever it still asks.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            _ = Native.Close(_descriptor);
    }

    private static MountException Failed(string what)
    {
        var errno = Marshal.GetLastPInvokeError();
        return new MountException(errno, $"{what}: {Marshal.GetPInvokeErrorMessage(errno)}");
    }

    private static unsafe partial class Native
    {
        [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        public static partial int Open(string path, int flags);

        [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
        public static partial int Close(int descriptor);

        [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
        public static partial nint Read(int descriptor, byte* bytes, nuint count);

        [LibraryImport("libc", EntryPoint = "writev", SetLastError = true)]
        public static partial nint Write(int descriptor, Part* parts, int count);

        [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        public static partial int Access(string path, int mode);

        [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        public static partial int Mount(string source, string target, string type, ulong flags, string options);

        [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        public static partial int Unmount(string target, int flags);

        [LibraryImport("libc", EntryPoint = "geteuid")]
        public static partial uint EffectiveUser();

        [LibraryImport("libc", EntryPoint = "getegid")]
        public static partial uint EffectiveGroup();

        [StructLayout(LayoutKind.Sequential)]
        public struct Part
        {
            public byte* Bytes;
            public nuint Length;
        }
    }
}
