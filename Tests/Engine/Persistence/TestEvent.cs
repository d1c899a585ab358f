using System.Text;
using Akka.Actor;
using Akka.Serialization;

namespace Mooring.Tests.Engine.Persistence;

/// <summary>An event (or snapshot) of the persistence specs.</summary>
public sealed record TestEvent(string Data)
{
    public static implicit operator TestEvent(string data) => new(data);
}

/// <summary>Serializes <see cref="TestEvent"/>; one whose data is "unserializable" it refuses.</summary>
public sealed class TestEventSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    public const string Hocon = """
        akka.actor.serializers.test-event = "Mooring.Tests.Engine.Persistence.TestEventSerializer, Mooring.Tests.Engine"
        akka.actor.serialization-bindings."Mooring.Tests.Engine.Persistence.TestEvent, Mooring.Tests.Engine" = test-event
        """;

    public override int Identifier => 9001;

    public override byte[] ToBinary(object obj) => obj is TestEvent { Data: not "unserializable" } e
        ? Encoding.UTF8.GetBytes(e.Data)
        : throw new ArgumentException($"cannot serialize {obj}");

    public override object FromBinary(byte[] bytes, string manifest) => manifest == "T"
        ? new TestEvent(Encoding.UTF8.GetString(bytes))
        : throw new ArgumentException($"unknown manifest '{manifest}'");

    public override string Manifest(object o) => "T";
}
