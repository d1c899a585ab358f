using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Serialization;
using AkkaSerialization = Akka.Serialization.Serialization;

namespace Mooring.Tests.Engine.SerializationSpecs;

public class SerializationSpec : Akka.TestKit.Xunit2.TestKit
{
    private static readonly Config Bindings = ConfigurationFactory.ParseString(
        $$"""
        akka.actor {
          serializers {
            animal = "{{typeof(AnimalSerializer).AssemblyQualifiedName}}"
            plain = "{{typeof(PlainSerializer).AssemblyQualifiedName}}"
          }
          serialization-settings.plain.prefix = "P:"
          serialization-identifiers."{{typeof(PlainSerializer).FullName}}, Mooring.Tests.Engine" = 1002
          serialization-bindings {
            "{{typeof(IAnimal).AssemblyQualifiedName}}" = plain
            "{{typeof(Cat).AssemblyQualifiedName}}" = animal
          }
        }
        """);

    public SerializationSpec() : base(Bindings)
    {
    }

    private AkkaSerialization Serialization => Sys.Serialization;

    [Fact]
    public void The_most_specific_binding_counts()
    {
        Assert.IsType<AnimalSerializer>(Serialization.FindSerializerForType(typeof(Cat)));
        Assert.IsType<AnimalSerializer>(Serialization.FindSerializerFor(new Tiger("Rajah")));
        Assert.IsType<PlainSerializer>(Serialization.FindSerializerFor(new Dog("Rex")));
        Assert.IsType<ByteArraySerializer>(Serialization.FindSerializerFor(new byte[1]));
        Assert.IsType<NullSerializer>(Serialization.FindSerializerFor(null!));
    }

    [Fact]
    public void A_type_without_a_binding_is_refused_unless_a_default_is_named()
    {
        Assert.Throws<SerializationException>(() => Serialization.FindSerializerForType(typeof(SerializationSpec)));
        Assert.IsType<PlainSerializer>(Serialization.FindSerializerForType(typeof(SerializationSpec), "plain"));
    }

    [Fact]
    public void A_message_goes_out_and_comes_back_by_id_and_manifest()
    {
        var serializer = Serialization.FindSerializerFor(new Tiger("Rajah"));
        var manifest = AkkaSerialization.ManifestFor(serializer, new Tiger("Rajah"));
        var bytes = Serialization.Serialize(new Tiger("Rajah"));
        Assert.Equal((1001, "t"), (serializer.Identifier, manifest));
        Assert.Equal(new Tiger("Rajah"), Serialization.Deserialize(bytes, 1001, "t"));
    }

    [Fact]
    public void A_serializer_without_manifest_of_its_own_gets_the_type_back_from_its_name()
    {
        var serializer = Serialization.FindSerializerFor(new Dog("Rex"));
        var manifest = AkkaSerialization.ManifestFor(serializer, new Dog("Rex"));
        Assert.Contains(nameof(Dog), manifest);
        Assert.DoesNotContain("Version", manifest);
        var bytes = Serialization.Serialize(new Dog("Rex"));
        Assert.Equal("P:Rex", Encoding.UTF8.GetString(bytes));
        Assert.Equal(new Dog("Rex"), Serialization.Deserialize(bytes, 1002, manifest));
        Assert.Equal(new Dog("Rex"), Serialization.Deserialize(bytes, 1002, typeof(Dog)));
    }

    [Fact]
    public void Unknown_ids_and_types_are_refused()
    {
        Assert.Contains("4711", Assert.Throws<SerializationException>(() => Serialization.Deserialize([], 4711, "x")).Message);
        Assert.Throws<SerializationException>(() => Serialization.Deserialize([], 1002, "Not.A.Type, Nowhere"));
    }

    [Fact]
    public void Two_serializers_cannot_have_one_id() =>
        Assert.Throws<ArgumentException>(() => Serialization.AddSerializer(new Imposter((ExtendedActorSystem)Sys)));

    [Fact]
    public void A_reference_is_written_with_uid_and_for_the_address_of_the_scope()
    {
        var actor = ActorOf(Akka.TestKit.TestActors.BlackHoleActor.Props, "ref");
        var outside = AkkaSerialization.SerializedActorPath(actor);
        Assert.StartsWith($"akka://{Sys.Name}/user/ref#", outside);
        Assert.Equal(actor, Serialization.DeserializeActorRef(outside));

        var address = new Address("akka.tcp", Sys.Name, "node1", 4053);
        var scoped = AkkaSerialization.WithTransport(Sys, address, () => AkkaSerialization.SerializedActorPath(actor));
        Assert.StartsWith($"akka.tcp://{Sys.Name}@node1:4053/user/ref#", scoped);
        Assert.Equal("", AkkaSerialization.SerializedActorPath(ActorRefs.NoSender));
    }

    [Fact]
    public void The_scope_is_there_while_serializing_and_gone_afterwards()
    {
        Assert.Throws<InvalidOperationException>(() => AkkaSerialization.GetCurrentTransportInformation());
        var address = new Address("akka.tcp", Sys.Name, "node1", 4053);
        var inner = AkkaSerialization.WithTransport(Sys, address, () =>
            AkkaSerialization.WithTransport((ExtendedActorSystem)Sys, () => AkkaSerialization.GetCurrentTransportInformation().Address));
        Assert.Equal(address, inner);
        Assert.Throws<InvalidOperationException>(() => AkkaSerialization.GetCurrentTransportInformation());
    }

    [Fact]
    public async Task Serializers_come_from_a_setup_too()
    {
        var setup = SerializationSetup.Create(system =>
            [SerializerDetails.Create("animal", new AnimalSerializer(system), [typeof(Dog)])]);
        var system = ActorSystem.Create("setup", ActorSystemSetup.Create(setup));
        Assert.IsType<AnimalSerializer>(system.Serialization.FindSerializerForType(typeof(Dog)));
        await system.Terminate();
    }

    public interface IAnimal
    {
        string Name { get; }
    }

    public record Cat(string Name) : IAnimal;

    public record Tiger(string Name) : Cat(Name);

    public record Dog(string Name) : IAnimal;

    public class AnimalSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
    {
        public override int Identifier => 1001;

        public override byte[] ToBinary(object obj) => Encoding.UTF8.GetBytes(((IAnimal)obj).Name);

        public override object FromBinary(byte[] bytes, string manifest) => manifest switch
        {
            "c" => new Cat(Encoding.UTF8.GetString(bytes)),
            "t" => new Tiger(Encoding.UTF8.GetString(bytes)),
            _ => throw new SerializationException($"unknown manifest {manifest}"),
        };

        public override string Manifest(object o) => o is Tiger ? "t" : "c";
    }

    public class PlainSerializer(ExtendedActorSystem system, Config settings) : Serializer(system)
    {
        private readonly string _prefix = settings.GetString("prefix");

        public override bool IncludeManifest => true;

        public override byte[] ToBinary(object obj) => Encoding.UTF8.GetBytes(_prefix + ((IAnimal)obj).Name);

        public override object FromBinary(byte[] bytes, Type? type) => Activator.CreateInstance(type!, Encoding.UTF8.GetString(bytes)[_prefix.Length..])!;
    }

    private sealed class Imposter(ExtendedActorSystem system) : Serializer(system)
    {
        public override int Identifier => 1001;

        public override bool IncludeManifest => false;

        public override byte[] ToBinary(object obj) => [];

        public override object FromBinary(byte[] bytes, Type? type) => "";
    }
}
