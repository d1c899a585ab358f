using System.Buffers.Binary;
using System.Text;

namespace Mooring.Mount.Fuse;

/// <summary>The answers, as bytes for one write to the device. All that another mount changes is asked for anew: nothing that is answered may be kept.</summary>
internal static class FuseReply
{
    /// <summary>The version that is spoken.</summary>
    public const uint Major = 7, Minor = 31;

    /// <summary>The most bytes of one read or write.</summary>
    public const int ContentBytesMax = 1 << 20;

    /// <summary>The bytes before what an answer has.</summary>
    public const int HeaderBytes = 16;

    private const int PagesMax = ContentBytesMax / 4096;
    private const int AttributeBytes = 88, EntryBytes = 40 + AttributeBytes;
    private const long UnixEpochTicks = 621_355_968_000_000_000;

    /// <summary>A failure.</summary>
    public static byte[] Error(ulong unique, int errno) => Begin(unique, 0, -errno);

    /// <summary>Done.</summary>
    public static byte[] Empty(ulong unique) => Begin(unique, 0);

    /// <summary>Done, and so many bytes follow which are written behind this.</summary>
    public static byte[] Head(ulong unique, int contentBytes)
    {
        var reply = Begin(unique, 0);
        BinaryPrimitives.WriteInt32LittleEndian(reply, HeaderBytes + contentBytes);
        return reply;
    }

    public static byte[] Init(ulong unique, FuseRequest asked, FuseFeatures wanted)
    {
        var (reply, f) = Fields(unique, 64);
        f.U32(Major).U32(Minor).U32(Math.Min(asked.ReadAheadBytes, ContentBytesMax)).U32((uint)(asked.Features & wanted));
        // How many may wait in the background, from how many on it is a crowd, the largest write, the steps of times in nanoseconds.
        f.U16(64).U16(48).U32(ContentBytesMax).U32(100).U16(PagesMax);
        return reply;
    }

    public static byte[] Entry(ulong unique, FuseAttributes attributes)
    {
        var (reply, f) = Fields(unique, EntryBytes);
        f.U64(attributes.Node).Skip(32);
        Put(f, attributes);
        return reply;
    }

    public static byte[] Attributes(ulong unique, FuseAttributes attributes)
    {
        var (reply, f) = Fields(unique, 16 + AttributeBytes);
        Put(f.Skip(16), attributes);
        return reply;
    }

    public static byte[] Created(ulong unique, FuseAttributes attributes, ulong handle)
    {
        var (reply, f) = Fields(unique, EntryBytes + 16);
        Put(f.U64(attributes.Node).Skip(32), attributes).U64(handle);
        return reply;
    }

    public static byte[] Opened(ulong unique, ulong handle)
    {
        var (reply, f) = Fields(unique, 16);
        f.U64(handle);
        return reply;
    }

    public static byte[] Written(ulong unique, int bytes)
    {
        var (reply, f) = Fields(unique, 8);
        f.U32((uint)bytes);
        return reply;
    }

    /// <summary>The size of an attribute, for who asks with too little room for it.</summary>
    public static byte[] ExtendedSize(ulong unique, int bytes) => Written(unique, bytes);

    public static byte[] At(ulong unique, long offset)
    {
        var (reply, f) = Fields(unique, 8);
        f.U64((ulong)offset);
        return reply;
    }

    public static byte[] Space(ulong unique, long totalBytes, long freeBytes, long files)
    {
        const uint block = 4096;
        var (reply, f) = Fields(unique, 80);
        var free = (ulong)(freeBytes / block);
        // A file takes a block at least.
        f.U64((ulong)(totalBytes / block)).U64(free).U64(free).U64((ulong)files + free).U64(free).U32(block).U32(255).U32(block);
        return reply;
    }

    /// <summary>Adds an entry to a page of a directory.</summary>
    /// <param name="page">The page.</param>
    /// <param name="used">How much of it is used; rises.</param>
    /// <param name="node">The entry's number.</param>
    /// <param name="mode">Its type.</param>
    /// <param name="name">Its name.</param>
    /// <param name="next">From where on to go on behind it.</param>
    /// <returns>Whether it fits.</returns>
    public static bool TryAddEntry(Span<byte> page, ref int used, ulong node, uint mode, string name, ulong next)
    {
        var length = Encoding.UTF8.GetByteCount(name);
        var bytes = (24 + length + 7) & ~7;
        if (bytes > page.Length - used)
            return false;
        var entry = page.Slice(used, bytes);
        entry.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(entry, node);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], next);
        BinaryPrimitives.WriteInt32LittleEndian(entry[16..], length);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[20..], (mode & Linux.TypeMask) >> 12);
        Encoding.UTF8.GetBytes(name, entry[24..]);
        used += bytes;
        return true;
    }

    /// <summary>A time of Linux as ticks; one that there cannot be becomes the nearest one.</summary>
    public static long Ticks(long seconds, uint nanoseconds) =>
        UnixEpochTicks + (Math.Clamp(seconds, -UnixEpochTicks / TimeSpan.TicksPerSecond, 253_402_300_798) * TimeSpan.TicksPerSecond) + (nanoseconds / 100);

    private static Writer Put(Writer f, FuseAttributes a)
    {
        f.U64(a.Node).U64((ulong)a.SizeBytes).U64((ulong)((a.UsedBytes + 511) / 512));
        var times = (long[])[a.AccessedTicks - UnixEpochTicks, a.ModifiedTicks - UnixEpochTicks, a.ChangedTicks - UnixEpochTicks];
        foreach (var time in times)
            f.U64((ulong)Math.DivRem(time, TimeSpan.TicksPerSecond, out var rest) - (rest < 0 ? 1UL : 0));
        foreach (var time in times)
            f.U32((uint)(((time % TimeSpan.TicksPerSecond) + TimeSpan.TicksPerSecond) % TimeSpan.TicksPerSecond * 100));
        // No device, blocks of 4 KiB, no flags.
        return f.U32(a.Mode).U32(a.Links).U32(a.Uid).U32(a.Gid).U32(0).U32(4096).U32(0);
    }

    private static byte[] Begin(ulong unique, int bytes, int error = 0)
    {
        var reply = new byte[HeaderBytes + bytes];
        BinaryPrimitives.WriteInt32LittleEndian(reply, reply.Length);
        BinaryPrimitives.WriteInt32LittleEndian(reply.AsSpan(4), error);
        BinaryPrimitives.WriteUInt64LittleEndian(reply.AsSpan(8), unique);
        return reply;
    }

    private static (byte[] Reply, Writer Fields) Fields(ulong unique, int bytes)
    {
        var reply = Begin(unique, bytes);
        return (reply, new Writer(reply));
    }

    private sealed class Writer(byte[] bytes)
    {
        private int _at = HeaderBytes;

        public Writer U16(ushort value)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(_at), value);
            return Skip(2);
        }

        public Writer U32(uint value)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(_at), value);
            return Skip(4);
        }

        public Writer U64(ulong value)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(_at), value);
            return Skip(8);
        }

        public Writer Skip(int count)
        {
            _at += count;
            return this;
        }
    }
}

/// <summary>What the kernel is told of a file or directory.</summary>
/// <param name="Node">Its number.</param>
/// <param name="Mode">Type and permissions.</param>
/// <param name="Links">How many names it has.</param>
/// <param name="Uid">The owner.</param>
/// <param name="Gid">The group.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="UsedBytes">How much of it is stored.</param>
/// <param name="AccessedTicks">The time of access, in 100 ns since year 1, UTC.</param>
/// <param name="ModifiedTicks">The time of the last change.</param>
/// <param name="ChangedTicks">The time of the last change of content or attributes.</param>
internal sealed record FuseAttributes(
    ulong Node, uint Mode, uint Links, uint Uid, uint Gid, long SizeBytes, long UsedBytes, long AccessedTicks, long ModifiedTicks, long ChangedTicks)
{
    /// <summary>Whether it is a directory.</summary>
    public bool IsDirectory => (Mode & Linux.TypeMask) == Linux.TypeDirectory;
}
