using Akka.Actor;
using Akka.Serialization;

namespace Akka.Persistence.Serialization;

/// <summary>Wraps a snapshot, so that it is stored with its serializer's id and manifest.</summary>
public sealed class Snapshot
{
    /// <summary>The state.</summary>
    public Snapshot(object data) => Data = data;

    /// <summary>The state.</summary>
    public object Data { get; }

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is Snapshot other && Equals(Data, other.Data);

    /// <inheritdoc />
    public override int GetHashCode() => Data?.GetHashCode() ?? 0;
}

/// <summary>Serializes a <see cref="Snapshot"/> with the serializer that is bound to its state's type.</summary>
public class PersistenceSnapshotSerializer : Serializer
{
    /// <summary>For an actor system.</summary>
    public PersistenceSnapshotSerializer(ExtendedActorSystem system)
        : base(system)
    {
    }

    /// <inheritdoc />
    public override bool IncludeManifest => false;

    /// <inheritdoc />
    public override byte[] ToBinary(object obj) => obj is Snapshot snapshot
        ? PayloadCodec.Write(writer => writer.WritePayload(system, snapshot.Data))
        : throw new ArgumentException($"Can't serialize object of type [{obj.GetType()}] in [{GetType()}]", nameof(obj));

    /// <inheritdoc />
    public override object FromBinary(byte[] bytes, Type? type)
    {
        using var reader = PayloadCodec.Reader(bytes);
        return new Snapshot(reader.ReadPayload(system));
    }
}
