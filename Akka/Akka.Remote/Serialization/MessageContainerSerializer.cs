using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;

namespace Akka.Remote.Serialization;

/// <summary>Messages to actor selections: the path to walk and the message.</summary>
public class MessageContainerSerializer : Serializer
{
    private const byte Parent = 0;
    private const byte ChildName = 1;
    private const byte ChildPattern = 2;

    /// <summary>A serializer of the actor system.</summary>
    public MessageContainerSerializer(ExtendedActorSystem system)
        : base(system)
    {
    }

    /// <inheritdoc />
    public override bool IncludeManifest => false;

    /// <inheritdoc />
    public override byte[] ToBinary(object obj)
    {
        if (obj is not ActorSelectionMessage selection)
            throw new ArgumentException($"Cannot serialize object of type [{obj?.GetType()}]", nameof(obj));
        using var writer = new WireWriter();
        writer.WriteBoolean(selection.WildCardFanOut);
        writer.WriteVarUInt((uint)selection.Elements.Length);
        foreach (var element in selection.Elements)
            WriteElement(writer, element);
        writer.WritePayload(system, selection.Message);
        return writer.ToArray();
    }

    /// <inheritdoc />
    public override object FromBinary(byte[] bytes, Type? type)
    {
        var reader = new WireReader(bytes);
        var wildCardFanOut = reader.ReadBoolean();
        var elements = new SelectionPathElement[reader.ReadCount()];
        for (var i = 0; i < elements.Length; i++)
            elements[i] = ReadElement(ref reader);
        return new ActorSelectionMessage(reader.ReadPayload(system), elements, wildCardFanOut);
    }

    private static void WriteElement(WireWriter writer, SelectionPathElement element)
    {
        switch (element)
        {
            case SelectChildName child:
                writer.WriteByte(ChildName);
                writer.WriteString(child.Name);
                break;
            case SelectChildPattern pattern:
                writer.WriteByte(ChildPattern);
                writer.WriteString(pattern.PatternStr);
                break;
            case SelectParent:
                writer.WriteByte(Parent);
                break;
            default:
                throw new ArgumentException($"Unknown selection path element [{element.GetType()}]", nameof(element));
        }
    }

    private static SelectionPathElement ReadElement(ref WireReader reader) =>
        reader.ReadByte() switch
        {
            Parent => SelectParent.Instance,
            ChildName => new SelectChildName(reader.ReadString() ?? ""),
            ChildPattern => new SelectChildPattern(reader.ReadString() ?? ""),
            var kind => throw new SerializationException($"Unknown selection path element {kind}"),
        };
}
