using System.Collections.Immutable;
using Akka.Actor;
using Akka.Annotations;
using Akka.Persistence.Serialization;

namespace Akka.Persistence;

/// <summary>What a persistent actor sends to its journal: an <see cref="AtomicWrite"/> or a message that only passes through.</summary>
public interface IPersistentEnvelope
{
    /// <summary>The message or messages.</summary>
    object Payload { get; }

    /// <summary>Who sent the command that led to it.</summary>
    IActorRef? Sender { get; }

    /// <summary>Number of messages.</summary>
    int Size { get; }
}

/// <summary>An event with what the journal stores about it.</summary>
public interface IPersistentRepresentation : IMessage
{
    /// <summary>The event.</summary>
    object Payload { get; }

    /// <summary>Manifest that an event adapter gave; empty when there is none.</summary>
    string Manifest { get; }

    /// <summary>Id of the entity that persisted it.</summary>
    string PersistenceId { get; }

    /// <summary>Position in the entity's history, from 1.</summary>
    long SequenceNr { get; }

    /// <summary>When it was written, in UTC ticks; 0 before.</summary>
    long Timestamp { get; }

    /// <summary>Id of the actor incarnation that wrote it.</summary>
    string WriterGuid { get; }

    /// <summary>Whether it was deleted logically.</summary>
    bool IsDeleted { get; }

    /// <summary>Who sent the command that led to it; not stored.</summary>
    IActorRef? Sender { get; }

    /// <summary>A copy with another time.</summary>
    IPersistentRepresentation WithTimestamp(long timestamp);

    /// <summary>A copy with another event.</summary>
    IPersistentRepresentation WithPayload(object payload);

    /// <summary>A copy with another manifest.</summary>
    IPersistentRepresentation WithManifest(string manifest);

    /// <summary>A copy with other bookkeeping.</summary>
    IPersistentRepresentation Update(long sequenceNr, string persistenceId, bool isDeleted, IActorRef? sender, string writerGuid);
}

/// <summary>Passes through the journal, so that its handler runs after the events before it; it is not stored.</summary>
internal sealed class NonPersistentMessage(object payload, IActorRef? sender) : IPersistentEnvelope
{
    public object Payload { get; } = payload;

    public IActorRef? Sender { get; } = sender;

    public int Size => 1;
}

/// <summary>Events that are stored together or not at all.</summary>
public sealed class AtomicWrite : IPersistentEnvelope, IMessage
{
    // Most writes have one event; its list is made when somebody asks for it.
    private readonly IPersistentRepresentation? _single;
    private IImmutableList<IPersistentRepresentation>? _payload;

    /// <summary>One event.</summary>
    public AtomicWrite(IPersistentRepresentation @event)
    {
        _single = @event;
        Sender = @event.Sender;
        PersistenceId = @event.PersistenceId;
        LowestSequenceNr = HighestSequenceNr = @event.SequenceNr;
    }

    /// <summary>Several events of one persistence id, in order.</summary>
    /// <exception cref="ArgumentException">The list is empty or mixes persistence ids.</exception>
    public AtomicWrite(IImmutableList<IPersistentRepresentation> payload)
    {
        if (payload is null || payload.Count == 0)
            throw new ArgumentException("Payload of AtomicWrite must not be empty.", nameof(payload));
        var first = payload[0];
        for (var i = 1; i < payload.Count; i++)
        {
            if (payload[i].PersistenceId != first.PersistenceId)
                throw new ArgumentException(
                    $"AtomicWrite must contain messages for the same persistenceId, yet different persistenceIds found: {first.PersistenceId}, {payload[i].PersistenceId}",
                    nameof(payload));
        }

        _payload = payload;
        Sender = first.Sender;
        PersistenceId = first.PersistenceId;
        LowestSequenceNr = first.SequenceNr;
        HighestSequenceNr = payload[^1].SequenceNr;
    }

    /// <summary>The events, an <see cref="IImmutableList{T}"/> of <see cref="IPersistentRepresentation"/>.</summary>
    public object Payload => _payload ??= ImmutableArray.Create(_single!);

    /// <inheritdoc />
    public IActorRef? Sender { get; }

    /// <inheritdoc />
    public int Size => _single is null ? _payload!.Count : 1;

    /// <summary>The entity that all events belong to.</summary>
    public string PersistenceId { get; }

    /// <summary>Sequence number of the first event.</summary>
    public long LowestSequenceNr { get; }

    /// <summary>Sequence number of the last event.</summary>
    public long HighestSequenceNr { get; }

    internal IPersistentRepresentation this[int index] => _single is null || index != 0 ? _payload![index] : _single;

    /// <inheritdoc />
    public override string ToString() => $"AtomicWrite<pid: {PersistenceId}, lowSeqNr: {LowestSequenceNr}, highSeqNr: {HighestSequenceNr}, size: {Size}>";
}

/// <summary>The representation that journals make and replay.</summary>
[InternalApi]
public class Persistent : IPersistentRepresentation, IEquatable<IPersistentRepresentation>
{
    /// <summary>Value of an unset manifest, persistence id or writer.</summary>
    public static string Undefined { get; } = string.Empty;

    /// <summary>An event with its bookkeeping.</summary>
    public Persistent(
        object payload,
        long sequenceNr = 0,
        string? persistenceId = null,
        string? manifest = null,
        bool isDeleted = false,
        IActorRef? sender = null,
        string? writerGuid = null,
        long timestamp = 0)
    {
        Payload = payload;
        SequenceNr = sequenceNr;
        PersistenceId = persistenceId ?? Undefined;
        Manifest = manifest ?? Undefined;
        IsDeleted = isDeleted;
        Sender = sender;
        WriterGuid = writerGuid ?? Undefined;
        Timestamp = timestamp;
    }

    /// <inheritdoc />
    public object Payload { get; }

    /// <inheritdoc />
    public long SequenceNr { get; }

    /// <inheritdoc />
    public string PersistenceId { get; }

    /// <inheritdoc />
    public string Manifest { get; }

    /// <inheritdoc />
    public bool IsDeleted { get; }

    /// <inheritdoc />
    public IActorRef? Sender { get; }

    /// <inheritdoc />
    public string WriterGuid { get; }

    /// <inheritdoc />
    public long Timestamp { get; }

    /// <inheritdoc />
    public IPersistentRepresentation WithPayload(object payload) =>
        new Persistent(payload, SequenceNr, PersistenceId, Manifest, IsDeleted, Sender, WriterGuid, Timestamp);

    /// <inheritdoc />
    public IPersistentRepresentation WithManifest(string manifest) => Manifest == manifest
        ? this
        : new Persistent(Payload, SequenceNr, PersistenceId, manifest, IsDeleted, Sender, WriterGuid, Timestamp);

    /// <inheritdoc />
    public IPersistentRepresentation WithTimestamp(long timestamp) => Timestamp == timestamp
        ? this
        : new Persistent(Payload, SequenceNr, PersistenceId, Manifest, IsDeleted, Sender, WriterGuid, timestamp);

    /// <inheritdoc />
    public IPersistentRepresentation Update(long sequenceNr, string persistenceId, bool isDeleted, IActorRef? sender, string writerGuid) =>
        new Persistent(Payload, sequenceNr, persistenceId, Manifest, isDeleted, sender, writerGuid, Timestamp);

    /// <summary>The copy that a journal stores: without the sender.</summary>
    internal Persistent ForJournal(long timestamp) =>
        new(Payload, SequenceNr, PersistenceId, Manifest, IsDeleted, ActorRefs.NoSender, WriterGuid, timestamp);

    /// <inheritdoc />
    public bool Equals(IPersistentRepresentation? other) => other is not null
        && SequenceNr == other.SequenceNr
        && IsDeleted == other.IsDeleted
        && Timestamp == other.Timestamp
        && PersistenceId == other.PersistenceId
        && Manifest == other.Manifest
        && WriterGuid == other.WriterGuid
        && Equals(Sender, other.Sender)
        && Equals(Payload, other.Payload);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as IPersistentRepresentation);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(PersistenceId, SequenceNr, Payload, WriterGuid);

    /// <inheritdoc />
    public override string ToString() => $"Persistent<pid: {PersistenceId}, seqNr: {SequenceNr}, deleted: {IsDeleted}, manifest: {Manifest}, payload: {Payload}>";
}
