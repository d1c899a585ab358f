using Akka.Actor;
using Akka.Persistence.Query;
using Akka.Streams.Implementation;

namespace Akka.Persistence.Sql.Query;

/// <summary>Events of all entities, with a tag or all of them, in the order of the journal.</summary>
internal sealed class OrderedEventsFeed(StreamRun run, QueryStore store, IActorRef watch, string? tag, long after, bool live)
    : PageFeed<EventRow, EventEnvelope>(run, watch)
{
    private long _after = after;
    private long _reads;
    private long? _last = live ? long.MaxValue : null;

    protected override bool Watches => true;

    protected override bool IsComplete => _after >= _last;

    protected override Task<List<EventRow>>? ReadNext()
    {
        _reads = Math.Min(Position?.Settled ?? 0, _last ?? 0);
        return _reads > _after ? store.Ordered(tag, _after, _reads) : null;
    }

    protected override void OnPage(List<EventRow> page) => _after = page.Count == store.Settings.PageSize ? page[^1].Ordering : _reads;

    // A query of what is there ends with what was there when it began.
    protected override void OnChanged() => _last ??= Position?.Highest;

    protected override IEnumerable<EventEnvelope> Elements(EventRow row) => store.Envelopes(row);
}
