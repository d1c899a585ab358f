using System.Collections.Immutable;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;

namespace Akka.Persistence.Serialization;

/// <summary>
/// Serializes events with their bookkeeping, atomic writes and the state of at-least-once delivery, for journals that store or
/// send them as a whole. The first byte says what follows.
/// </summary>
public sealed class PersistenceMessageSerializer : Serializer
{
    private const byte PersistentKind = 1;
    private const byte AtomicWriteKind = 2;
    private const byte DeliverySnapshotKind = 3;

    /// <summary>For an actor system.</summary>
    public PersistenceMessageSerializer(ExtendedActorSystem system)
        : base(system)
    {
    }

    /// <inheritdoc />
    public override bool IncludeManifest => true;

    /// <inheritdoc />
    public override byte[] ToBinary(object obj) => PayloadCodec.Write(writer =>
    {
        switch (obj)
        {
            case IPersistentRepresentation persistent:
                writer.Write(PersistentKind);
                WritePersistent(writer, persistent);
                break;
            case AtomicWrite write:
                writer.Write(AtomicWriteKind);
                writer.Write7BitEncodedInt(write.Size);
                for (var i = 0; i < write.Size; i++)
                    WritePersistent(writer, write[i]);
                break;
            case AtLeastOnceDeliverySnapshot snapshot:
                writer.Write(DeliverySnapshotKind);
                WriteDeliverySnapshot(writer, snapshot);
                break;
            default:
                throw new ArgumentException($"Can't serialize object of type [{obj.GetType()}] in [{GetType()}]", nameof(obj));
        }
    });

    /// <inheritdoc />
    public override object FromBinary(byte[] bytes, Type? type)
    {
        using var reader = PayloadCodec.Reader(bytes);
        switch (reader.ReadByte())
        {
            case PersistentKind:
                return ReadPersistent(reader);
            case AtomicWriteKind:
                var count = reader.Read7BitEncodedInt();
                var events = ImmutableArray.CreateBuilder<IPersistentRepresentation>();
                for (var i = 0; i < count; i++)
                    events.Add(ReadPersistent(reader));
                return new AtomicWrite(events.ToImmutable());
            case DeliverySnapshotKind:
                return ReadDeliverySnapshot(reader);
            case var kind:
                throw new SerializationException($"Unknown kind {kind} of persistence message");
        }
    }

    private void WritePersistent(BinaryWriter writer, IPersistentRepresentation persistent)
    {
        writer.WritePayload(system, persistent.Payload);
        writer.Write7BitEncodedInt64(persistent.SequenceNr);
        writer.Write(persistent.PersistenceId ?? "");
        writer.Write(persistent.Manifest ?? "");
        writer.Write(persistent.WriterGuid ?? "");
        writer.Write7BitEncodedInt64(persistent.Timestamp);
        writer.Write(persistent.IsDeleted);
        writer.Write(persistent.Sender is null ? "" : Akka.Serialization.Serialization.SerializedActorPath(persistent.Sender));
    }

    private Persistent ReadPersistent(BinaryReader reader)
    {
        var payload = reader.ReadPayload(system);
        var sequenceNr = reader.Read7BitEncodedInt64();
        var persistenceId = reader.ReadString();
        var manifest = reader.ReadString();
        var writerGuid = reader.ReadString();
        var timestamp = reader.Read7BitEncodedInt64();
        var isDeleted = reader.ReadBoolean();
        var sender = reader.ReadString();
        return new Persistent(
            payload, sequenceNr, persistenceId, manifest, isDeleted,
            sender.Length == 0 ? ActorRefs.NoSender : system.Provider.ResolveActorRef(sender), writerGuid, timestamp);
    }

    private void WriteDeliverySnapshot(BinaryWriter writer, AtLeastOnceDeliverySnapshot snapshot)
    {
        writer.Write7BitEncodedInt64(snapshot.CurrentDeliveryId);
        writer.Write7BitEncodedInt(snapshot.UnconfirmedDeliveries.Length);
        foreach (var delivery in snapshot.UnconfirmedDeliveries)
        {
            writer.Write7BitEncodedInt64(delivery.DeliveryId);
            writer.Write(delivery.Destination.ToSerializationFormat());
            writer.WritePayload(system, delivery.Message);
        }
    }

    private AtLeastOnceDeliverySnapshot ReadDeliverySnapshot(BinaryReader reader)
    {
        var currentDeliveryId = reader.Read7BitEncodedInt64();
        var deliveries = new List<UnconfirmedDelivery>();
        for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
        {
            var deliveryId = reader.Read7BitEncodedInt64();
            var destination = ActorPath.Parse(reader.ReadString());
            deliveries.Add(new UnconfirmedDelivery(deliveryId, destination, reader.ReadPayload(system)));
        }

        return new AtLeastOnceDeliverySnapshot(currentDeliveryId, [.. deliveries]);
    }
}
