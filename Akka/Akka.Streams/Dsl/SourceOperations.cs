using Akka.Streams.Implementation;

namespace Akka.Streams.Dsl;

/// <summary>Operators of sources. A function that throws fails the stream.</summary>
public static class SourceOperations
{
    /// <summary>Each element changed by a function.</summary>
    public static Source<TOut, TMat> Select<TIn, TOut, TMat>(this Source<TIn, TMat> flow, Func<TIn, TOut> mapper)
    {
        ArgumentNullException.ThrowIfNull(mapper);
        return flow.Through((_, feed) => new SelectFeed<TIn, TOut>(feed, mapper));
    }

    /// <summary>None, one or several elements for each.</summary>
    public static Source<TOut, TMat> SelectMany<TIn, TOut, TMat>(this Source<TIn, TMat> flow, Func<TIn, IEnumerable<TOut>> mapConcater)
    {
        ArgumentNullException.ThrowIfNull(mapConcater);
        return flow.Through((run, feed) => new SelectManyFeed<TIn, TOut>(run, feed, mapConcater));
    }

    /// <summary>Each element changed by a function that takes its time; the order stays. A task that fails fails the stream at once.</summary>
    /// <param name="flow">The source.</param>
    /// <param name="parallelism">Most tasks at a time, from 1.</param>
    /// <param name="asyncMapper">The function.</param>
    public static Source<TOut, TMat> SelectAsync<TIn, TOut, TMat>(this Source<TIn, TMat> flow, int parallelism, Func<TIn, Task<TOut>> asyncMapper)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(parallelism);
        ArgumentNullException.ThrowIfNull(asyncMapper);
        return flow.Through((run, feed) => new SelectAsyncFeed<TIn, TOut>(run, feed, parallelism, asyncMapper));
    }

    /// <summary>The elements that a predicate holds for.</summary>
    public static Source<TOut, TMat> Where<TOut, TMat>(this Source<TOut, TMat> flow, Predicate<TOut> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        return flow.Through((_, feed) => new WhereFeed<TOut>(feed, predicate));
    }

    /// <summary>The first elements; then the stream completes.</summary>
    public static Source<TOut, TMat> Take<TOut, TMat>(this Source<TOut, TMat> flow, long n) =>
        flow.Through((_, feed) => new TakeFeed<TOut>(feed, n));

    /// <summary>The elements before the first that the predicate does not hold for; then the stream completes.</summary>
    /// <param name="flow">The source.</param>
    /// <param name="predicate">The predicate.</param>
    /// <param name="inclusive">Whether that first one is passed on too.</param>
    public static Source<TOut, TMat> TakeWhile<TOut, TMat>(this Source<TOut, TMat> flow, Predicate<TOut> predicate, bool inclusive = false)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        return flow.Through((_, feed) => new TakeWhileFeed<TOut>(feed, predicate, inclusive));
    }

    /// <summary>Without the first elements.</summary>
    public static Source<TOut, TMat> Skip<TOut, TMat>(this Source<TOut, TMat> flow, long n) =>
        flow.Through((_, feed) =>
        {
            var left = n;
            return new WhereFeed<TOut>(feed, _ => left <= 0 || left-- <= 0);
        });

    /// <summary>Groups of so many elements; the last one may be smaller.</summary>
    public static Source<IEnumerable<TIn>, TMat> Grouped<TIn, TMat>(this Source<TIn, TMat> flow, int n)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        return flow.Through((_, feed) => new GroupedFeed<TIn>(feed, n));
    }
}
