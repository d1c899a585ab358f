using System.Buffers.Binary;
using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;

namespace Akka.Serialization.Hyperion.Format;

/// <summary>
/// Reads what <see cref="PayloadWriter"/> wrote. Every length is checked against the bytes that are left before memory is taken, nesting is
/// bounded, and a type is refused before an object of it exists.
/// </summary>
internal sealed class PayloadReader
{
    [ThreadStatic]
    private static PayloadReader? t_spare;

    private readonly List<object?> _references = [];
    private readonly List<Shape> _types = [];
    private byte[] _bytes = [];
    private int _at;
    private int _depth;
    private ShapeRegistry _shapes = null!;
    private bool _preserveReferences;
    private bool _versionTolerance;

    public ExtendedActorSystem System { get; private set; } = null!;

    public ShapeRegistry Shapes => _shapes;

    public int Remaining => _bytes.Length - _at;

    public static PayloadReader Rent(ShapeRegistry shapes, ExtendedActorSystem system, byte[] bytes)
    {
        var reader = t_spare ?? new PayloadReader();
        t_spare = null;
        reader._shapes = shapes;
        reader.System = system;
        reader._bytes = bytes;
        return reader;
    }

    public void Return()
    {
        _references.Clear();
        _types.Clear();
        _bytes = [];
        _at = 0;
        _depth = 0;
        t_spare = this;
    }

    public object? ReadPayload()
    {
        var header = ReadByte();
        if ((header & 0xF0) != PayloadWriter.FormatVersion)
            throw new SerializationException($"Not a payload of this format: header {header:x2}");
        _versionTolerance = (header & PayloadWriter.FlagVersionTolerance) != 0;
        _preserveReferences = (header & PayloadWriter.FlagReferences) != 0;
        var root = ReadObject();
        if (Remaining != 0)
            throw new SerializationException($"{Remaining} bytes are left after the payload");
        return root;
    }

    public object? ReadObject()
    {
        var tag = ReadByte();
        if (tag == Tag.Null)
            return null;
        if (tag >= Tag.Scalar)
            return _shapes.ScalarShape((ScalarKind)(tag - Tag.Scalar)).Read(this, -1);

        if (++_depth > _shapes.Settings.DepthMax)
            throw new SerializationException($"Payload is nested deeper than {_shapes.Settings.DepthMax} (max-depth)");
        var value = tag switch
        {
            Tag.BackReference => Referenced(ReadCount(int.MaxValue)),
            Tag.ObjectOfNewType => ReadShaped(ReadTypeHeader()),
            Tag.ObjectOfSeenType => ReadShaped(SeenType(ReadCount(int.MaxValue))),
            Tag.ActorRef => ActorRefShape.ReadRef(this),
            Tag.Surrogate => SurrogateShape.ReadSurrogated(this),
            _ => throw new SerializationException($"Unknown tag {tag}"),
        };
        _depth--;
        return value;
    }

    private object ReadShaped(Shape shape)
    {
        var reference = -1;
        if (_preserveReferences && !shape.Type.IsValueType)
        {
            reference = _references.Count;
            _references.Add(null);
        }

        var value = shape.Read(this, reference);
        if (reference >= 0)
            _references[reference] = value;
        return value!;
    }

    private Shape ReadTypeHeader()
    {
        var known = ReadCount(int.MaxValue);
        var shape = known == 0 ? _shapes.ForReading(ReadString() ?? throw new SerializationException("A type has no name")) : _shapes.ForKnownNumber(known);
        if (_versionTolerance)
            shape = shape.ReadSchema(this);
        _types.Add(shape);
        return shape;
    }

    private Shape SeenType(int index) =>
        index < _types.Count ? _types[index] : throw new SerializationException($"Type number {index} was not named before");

    private object Referenced(int index)
    {
        if (index >= _references.Count)
            throw new SerializationException($"Object number {index} was not written before");
        return _references[index] ?? throw new SerializationException($"Object number {index} refers to itself through an object that cannot be built in parts");
    }

    /// <summary>Makes an object known before its content is read, so that the content may refer to it.</summary>
    public void Register(int reference, object value)
    {
        if (reference >= 0)
            _references[reference] = value;
    }

    public byte ReadByte() => _at < _bytes.Length ? _bytes[_at++] : throw Truncated();

    public ulong ReadVarUInt()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = ReadByte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }

        throw new SerializationException("A number is longer than 64 bits");
    }

    public long ReadVarInt()
    {
        var raw = ReadVarUInt();
        return (long)(raw >> 1) ^ -(long)(raw & 1);
    }

    /// <summary>A count that may not be larger than <paramref name="max"/>.</summary>
    public int ReadCount(int max)
    {
        var count = ReadVarUInt();
        return count <= (ulong)max ? (int)count : throw new SerializationException($"A count of {count} is more than the possible {max}");
    }

    /// <summary>The number of elements of a collection; each takes a byte at least, so the rest of the payload bounds it.</summary>
    public int ReadElementCount() => ReadCount(Remaining);

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public string? ReadString()
    {
        var length = ReadCount(Remaining + 1);
        return length == 0 ? null : Encoding.UTF8.GetString(Take(length - 1));
    }

    public byte[]? ReadBytes()
    {
        var length = ReadCount(Remaining + 1);
        return length == 0 ? null : Take(length - 1).ToArray();
    }

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > Remaining)
            throw Truncated();
        var span = _bytes.AsSpan(_at, count);
        _at += count;
        return span;
    }

    private static SerializationException Truncated() => new("The payload ends too early");
}
