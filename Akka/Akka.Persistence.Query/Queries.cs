using Akka.Streams.Dsl;

namespace Akka.Persistence.Query;

/// <summary>Reads the events of one entity, and those that come.</summary>
public interface IEventsByPersistenceIdQuery : IReadJournal
{
    /// <summary>The entity's events in order. Goes on with those that are stored later; completes with the last one asked for.</summary>
    /// <param name="persistenceId">The entity.</param>
    /// <param name="fromSequenceNr">Sequence number of the first event.</param>
    /// <param name="toSequenceNr">Sequence number of the last event; <see cref="long.MaxValue"/> for all.</param>
    Source<EventEnvelope, NotUsed> EventsByPersistenceId(string persistenceId, long fromSequenceNr, long toSequenceNr);
}

/// <summary>Reads the events of one entity.</summary>
public interface ICurrentEventsByPersistenceIdQuery : IReadJournal
{
    /// <summary>The entity's events in order, as far as there are any.</summary>
    /// <inheritdoc cref="IEventsByPersistenceIdQuery.EventsByPersistenceId" />
    Source<EventEnvelope, NotUsed> CurrentEventsByPersistenceId(string persistenceId, long fromSequenceNr, long toSequenceNr);
}

/// <summary>Reads the events with a tag, and those that come.</summary>
public interface IEventsByTagQuery : IReadJournal
{
    /// <summary>The events with the tag, of all entities, in the journal's order. Goes on with those that are stored later.</summary>
    /// <param name="tag">The tag.</param>
    /// <param name="offset">Of the last event that is known: it begins behind that one.</param>
    Source<EventEnvelope, NotUsed> EventsByTag(string tag, Offset offset);
}

/// <summary>Reads the events with a tag.</summary>
public interface ICurrentEventsByTagQuery : IReadJournal
{
    /// <summary>The events with the tag, of all entities, in the journal's order, as far as there were any when it began.</summary>
    /// <inheritdoc cref="IEventsByTagQuery.EventsByTag" />
    Source<EventEnvelope, NotUsed> CurrentEventsByTag(string tag, Offset offset);
}

/// <summary>Reads all events, and those that come.</summary>
public interface IAllEventsQuery : IReadJournal
{
    /// <summary>All events in the journal's order. Goes on with those that are stored later.</summary>
    /// <param name="offset">Of the last event that is known: it begins behind that one.</param>
    Source<EventEnvelope, NotUsed> AllEvents(Offset offset);
}

/// <summary>Reads all events.</summary>
public interface ICurrentAllEventsQuery : IReadJournal
{
    /// <summary>All events in the journal's order, as far as there were any when it began.</summary>
    /// <inheritdoc cref="IAllEventsQuery.AllEvents" />
    Source<EventEnvelope, NotUsed> CurrentAllEvents(Offset offset);
}

/// <summary>Reads which entities there are, and those that come.</summary>
public interface IPersistenceIdsQuery : IReadJournal
{
    /// <summary>The id of each entity that has events, once, in no order. Goes on with those that store their first event later.</summary>
    Source<string, NotUsed> PersistenceIds();
}

/// <summary>Reads which entities there are.</summary>
public interface ICurrentPersistenceIdsQuery : IReadJournal
{
    /// <summary>The id of each entity that has events, once, in no order.</summary>
    Source<string, NotUsed> CurrentPersistenceIds();
}
