using Akka.Actor;
using Akka.Streams.Implementation;

namespace Akka.Persistence.Sql.Query;

/// <summary>
/// Which entities there are: first by id, then, when live, those of the events that come. A live one remembers all ids: an entity is
/// told once, whatever becomes of its first events.
/// </summary>
internal sealed class PersistenceIdsFeed(StreamRun run, QueryStore store, IActorRef watch, bool live)
    : PageFeed<(long Ordering, string Id), string>(run, watch)
{
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private string _afterId = "";
    private bool _knowsPresent;
    private long? _after;
    private long _reads;

    protected override bool Watches => live;

    protected override bool IsComplete => _knowsPresent && !live;

    protected override Task<List<(long Ordering, string Id)>>? ReadNext()
    {
        if (!live)
            return Present();
        if (Position is not { } position)
            return null;
        // What becomes visible while the present ones are read is read again.
        _after ??= position.Settled;
        if (!_knowsPresent)
            return Present();
        _reads = position.Settled;
        return _reads > _after ? store.IdsBehind(_after.Value, _reads) : null;
    }

    protected override void OnPage(List<(long Ordering, string Id)> page)
    {
        var full = page.Count == store.Settings.PageSize;
        if (_knowsPresent)
            _after = full ? page[^1].Ordering : _reads;
        else if (full)
            _afterId = page[^1].Id;
        else
            _knowsPresent = true;
    }

    protected override IEnumerable<string> Elements((long Ordering, string Id) row) => !live || _told.Add(row.Id) ? [row.Id] : [];

    private async Task<List<(long Ordering, string Id)>> Present() =>
        (await store.Ids(_afterId).ConfigureAwait(false)).ConvertAll(id => (0L, id));
}
