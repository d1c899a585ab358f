using System.Runtime.Serialization;
using Akka.Actor;

namespace Akka.Serialization.Hyperion.Format;

/// <summary>How objects of one exact type are written and read. Immutable, shared by all threads.</summary>
internal abstract class Shape(Type type)
{
    public Type Type { get; } = type;

    /// <summary>The name by which the other side finds the type.</summary>
    public string Name { get; } = TypeNames.Of(type);

    /// <summary>Set when a value needs no type name because its tag says it.</summary>
    public virtual ScalarKind? Scalar => null;

    /// <summary>Set when objects have a tag of their own and are not tracked as references.</summary>
    public virtual byte? OwnTag => null;

    public abstract void Write(PayloadWriter writer, object value);

    /// <summary>Reads an object; calls <see cref="PayloadReader.Register"/> as soon as the object exists, if it can exist before its content.</summary>
    public abstract object? Read(PayloadReader reader, int reference);

    public virtual void WriteSchema(PayloadWriter writer)
    {
    }

    /// <summary>Reads what <see cref="WriteSchema"/> wrote and answers with the shape that reads such objects.</summary>
    public virtual Shape ReadSchema(PayloadReader reader) => this;
}

/// <summary>An actor reference: its path with the address of the node that wrote it.</summary>
internal sealed class ActorRefShape(Type type) : Shape(type)
{
    public override byte? OwnTag => Tag.ActorRef;

    public override void Write(PayloadWriter writer, object value) => writer.WriteString(Serialization.SerializedActorPath((IActorRef)value));

    public override object? Read(PayloadReader reader, int reference) => ReadRef(reader);

    public static object ReadRef(PayloadReader reader) =>
        reader.System.Provider.ResolveActorRef(reader.ReadString() ?? throw new SerializationException("An actor reference has no path"));
}

/// <summary>An object that names another one to stand for it (addresses, paths, props).</summary>
internal sealed class SurrogateShape(Type type) : Shape(type)
{
    public override byte? OwnTag => Tag.Surrogate;

    public override void Write(PayloadWriter writer, object value) =>
        writer.WriteObject(((Akka.Util.ISurrogated)value).ToSurrogate(writer.System));

    public override object? Read(PayloadReader reader, int reference) => ReadSurrogated(reader);

    public static object ReadSurrogated(PayloadReader reader) =>
        reader.ReadObject() is Akka.Util.ISurrogate surrogate
            ? surrogate.FromSurrogate(reader.System)
            : throw new SerializationException("A surrogate was expected");
}
