using System.Text;
using Akka.Actor;

namespace Akka.Persistence.Serialization;

/// <summary>
/// Writes an object with the serializer that is bound to its type: serializer id, manifest, bytes. Strings and lengths are
/// encoded as <see cref="BinaryWriter"/> does.
/// </summary>
internal static class PayloadCodec
{
    public static void WritePayload(this BinaryWriter writer, ExtendedActorSystem system, object payload)
    {
        var serializer = system.Serialization.FindSerializerForType(payload.GetType());
        var bytes = Akka.Serialization.Serialization.WithTransport(system, (serializer, payload), state => state.serializer.ToBinary(state.payload));
        writer.Write(serializer.Identifier);
        writer.Write(Akka.Serialization.Serialization.ManifestFor(serializer, payload));
        writer.Write7BitEncodedInt(bytes.Length);
        writer.Write(bytes);
    }

    public static object ReadPayload(this BinaryReader reader, ExtendedActorSystem system)
    {
        var serializerId = reader.ReadInt32();
        var manifest = reader.ReadString();
        var length = reader.Read7BitEncodedInt();
        var bytes = reader.ReadBytes(length);
        if (bytes.Length != length)
            throw new EndOfStreamException($"A stored payload ends after {bytes.Length} of {length} bytes");
        return system.Serialization.Deserialize(bytes, serializerId, manifest);
    }

    public static byte[] Write(Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream(256);
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
            write(writer);
        return stream.ToArray();
    }

    public static BinaryReader Reader(byte[] bytes) => new(new MemoryStream(bytes, writable: false), Encoding.UTF8);
}
