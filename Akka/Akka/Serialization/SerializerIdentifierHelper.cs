using Akka.Actor;
using Akka.Util;

namespace Akka.Serialization;

/// <summary>Reads the ids of serializers from the configuration.</summary>
internal static class SerializerIdentifierHelper
{
    private const string Identifiers = "akka.actor.serialization-identifiers";

    public static int GetSerializerIdentifierFromConfig(Type type, ExtendedActorSystem system)
    {
        foreach (var (key, value) in system.Settings.Config.GetConfig(Identifiers)?.AsEnumerable() ?? [])
        {
            if (Type.GetType(key) == type) return value.GetInt();
        }

        throw new ArgumentException(
            $"Couldn't find serializer id for [{type.TypeQualifiedName()}] under [{Identifiers}] HOCON path", nameof(type));
    }
}
