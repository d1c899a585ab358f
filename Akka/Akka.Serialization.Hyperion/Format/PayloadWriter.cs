using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;

namespace Akka.Serialization.Hyperion.Format;

/// <summary>Bytes that stand before a value in a slot whose type is not known from the field.</summary>
internal static class Tag
{
    public const byte Null = 0;
    public const byte BackReference = 1;
    public const byte ObjectOfNewType = 2;
    public const byte ObjectOfSeenType = 3;
    public const byte ActorRef = 4;
    public const byte Surrogate = 5;

    /// <summary>A scalar: this plus the scalar's kind.</summary>
    public const byte Scalar = 16;
}

/// <summary>
/// Writes one payload: a header byte, then the root object. Types are named where they first occur and numbered afterwards, and so
/// are objects when references are preserved. Instances are reused by thread.
/// </summary>
internal sealed class PayloadWriter
{
    internal const byte FormatVersion = 0x10;
    internal const byte FlagVersionTolerance = 1;
    internal const byte FlagReferences = 2;

    private const int BufferKeptMax = 64 * 1024;

    [ThreadStatic]
    private static PayloadWriter? t_spare;

    private readonly Dictionary<object, int> _references = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Shape, int> _types = [];
    private byte[] _buffer = new byte[512];
    private int _length;
    private int _depth;
    private ShapeRegistry _shapes = null!;
    private bool _preserveReferences;

    public ExtendedActorSystem System { get; private set; } = null!;

    public bool VersionTolerance { get; private set; }

    public static PayloadWriter Rent(ShapeRegistry shapes, ExtendedActorSystem system)
    {
        // A surrogate may serialize while we serialize: the inner call finds no spare and makes its own.
        var writer = t_spare ?? new PayloadWriter();
        t_spare = null;
        writer._shapes = shapes;
        writer.System = system;
        writer._preserveReferences = shapes.Settings.PreserveObjectReferences;
        writer.VersionTolerance = shapes.Settings.VersionTolerance;
        return writer;
    }

    public void Return()
    {
        _references.Clear();
        _types.Clear();
        _length = 0;
        _depth = 0;
        if (_buffer.Length > BufferKeptMax)
            _buffer = new byte[512];
        t_spare = this;
    }

    public byte[] ToArray() => _buffer.AsSpan(0, _length).ToArray();

    public void WritePayload(object? root)
    {
        WriteByte((byte)(FormatVersion | (VersionTolerance ? FlagVersionTolerance : 0) | (_preserveReferences ? FlagReferences : 0)));
        WriteObject(root);
    }

    public void WriteObject(object? value)
    {
        if (value is null)
        {
            WriteByte(Tag.Null);
            return;
        }

        var shape = _shapes.ForWriting(value.GetType());
        if (shape.Scalar is { } kind)
        {
            WriteByte((byte)(Tag.Scalar + (byte)kind));
            shape.Write(this, value);
            return;
        }

        if (++_depth > _shapes.Settings.DepthMax)
            throw new SerializationException($"Object graph is nested deeper than {_shapes.Settings.DepthMax} (max-depth) at {value.GetType()}");

        WriteShaped(shape, value);
        _depth--;
    }

    private void WriteShaped(Shape shape, object value)
    {
        if (shape.OwnTag is { } tag)
        {
            WriteByte(tag);
            shape.Write(this, value);
            return;
        }

        if (_preserveReferences && !shape.Type.IsValueType)
        {
            if (_references.TryGetValue(value, out var reference))
            {
                WriteByte(Tag.BackReference);
                WriteVarUInt((uint)reference);
                return;
            }

            _references.Add(value, _references.Count);
        }

        if (_types.TryGetValue(shape, out var seen))
        {
            WriteByte(Tag.ObjectOfSeenType);
            WriteVarUInt((uint)seen);
        }
        else
        {
            _types.Add(shape, _types.Count);
            WriteByte(Tag.ObjectOfNewType);
            var known = _shapes.KnownNumber(shape.Type);
            WriteVarUInt((uint)known);
            if (known == 0)
                WriteString(shape.Name);
            if (VersionTolerance)
                shape.WriteSchema(this);
        }

        shape.Write(this, value);
    }

    public void WriteByte(byte value)
    {
        if (_length == _buffer.Length)
            Grow(1);
        _buffer[_length++] = value;
    }

    public void WriteVarUInt(ulong value)
    {
        if (_buffer.Length - _length < 10)
            Grow(10);
        var buffer = _buffer;
        var at = _length;
        while (value >= 0x80)
        {
            buffer[at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        buffer[at++] = (byte)value;
        _length = at;
    }

    public void WriteVarInt(long value) => WriteVarUInt((ulong)((value << 1) ^ (value >> 63)));

    public void WriteUInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Reserve(4), value);
    }

    public void WriteUInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Reserve(8), value);
    }

    /// <summary>A string with its length plus one before it; zero is null.</summary>
    public void WriteString(string? value)
    {
        if (value is null)
        {
            WriteByte(0);
            return;
        }

        var bytes = Encoding.UTF8.GetByteCount(value);
        WriteVarUInt((ulong)bytes + 1);
        Encoding.UTF8.GetBytes(value, Reserve(bytes));
    }

    /// <summary>Bytes with their length plus one before them; zero is null.</summary>
    public void WriteBytes(byte[]? value)
    {
        if (value is null)
        {
            WriteByte(0);
            return;
        }

        WriteVarUInt((ulong)value.Length + 1);
        value.CopyTo(Reserve(value.Length));
    }

    public Span<byte> Reserve(int count)
    {
        if (_buffer.Length - _length < count)
            Grow(count);
        var span = _buffer.AsSpan(_length, count);
        _length += count;
        return span;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int count) => Array.Resize(ref _buffer, (int)Math.Min(Array.MaxLength, Math.Max((long)_buffer.Length * 2, (long)_length + count)));
}
