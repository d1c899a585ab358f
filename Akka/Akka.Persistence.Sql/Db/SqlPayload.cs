using Akka.Actor;

namespace Akka.Persistence.Sql.Db;

/// <summary>An object as it is stored: bytes, and the serializer and manifest to read them with.</summary>
internal readonly record struct SqlPayload(byte[] Bytes, string Manifest, int SerializerId)
{
    public static SqlPayload Serialize(ExtendedActorSystem system, object payload, string? defaultSerializer)
    {
        var serializer = system.Serialization.FindSerializerForType(payload.GetType(), defaultSerializer);
        var bytes = Akka.Serialization.Serialization.WithTransport(system, (serializer, payload), state => state.serializer.ToBinary(state.payload));
        return new SqlPayload(bytes, Akka.Serialization.Serialization.ManifestFor(serializer, payload), serializer.Identifier);
    }

    public static object Deserialize(ExtendedActorSystem system, byte[] bytes, int? serializerId, string manifest, string? defaultSerializer)
    {
        if (serializerId is { } id)
            return system.Serialization.Deserialize(bytes, id, manifest);
        // Rows of old versions have only the type's name.
        var type = Type.GetType(manifest, throwOnError: true)!;
        var serializer = system.Serialization.FindSerializerForType(type, defaultSerializer);
        return Akka.Serialization.Serialization.WithTransport(system, () => serializer.FromBinary(bytes, type));
    }
}
