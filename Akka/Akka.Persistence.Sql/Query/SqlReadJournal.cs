using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence.Query;
using Akka.Streams.Dsl;

namespace Akka.Persistence.Sql.Query;

/// <summary>
/// Reads what the SQL journal stores. Offsets of queries over all entities are <see cref="Sequence"/>, the number of the event's row.
/// Events pass the event adapters of the journal that writes them. A query that cannot read the database fails.
/// </summary>
public class SqlReadJournal :
    IPersistenceIdsQuery,
    ICurrentPersistenceIdsQuery,
    IEventsByPersistenceIdQuery,
    ICurrentEventsByPersistenceIdQuery,
    IEventsByTagQuery,
    ICurrentEventsByTagQuery,
    IAllEventsQuery,
    ICurrentAllEventsQuery
{
    private readonly QueryStore _store;
    private readonly IActorRef _watch;

    /// <summary>With the section of the configuration.</summary>
    /// <exception cref="ConfigurationException">A required key is missing or a value is not supported.</exception>
    public SqlReadJournal(ExtendedActorSystem system, Config config)
    {
        _store = new QueryStore(system, new QuerySettings(system, config));
        _watch = JournalWatch.Start(system, _store);
    }

    /// <summary>HOCON path of the read journal.</summary>
    public static string Identifier => SqlPersistence.ReadJournalConfigPath;

    /// <inheritdoc />
    public Source<string, NotUsed> PersistenceIds() => Source.Of(run => new PersistenceIdsFeed(run, _store, _watch, live: true));

    /// <inheritdoc />
    public Source<string, NotUsed> CurrentPersistenceIds() => Source.Of(run => new PersistenceIdsFeed(run, _store, _watch, live: false));

    /// <inheritdoc />
    public Source<EventEnvelope, NotUsed> EventsByPersistenceId(string persistenceId, long fromSequenceNr, long toSequenceNr) =>
        Source.Of(run => new EntityEventsFeed(run, _store, _watch, persistenceId, fromSequenceNr, toSequenceNr, live: true));

    /// <inheritdoc />
    public Source<EventEnvelope, NotUsed> CurrentEventsByPersistenceId(string persistenceId, long fromSequenceNr, long toSequenceNr) =>
        Source.Of(run => new EntityEventsFeed(run, _store, _watch, persistenceId, fromSequenceNr, toSequenceNr, live: false));

    /// <inheritdoc />
    /// <exception cref="ArgumentException">The offset is of another kind.</exception>
    public Source<EventEnvelope, NotUsed> EventsByTag(string tag, Offset offset) => Ordered(tag, offset, live: true);

    /// <inheritdoc />
    /// <exception cref="ArgumentException">The offset is of another kind.</exception>
    public Source<EventEnvelope, NotUsed> CurrentEventsByTag(string tag, Offset offset) => Ordered(tag, offset, live: false);

    /// <inheritdoc />
    /// <exception cref="ArgumentException">The offset is of another kind.</exception>
    public Source<EventEnvelope, NotUsed> AllEvents(Offset offset) => Ordered(null, offset, live: true);

    /// <inheritdoc />
    /// <exception cref="ArgumentException">The offset is of another kind.</exception>
    public Source<EventEnvelope, NotUsed> CurrentAllEvents(Offset offset) => Ordered(null, offset, live: false);

    private Source<EventEnvelope, NotUsed> Ordered(string? tag, Offset? offset, bool live)
    {
        var after = offset switch
        {
            null or NoOffset => 0,
            Akka.Persistence.Query.Sequence sequence => sequence.Value,
            _ => throw new ArgumentException($"SqlReadJournal does not support {offset.GetType().Name} offsets", nameof(offset)),
        };
        return Source.Of(run => new OrderedEventsFeed(run, _store, _watch, tag, after, live));
    }
}
