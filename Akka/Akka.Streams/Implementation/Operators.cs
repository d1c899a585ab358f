namespace Akka.Streams.Implementation;

internal sealed class SelectFeed<TIn, TOut>(Feed<TIn> feed, Func<TIn, TOut> mapper) : Feed<TOut>
{
    public override Polled Poll(out TOut element)
    {
        var polled = feed.Poll(out var next);
        element = polled == Polled.Element ? mapper(next) : default!;
        return polled;
    }

    public override void Cancel() => feed.Cancel();
}

internal sealed class WhereFeed<T>(Feed<T> feed, Predicate<T> predicate) : Feed<T>
{
    public override Polled Poll(out T element)
    {
        // Ends: what makes the elements ends a turn.
        while (true)
        {
            var polled = feed.Poll(out element);
            if (polled != Polled.Element || predicate(element))
                return polled;
        }
    }

    public override void Cancel() => feed.Cancel();
}

internal sealed class TakeFeed<T>(Feed<T> feed, long count) : Feed<T>
{
    private long _left = count;

    public override Polled Poll(out T element)
    {
        if (_left <= 0)
            return Nothing(Polled.End, out element);
        var polled = feed.Poll(out element);
        // With the last one: the source must not wait for somebody to ask for one more.
        if (polled == Polled.Element && --_left == 0)
            feed.Cancel();
        return polled;
    }

    public override void Cancel() => feed.Cancel();
}

internal sealed class TakeWhileFeed<T>(Feed<T> feed, Predicate<T> predicate, bool inclusive) : Feed<T>
{
    private bool _ended;

    public override Polled Poll(out T element)
    {
        if (_ended)
            return Nothing(Polled.End, out element);
        var polled = feed.Poll(out element);
        if (polled != Polled.Element || predicate(element))
            return polled;
        _ended = true;
        feed.Cancel();
        return inclusive ? Polled.Element : Nothing(Polled.End, out element);
    }

    public override void Cancel() => feed.Cancel();
}

internal sealed class GroupedFeed<T>(Feed<T> feed, int size) : Feed<IEnumerable<T>>
{
    private List<T> _group = [];

    public override Polled Poll(out IEnumerable<T> element)
    {
        while (true)
        {
            var polled = feed.Poll(out var next);
            if (polled == Polled.Element)
                _group.Add(next);
            if (_group.Count == size || (polled == Polled.End && _group.Count > 0))
            {
                element = _group;
                _group = [];
                return Polled.Element;
            }
            if (polled != Polled.Element)
                return Nothing(polled, out element);
        }
    }

    public override void Cancel() => feed.Cancel();
}

internal sealed class SelectManyFeed<TIn, TOut>(StreamRun run, Feed<TIn> feed, Func<TIn, IEnumerable<TOut>> mapper) : Feed<TOut>
{
    private EnumeratorFeed<TOut>? _inner;

    public override Polled Poll(out TOut element)
    {
        while (true)
        {
            if (_inner is not null)
            {
                var polled = _inner.Poll(out element);
                if (polled != Polled.End)
                    return polled;
                _inner = null;
            }
            var outer = feed.Poll(out var next);
            if (outer != Polled.Element)
                return Nothing(outer, out element);
            _inner = new EnumeratorFeed<TOut>(run, mapper(next).GetEnumerator);
        }
    }

    public override void Cancel()
    {
        var inner = _inner;
        _inner = null;
        inner?.Cancel();
        feed.Cancel();
    }
}
