using System.Buffers.Binary;
using System.Text;

namespace Mooring.Storage.Ceph;

/// <summary>Ceph's little-endian encoding, as far as object class methods need it (include/encoding.h).</summary>
internal sealed class CephEncoder
{
    private byte[] _bytes = new byte[128];
    private int _length;

    /// <summary>What has been written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>The request of <c>lock.lock</c> (cls_lock_lock_op, version 1): an exclusive lock, or one that others with the same tag may hold, too.</summary>
    public static CephEncoder Lock(string name, bool shared, string cookie, string description, TimeSpan duration, byte flags, string tag)
    {
        var ticks = duration.Ticks;
        return new CephEncoder().Versioned(body => body
            .Text(name).Byte((byte)(shared ? 2 : 1)).Text(cookie).Text(tag).Text(description)
            .Number((uint)(ticks / TimeSpan.TicksPerSecond)).Number((uint)(ticks % TimeSpan.TicksPerSecond * 100))
            .Byte(flags));
    }

    /// <summary>The request of <c>lock.unlock</c> (cls_lock_unlock_op, version 1).</summary>
    public static CephEncoder Unlock(string name, string cookie) => new CephEncoder().Versioned(body => body.Text(name).Text(cookie));

    /// <summary>A string: its length and its UTF-8 bytes.</summary>
    public CephEncoder Text(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        Number((uint)length);
        Encoding.UTF8.GetBytes(text, Reserve(length));
        return this;
    }

    /// <summary>A 32-bit number.</summary>
    public CephEncoder Number(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Reserve(4), value);
        return this;
    }

    /// <summary>A 64-bit number.</summary>
    public CephEncoder Number(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Reserve(8), value);
        return this;
    }

    /// <summary>Reads an encoded string at the start of <paramref name="bytes"/>; null when it is not one.</summary>
    public static string? ReadText(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 4)
            return null;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        return length <= bytes.Length - 4 ? Encoding.UTF8.GetString(bytes.Slice(4, (int)length)) : null;
    }

    /// <summary>A byte.</summary>
    public CephEncoder Byte(byte value)
    {
        Reserve(1)[0] = value;
        return this;
    }

    // ENCODE_START(1, 1, bl): version, oldest compatible version, length of what follows.
    private CephEncoder Versioned(Action<CephEncoder> body)
    {
        Byte(1).Byte(1).Number(0);
        var start = _length;
        body(this);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(start - 4), (uint)(_length - start));
        return this;
    }

    private Span<byte> Reserve(int count)
    {
        if (_length + count > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
        _length += count;
        return _bytes.AsSpan(_length - count, count);
    }
}
