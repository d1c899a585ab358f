using System.Buffers.Binary;
using System.Text;
using Akka.Actor;
using Akka.Serialization;

namespace Mooring.Benchmarks.Engine;

/// <summary>What crosses the network or enters a journal here; both engines write it with <see cref="BenchSerializer"/>.</summary>
internal interface IBenchMessage;

/// <summary>A request for an entity, or for the echo of another process.</summary>
internal sealed record Request(string EntityId, int Number) : IBenchMessage;

/// <summary>The acknowledgement of a request.</summary>
internal sealed record Ack(int Number) : IBenchMessage;

/// <summary>Asks the other process how many bytes it has allocated.</summary>
internal sealed record GetAllocated : IBenchMessage;

/// <summary>The bytes allocated by a process since its start.</summary>
internal sealed record Allocated(long Bytes) : IBenchMessage;

/// <summary>An event of a persistent actor.</summary>
internal sealed record Recorded(int Number) : IBenchMessage;

/// <summary>A few bytes for each message, so that the engine is measured and not a serializer.</summary>
internal sealed class BenchSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    public override int Identifier => 7001;

    public override string Manifest(object o) => o switch
    {
        Request => "q",
        Ack => "a",
        Recorded => "r",
        GetAllocated => "g",
        Allocated => "b",
        _ => throw new ArgumentException($"{o.GetType()} is no message of the benchmarks", nameof(o)),
    };

    public override byte[] ToBinary(object obj)
    {
        switch (obj)
        {
            case Request request:
                var bytes = new byte[4 + Encoding.UTF8.GetByteCount(request.EntityId)];
                BinaryPrimitives.WriteInt32LittleEndian(bytes, request.Number);
                Encoding.UTF8.GetBytes(request.EntityId, bytes.AsSpan(4));
                return bytes;
            case Ack ack:
                return BitConverter.GetBytes(ack.Number);
            case Recorded recorded:
                return BitConverter.GetBytes(recorded.Number);
            case Allocated allocated:
                return BitConverter.GetBytes(allocated.Bytes);
            default:
                return [];
        }
    }

    public override object FromBinary(byte[] bytes, string manifest) => manifest switch
    {
        "q" => new Request(Encoding.UTF8.GetString(bytes.AsSpan(4)), BinaryPrimitives.ReadInt32LittleEndian(bytes)),
        "a" => new Ack(BitConverter.ToInt32(bytes)),
        "r" => new Recorded(BitConverter.ToInt32(bytes)),
        "g" => new GetAllocated(),
        "b" => new Allocated(BitConverter.ToInt64(bytes)),
        _ => throw new ArgumentException($"'{manifest}' is no message of the benchmarks", nameof(manifest)),
    };
}
