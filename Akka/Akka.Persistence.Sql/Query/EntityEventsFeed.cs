using Akka.Actor;
using Akka.Persistence.Query;
using Akka.Streams.Implementation;

namespace Akka.Persistence.Sql.Query;

/// <summary>Events of one entity. It has one writer, so nothing appears before what has been seen.</summary>
internal sealed class EntityEventsFeed(StreamRun run, QueryStore store, IActorRef watch, string persistenceId, long from, long to, bool live)
    : PageFeed<EventRow, EventEnvelope>(run, watch)
{
    private long _next = from;
    private bool _mayHaveMore = true;

    protected override bool Watches => live;

    protected override bool IsComplete => _next > to || (!live && !_mayHaveMore);

    protected override Task<List<EventRow>>? ReadNext()
    {
        if (!_mayHaveMore)
            return null;
        // What comes while the page is read is not forgotten.
        _mayHaveMore = false;
        return store.OfEntity(persistenceId, _next, to);
    }

    protected override void OnPage(List<EventRow> page)
    {
        if (page.Count == 0)
            return;
        _mayHaveMore |= page.Count == store.Settings.PageSize;
        _next = page[^1].SequenceNr + 1;
    }

    protected override void OnChanged() => _mayHaveMore = true;

    protected override IEnumerable<EventEnvelope> Elements(EventRow row) => store.Envelopes(row);
}
