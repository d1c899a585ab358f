using System.Buffers.Binary;
using System.Text;
using Akka.Actor;
using Akka.Persistence;
using Akka.Serialization;

namespace Mooring.Actors.Journal;

/// <summary>
/// How an event or a snapshot lies in the log: a version, the serializer's id and manifest, who wrote it and when, then the payload as
/// its serializer wrote it.
/// </summary>
internal static class EventEnvelope
{
    private const byte Version = 1;

    public static byte[] Write(ExtendedActorSystem system, object payload, string writer, long timestamp)
    {
        var serializer = system.Serialization.FindSerializerForType(payload.GetType());
        var manifest = serializer switch
        {
            SerializerWithStringManifest named => named.Manifest(payload),
            { IncludeManifest: true } => $"{payload.GetType().FullName}, {payload.GetType().Assembly.GetName().Name}",
            _ => "",
        };
        // Within it references to actors of this node are written with its address, without which they lead to whoever reads them.
        var body = Akka.Serialization.Serialization.WithTransport(system, (serializer, payload), static it => it.serializer.ToBinary(it.payload));
        using var bytes = new MemoryStream(body.Length + 64);
        using var output = new BinaryWriter(bytes, Encoding.UTF8);
        output.Write(Version);
        output.Write(serializer.Identifier);
        output.Write(timestamp);
        output.Write(manifest);
        output.Write(writer);
        output.Write(body);
        output.Flush();
        return bytes.ToArray();
    }

    public static (object Payload, string Writer, long Timestamp) Read(ExtendedActorSystem system, ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length < 13 || bytes.Span[0] != Version)
            throw new InvalidDataException($"the journal holds an entry of {bytes.Length} bytes that this version cannot read");
        var identifier = BinaryPrimitives.ReadInt32LittleEndian(bytes.Span[1..]);
        var timestamp = BinaryPrimitives.ReadInt64LittleEndian(bytes.Span[5..]);
        using var input = new BinaryReader(new MemoryStream(bytes[13..].ToArray()), Encoding.UTF8);
        var manifest = input.ReadString();
        var writer = input.ReadString();
        var body = input.ReadBytes((int)(input.BaseStream.Length - input.BaseStream.Position));
        return (system.Serialization.Deserialize(body, identifier, manifest), writer, timestamp);
    }

    public static Persistent Representation(ExtendedActorSystem system, string stream, long number, ReadOnlyMemory<byte> bytes)
    {
        var (payload, writer, timestamp) = Read(system, bytes);
        return new Persistent(payload, number, stream, "", false, ActorRefs.NoSender, writer, timestamp);
    }
}
