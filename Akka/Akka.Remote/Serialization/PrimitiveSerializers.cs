using System.Buffers.Binary;
using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace Akka.Remote.Serialization;

/// <summary>Strings and whole numbers.</summary>
public sealed class PrimitiveSerializers : SerializerWithStringManifest
{
    private const string StringManifest = "S";
    private const string Int32Manifest = "I";
    private const string Int64Manifest = "L";

    /// <summary>A serializer of the actor system.</summary>
    public PrimitiveSerializers(ExtendedActorSystem system, Config config)
        : base(system)
    {
    }

    /// <inheritdoc />
    public override byte[] ToBinary(object obj)
    {
        switch (obj)
        {
            case string text:
                return Encoding.UTF8.GetBytes(text);
            case int number:
                var four = new byte[4];
                BinaryPrimitives.WriteInt32LittleEndian(four, number);
                return four;
            case long number:
                var eight = new byte[8];
                BinaryPrimitives.WriteInt64LittleEndian(eight, number);
                return eight;
            default:
                throw new ArgumentException($"Cannot serialize object of type [{obj?.GetType()}]", nameof(obj));
        }
    }

    /// <inheritdoc />
    public override object FromBinary(byte[] bytes, string manifest) =>
        manifest switch
        {
            StringManifest => Encoding.UTF8.GetString(bytes),
            Int32Manifest => BinaryPrimitives.ReadInt32LittleEndian(bytes),
            Int64Manifest => BinaryPrimitives.ReadInt64LittleEndian(bytes),
            _ => throw new SerializationException($"Unimplemented deserialization of message with manifest [{manifest}] in [{nameof(PrimitiveSerializers)}]"),
        };

    /// <inheritdoc />
    public override string Manifest(object obj) =>
        obj switch
        {
            string => StringManifest,
            int => Int32Manifest,
            long => Int64Manifest,
            _ => throw new ArgumentException($"Cannot deserialize object of type [{obj?.GetType()}]", nameof(obj)),
        };
}
