using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;

namespace Akka.Remote.Serialization;

/// <summary>A growing buffer with the primitives of the engine's wire formats. Not for several threads.</summary>
internal sealed class WireWriter : IDisposable
{
    private byte[] _buffer;

    public WireWriter(int capacity = 256) => _buffer = ArrayPool<byte>.Shared.Rent(capacity);

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> WrittenMemory => _buffer.AsMemory(0, Length);

    public byte[] ToArray() => _buffer.AsSpan(0, Length).ToArray();

    /// <summary>Forgets what was written behind a position.</summary>
    public void Truncate(int length) => Length = length;

    /// <summary>Forgets all, and gives back a buffer that became larger than is usual.</summary>
    public void Reset(int capacityKept)
    {
        Length = 0;
        if (_buffer.Length <= capacityKept * 2)
            return;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = ArrayPool<byte>.Shared.Rent(capacityKept);
    }

    public void WriteByte(byte value)
    {
        if (Length == _buffer.Length)
            Grow(1);
        _buffer[Length++] = value;
    }

    public void WriteBoolean(bool value) => WriteByte(value ? (byte)1 : (byte)0);

    public void WriteVarUInt(ulong value)
    {
        if (_buffer.Length - Length < 10)
            Grow(10);
        while (value >= 0x80)
        {
            _buffer[Length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _buffer[Length++] = (byte)value;
    }

    public void WriteVarInt(long value) => WriteVarUInt((ulong)((value << 1) ^ (value >> 63)));

    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32LittleEndian(Reserve(4), value);

    public void WriteInt32At(int position, int value) => BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(position, 4), value);

    public void WriteInt64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Reserve(8), value);

    /// <summary>A string; null is kept.</summary>
    public void WriteString(string? value)
    {
        if (value is null)
        {
            WriteByte(0);
            return;
        }

        var count = Encoding.UTF8.GetByteCount(value);
        WriteVarUInt((ulong)count + 1);
        Encoding.UTF8.GetBytes(value, Reserve(count));
    }

    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        WriteVarUInt((ulong)value.Length);
        value.CopyTo(Reserve(value.Length));
    }

    public void WriteRaw(ReadOnlySpan<byte> value) => value.CopyTo(Reserve(value.Length));

    public void WriteAddress(Address address) => WriteString(address.ToString());

    /// <summary>An actor reference, by the address that the current transport scope gives it; null and no sender are kept as null.</summary>
    public void WriteActorRef(IActorRef? actorRef) =>
        WriteString(actorRef is null ? null : Akka.Serialization.Serialization.SerializedActorPath(actorRef));

    /// <summary>Any message: serializer, manifest and bytes.</summary>
    public void WritePayload(ExtendedActorSystem system, object? message)
    {
        var serializer = system.Serialization.FindSerializerFor(message!);
        WriteVarInt(serializer.Identifier);
        WriteString(message is null ? "" : Akka.Serialization.Serialization.ManifestFor(serializer, message));
        WriteBytes(serializer.ToBinary(message!));
    }

    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    private Span<byte> Reserve(int count)
    {
        if (_buffer.Length - Length < count)
            Grow(count);
        var span = _buffer.AsSpan(Length, count);
        Length += count;
        return span;
    }

    private void Grow(int count)
    {
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Array.MaxLength, Math.Max((long)_buffer.Length * 2, (long)Length + count)));
        _buffer.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}

/// <summary>Reads what <see cref="WireWriter"/> wrote; every length is checked against the bytes that are left.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public readonly int Remaining => _rest.Length;

    public byte ReadByte() => Take(1)[0];

    public bool ReadBoolean() => ReadByte() != 0;

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

    /// <summary>A count of things of which each takes a byte at least.</summary>
    public int ReadCount()
    {
        var count = ReadVarUInt();
        return count <= (ulong)_rest.Length ? (int)count : throw new SerializationException($"A count of {count} where {_rest.Length} bytes are left");
    }

    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public string? ReadString()
    {
        var length = ReadVarUInt();
        if (length == 0)
            return null;
        if (length - 1 > (ulong)_rest.Length)
            throw new SerializationException($"A string of {length - 1} bytes where {_rest.Length} are left");
        return Encoding.UTF8.GetString(Take((int)length - 1));
    }

    public ReadOnlySpan<byte> ReadBytes() => Take(ReadCount());

    public ReadOnlySpan<byte> ReadRest() => Take(_rest.Length);

    public Address ReadAddress() =>
        Address.TryParse(ReadString() ?? "", out Address? address) ? address! : throw new SerializationException("An address cannot be read");

    /// <summary>An actor reference; null when there was none.</summary>
    public IActorRef? ReadActorRef(ExtendedActorSystem system)
    {
        var path = ReadString();
        return string.IsNullOrEmpty(path) ? null : system.Provider.ResolveActorRef(path);
    }

    /// <summary>What <see cref="WireWriter.WritePayload"/> wrote.</summary>
    public object ReadPayload(ExtendedActorSystem system)
    {
        var serializerId = checked((int)ReadVarInt());
        var manifest = ReadString() ?? "";
        return system.Serialization.Deserialize(ReadBytes().ToArray(), serializerId, manifest);
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
            throw new SerializationException("The bytes end too early");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
