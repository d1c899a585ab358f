using System.Net;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Serialization;

namespace Akka.Serialization.Hyperion.Format;

/// <summary>Values that are written without a type name. The numbers are part of the format.</summary>
internal enum ScalarKind : byte
{
    Boolean = 1,
    Byte = 2,
    SByte = 3,
    Int16 = 4,
    UInt16 = 5,
    Int32 = 6,
    UInt32 = 7,
    Int64 = 8,
    UInt64 = 9,
    Single = 10,
    Double = 11,
    Decimal = 12,
    Char = 13,
    String = 14,
    DateTime = 15,
    DateTimeOffset = 16,
    TimeSpan = 17,
    Guid = 18,
    DateOnly = 19,
    TimeOnly = 20,
    Bytes = 21,
    BigInteger = 22,
    Uri = 23,
    Version = 24,
    IPAddress = 25,
}

/// <summary>Writes and reads values of a field, element or slot whose declared type is <typeparamref name="T"/>.</summary>
internal abstract class Codec<T>
{
    /// <summary>What the bytes are, for readers that do not have the field: see <see cref="WireKind"/>.</summary>
    public abstract byte Kind { get; }

    public abstract void Write(PayloadWriter writer, T value);

    public abstract T Read(PayloadReader reader);
}

/// <summary>Wire kinds of field values: 0 an object with a tag, a <see cref="ScalarKind"/>, an enum, or one of these or nothing.</summary>
internal static class WireKind
{
    public const byte Object = 0;
    public const byte Enum = 60;
    public const byte Nullable = 0x40;

    /// <summary>Reads over a value of a field that this side does not have.</summary>
    public static void Skip(PayloadReader reader, byte kind)
    {
        if ((kind & Nullable) != 0)
        {
            if (reader.ReadByte() != 0)
                Skip(reader, (byte)(kind & ~Nullable));
        }
        else if (kind == Object)
        {
            reader.ReadObject();
        }
        else if (kind == Enum)
        {
            reader.ReadVarInt();
        }
        else
        {
            reader.Shapes.ScalarShape((ScalarKind)kind).Read(reader, -1);
        }
    }
}

/// <summary>The codec of each declared type, found once.</summary>
internal static class Codecs<T>
{
    public static readonly Codec<T> Instance = Create();

    private static Codec<T> Create()
    {
        if (ScalarCodec.All.OfType<Codec<T>>().FirstOrDefault() is { } scalar)
            return scalar;
        if (typeof(T).IsEnum)
            return (Codec<T>)Activator.CreateInstance(typeof(EnumCodec<>).MakeGenericType(typeof(T)))!;
        var inner = Nullable.GetUnderlyingType(typeof(T));
        if (inner is not null && (inner.IsEnum || ScalarCodec.All.Any(codec => codec.ValueType == inner)))
            return (Codec<T>)Activator.CreateInstance(typeof(NullableCodec<>).MakeGenericType(inner))!;
        return new ObjectCodec<T>();
    }
}

/// <summary>A slot that may hold any object of the declared type.</summary>
internal sealed class ObjectCodec<T> : Codec<T>
{
    public override byte Kind => WireKind.Object;

    public override void Write(PayloadWriter writer, T value) => writer.WriteObject(value);

    public override T Read(PayloadReader reader)
    {
        var value = reader.ReadObject();
        if (value is T typed)
            return typed;
        if (value is null && default(T) is null)
            return default!;
        throw new SerializationException($"A slot of type {typeof(T)} cannot hold {value?.GetType().ToString() ?? "null"}");
    }
}

internal sealed class EnumCodec<T> : Codec<T>
    where T : struct, Enum
{
    public override byte Kind => WireKind.Enum;

    public override void Write(PayloadWriter writer, T value) => writer.WriteVarInt(ToInt64(value));

    public override T Read(PayloadReader reader) => FromInt64(reader.ReadVarInt());

    internal static long ToInt64(T value) => Unsafe.SizeOf<T>() switch
    {
        1 => Unsafe.As<T, sbyte>(ref value),
        2 => Unsafe.As<T, short>(ref value),
        4 => Unsafe.As<T, int>(ref value),
        _ => Unsafe.As<T, long>(ref value),
    };

    internal static T FromInt64(long raw)
    {
        T value = default;
        switch (Unsafe.SizeOf<T>())
        {
            case 1: Unsafe.As<T, sbyte>(ref value) = (sbyte)raw; break;
            case 2: Unsafe.As<T, short>(ref value) = (short)raw; break;
            case 4: Unsafe.As<T, int>(ref value) = (int)raw; break;
            default: Unsafe.As<T, long>(ref value) = raw; break;
        }

        return value;
    }
}

internal sealed class NullableCodec<T> : Codec<T?>
    where T : struct
{
    private static readonly Codec<T> s_inner = Codecs<T>.Instance;

    public override byte Kind => (byte)(WireKind.Nullable | s_inner.Kind);

    public override void Write(PayloadWriter writer, T? value)
    {
        writer.WriteByte(value.HasValue ? (byte)1 : (byte)0);
        if (value.HasValue)
            s_inner.Write(writer, value.GetValueOrDefault());
    }

    public override T? Read(PayloadReader reader) => reader.ReadByte() == 0 ? null : s_inner.Read(reader);
}

/// <summary>A boxed enum in a slot of type object or of an interface.</summary>
internal sealed class EnumShape<T>() : Shape(typeof(T))
    where T : struct, Enum
{
    public override void Write(PayloadWriter writer, object value) => writer.WriteVarInt(EnumCodec<T>.ToInt64((T)value));

    public override object Read(PayloadReader reader, int reference) => EnumCodec<T>.FromInt64(reader.ReadVarInt());
}

/// <summary>A scalar in a slot of type object or of an interface.</summary>
internal sealed class ScalarShape<T>(ScalarKind kind, Codec<T> codec) : Shape(typeof(T))
{
    public override ScalarKind? Scalar => kind;

    public override void Write(PayloadWriter writer, object value) => codec.Write(writer, (T)value);

    public override object? Read(PayloadReader reader, int reference) => codec.Read(reader);
}

/// <summary>One row of the table of scalars.</summary>
internal interface IScalarCodec
{
    Type ValueType { get; }

    Shape NewShape();
}

internal sealed class ScalarCodec<T>(ScalarKind kind, Action<PayloadWriter, T> write, Func<PayloadReader, T> read) : Codec<T>, IScalarCodec
{
    public Type ValueType => typeof(T);

    public override byte Kind => (byte)kind;

    public override void Write(PayloadWriter writer, T value) => write(writer, value);

    public override T Read(PayloadReader reader) => read(reader);

    public Shape NewShape() => new ScalarShape<T>(kind, this);
}

internal static class ScalarCodec
{
    public static readonly IReadOnlyList<IScalarCodec> All =
    [
        new ScalarCodec<bool>(ScalarKind.Boolean, (w, v) => w.WriteByte(v ? (byte)1 : (byte)0), r => r.ReadByte() != 0),
        new ScalarCodec<byte>(ScalarKind.Byte, (w, v) => w.WriteByte(v), r => r.ReadByte()),
        new ScalarCodec<sbyte>(ScalarKind.SByte, (w, v) => w.WriteByte((byte)v), r => (sbyte)r.ReadByte()),
        new ScalarCodec<short>(ScalarKind.Int16, (w, v) => w.WriteVarInt(v), r => checked((short)r.ReadVarInt())),
        new ScalarCodec<ushort>(ScalarKind.UInt16, (w, v) => w.WriteVarUInt(v), r => checked((ushort)r.ReadVarUInt())),
        new ScalarCodec<int>(ScalarKind.Int32, (w, v) => w.WriteVarInt(v), r => checked((int)r.ReadVarInt())),
        new ScalarCodec<uint>(ScalarKind.UInt32, (w, v) => w.WriteVarUInt(v), r => checked((uint)r.ReadVarUInt())),
        new ScalarCodec<long>(ScalarKind.Int64, (w, v) => w.WriteVarInt(v), r => r.ReadVarInt()),
        new ScalarCodec<ulong>(ScalarKind.UInt64, (w, v) => w.WriteVarUInt(v), r => r.ReadVarUInt()),
        new ScalarCodec<float>(ScalarKind.Single, (w, v) => w.WriteUInt32(BitConverter.SingleToUInt32Bits(v)), r => BitConverter.UInt32BitsToSingle(r.ReadUInt32())),
        new ScalarCodec<double>(ScalarKind.Double, (w, v) => w.WriteUInt64(BitConverter.DoubleToUInt64Bits(v)), r => BitConverter.UInt64BitsToDouble(r.ReadUInt64())),
        new ScalarCodec<decimal>(ScalarKind.Decimal, WriteDecimal, ReadDecimal),
        new ScalarCodec<char>(ScalarKind.Char, (w, v) => w.WriteVarUInt(v), r => (char)r.ReadCount(char.MaxValue)),
        new ScalarCodec<string?>(ScalarKind.String, (w, v) => w.WriteString(v), r => r.ReadString()),
        new ScalarCodec<DateTime>(ScalarKind.DateTime, (w, v) => w.WriteUInt64((ulong)v.ToBinary()), r => DateTime.FromBinary((long)r.ReadUInt64())),
        new ScalarCodec<DateTimeOffset>(ScalarKind.DateTimeOffset, WriteDateTimeOffset, ReadDateTimeOffset),
        new ScalarCodec<TimeSpan>(ScalarKind.TimeSpan, (w, v) => w.WriteVarInt(v.Ticks), r => new TimeSpan(r.ReadVarInt())),
        new ScalarCodec<Guid>(ScalarKind.Guid, (w, v) => v.TryWriteBytes(w.Reserve(16)), r => new Guid(r.Take(16))),
        new ScalarCodec<DateOnly>(ScalarKind.DateOnly, (w, v) => w.WriteVarInt(v.DayNumber), r => DateOnly.FromDayNumber(checked((int)r.ReadVarInt()))),
        new ScalarCodec<TimeOnly>(ScalarKind.TimeOnly, (w, v) => w.WriteVarInt(v.Ticks), r => new TimeOnly(r.ReadVarInt())),
        new ScalarCodec<byte[]?>(ScalarKind.Bytes, (w, v) => w.WriteBytes(v), r => r.ReadBytes()),
        new ScalarCodec<BigInteger>(ScalarKind.BigInteger, (w, v) => w.WriteBytes(v.ToByteArray()), r => new BigInteger(r.ReadBytes() ?? [])),
        new ScalarCodec<Uri?>(ScalarKind.Uri, (w, v) => w.WriteString(v?.OriginalString), r => r.ReadString() is { } text ? new Uri(text, UriKind.RelativeOrAbsolute) : null),
        new ScalarCodec<Version?>(ScalarKind.Version, (w, v) => w.WriteString(v?.ToString()), r => r.ReadString() is { } text ? Version.Parse(text) : null),
        new ScalarCodec<IPAddress?>(ScalarKind.IPAddress, (w, v) => w.WriteString(v?.ToString()), r => r.ReadString() is { } text ? IPAddress.Parse(text) : null),
    ];

    private static void WriteDecimal(PayloadWriter writer, decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        foreach (var part in bits)
            writer.WriteUInt32((uint)part);
    }

    private static decimal ReadDecimal(PayloadReader reader)
    {
        Span<int> bits = stackalloc int[4];
        for (var i = 0; i < bits.Length; i++)
            bits[i] = (int)reader.ReadUInt32();
        return new decimal(bits);
    }

    private static void WriteDateTimeOffset(PayloadWriter writer, DateTimeOffset value)
    {
        writer.WriteUInt64((ulong)value.Ticks);
        writer.WriteVarInt(value.Offset.Ticks);
    }

    private static DateTimeOffset ReadDateTimeOffset(PayloadReader reader) => new((long)reader.ReadUInt64(), new TimeSpan(reader.ReadVarInt()));
}
