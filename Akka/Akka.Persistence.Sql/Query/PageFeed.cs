using Akka.Actor;
using Akka.Streams.Implementation;

namespace Akka.Persistence.Sql.Query;

/// <summary>Reads page by page: the next one when everything of the last one has been taken. Holds one page.</summary>
internal abstract class PageFeed<TRow, T>(StreamRun run, IActorRef watch) : Feed<T>
{
    private readonly Queue<TRow> _rows = new();
    private readonly Queue<T> _elements = new();
    private bool _begun;
    private bool _reading;
    private bool _cancelled;

    /// <summary>How far the journal can be read; null before it is known.</summary>
    protected JournalPosition? Position { get; private set; }

    /// <summary>Whether it has to know how far the journal can be read.</summary>
    protected abstract bool Watches { get; }

    /// <summary>Whether there is nothing to read any more.</summary>
    protected abstract bool IsComplete { get; }

    public sealed override Polled Poll(out T element)
    {
        while (true)
        {
            if (_elements.TryDequeue(out element!))
                return Polled.Element;
            if (_cancelled)
                return Polled.End;
            if (_rows.Count == 0)
                break;
            if (!run.MayGoOn())
                return Polled.Later;
            foreach (var made in Elements(_rows.Dequeue()))
                _elements.Enqueue(made);
        }
        Begin();
        if (!_reading && IsComplete)
            return Polled.End;
        if (!_reading && ReadNext() is { } page)
            Await(page);
        return Polled.Later;
    }

    public sealed override void Cancel()
    {
        _cancelled = true;
        _rows.Clear();
        _elements.Clear();
    }

    /// <summary>Begins to read the next page; null when there is none until the journal changes.</summary>
    protected abstract Task<List<TRow>>? ReadNext();

    /// <summary>A page is there: where the next one begins.</summary>
    protected abstract void OnPage(List<TRow> page);

    /// <summary>The journal can be read further, or has been written to.</summary>
    protected virtual void OnChanged()
    {
    }

    protected abstract IEnumerable<T> Elements(TRow row);

    private void Begin()
    {
        if (_begun)
            return;
        _begun = true;
        if (Watches)
            watch.Tell(new JournalWatch.Subscribe(run, OnChanged), ActorRefs.NoSender);
    }

    private void OnChanged(JournalPosition position)
    {
        Position = position;
        OnChanged();
    }

    private void Await(Task<List<TRow>> page)
    {
        _reading = true;
        run.PostWhenDone(page, () =>
        {
            _reading = false;
            if (_cancelled)
                return;
            var rows = page.GetAwaiter().GetResult();
            OnPage(rows);
            foreach (var row in rows)
                _rows.Enqueue(row);
        });
    }
}
