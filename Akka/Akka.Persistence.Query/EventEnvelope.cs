namespace Akka.Persistence.Query;

/// <summary>An event as a query gives it, with its place.</summary>
public sealed class EventEnvelope : IEquatable<EventEnvelope>
{
    public EventEnvelope(Offset offset, string persistenceId, long sequenceNr, object @event)
        : this(offset, persistenceId, sequenceNr, @event, 0, [])
    {
    }

    public EventEnvelope(Offset offset, string persistenceId, long sequenceNr, object @event, long timestamp)
        : this(offset, persistenceId, sequenceNr, @event, timestamp, [])
    {
    }

    public EventEnvelope(Offset offset, string persistenceId, long sequenceNr, object @event, long timestamp, string[] tags)
    {
        Offset = offset;
        PersistenceId = persistenceId;
        SequenceNr = sequenceNr;
        Event = @event;
        Timestamp = timestamp;
        Tags = tags;
    }

    /// <summary>From here a query goes on behind this event.</summary>
    public Offset Offset { get; }

    public string PersistenceId { get; }

    public long SequenceNr { get; }

    public object Event { get; }

    /// <summary>When it was stored, in ticks.</summary>
    public long Timestamp { get; }

    public string[] Tags { get; }

    public bool Equals(EventEnvelope? other) =>
        other is not null && Equals(Offset, other.Offset) && PersistenceId == other.PersistenceId && SequenceNr == other.SequenceNr
        && Equals(Event, other.Event) && Timestamp == other.Timestamp && Tags.SequenceEqual(other.Tags);

    public override bool Equals(object? obj) => Equals(obj as EventEnvelope);

    public override int GetHashCode() => HashCode.Combine(Offset, PersistenceId, SequenceNr, Event, Timestamp);

    public override string ToString() =>
        $"EventEnvelope(persistenceId:{PersistenceId}, seqNr:{SequenceNr}, offset:{Offset}, event:{Event}, timestamp:{Timestamp}, tags:[{string.Join(", ", Tags)}])";
}
