using System.Collections.Immutable;
using Akka.Streams.Implementation;

namespace Akka.Streams.Dsl;

/// <summary>The end of a stream.</summary>
/// <typeparam name="TIn">Type of the elements.</typeparam>
/// <typeparam name="TMat">What a run gives.</typeparam>
public sealed class Sink<TIn, TMat> : IGraph<SinkShape<TIn>, TMat>, ISinkBlueprint<TIn, TMat>
{
    private readonly Func<StreamRun, Feed<TIn>, TMat> _build;

    internal Sink(Func<StreamRun, Feed<TIn>, TMat> build) => _build = build;

    object IGraph<SinkShape<TIn>>.Blueprint => this;

    /// <summary>The same sink; what a run gives is changed by the function.</summary>
    public Sink<TIn, TMat2> MapMaterializedValue<TMat2>(Func<TMat, TMat2> fn) => new((run, feed) => fn(_build(run, feed)));

    TMat ISinkBlueprint<TIn, TMat>.Build(StreamRun run, Feed<TIn> feed) => _build(run, feed);
}

/// <summary>Makes sinks. Their tasks fail when the stream fails.</summary>
public static class Sink
{
    /// <summary>The first element; no more is read. Fails when there is none.</summary>
    public static Sink<TIn, Task<TIn>> First<TIn>() => Of<TIn, TIn>(feed => new FirstEnd<TIn>(feed, orDefault: false));

    /// <summary>The first element, the type's default when there is none; no more is read.</summary>
    public static Sink<TIn, Task<TIn>> FirstOrDefault<TIn>() => Of<TIn, TIn>(feed => new FirstEnd<TIn>(feed, orDefault: true));

    /// <summary>All elements.</summary>
    public static Sink<TIn, Task<IImmutableList<TIn>>> Seq<TIn>() => Of<TIn, IImmutableList<TIn>>(feed => new SeqEnd<TIn>(feed));

    /// <summary>Reads everything and keeps nothing.</summary>
    public static Sink<TIn, Task<Done>> Ignore<TIn>() => ForEach<TIn>(_ => { });

    /// <summary>Does something with each element, one at a time.</summary>
    public static Sink<TIn, Task<Done>> ForEach<TIn>(Action<TIn> action)
    {
        ArgumentNullException.ThrowIfNull(action);
        return Aggregate<TIn, Done>(Done.Instance, (done, element) =>
        {
            action(element);
            return done;
        });
    }

    /// <summary>All elements combined.</summary>
    public static Sink<TIn, Task<TOut>> Aggregate<TIn, TOut>(TOut zero, Func<TOut, TIn, TOut> aggregate)
    {
        ArgumentNullException.ThrowIfNull(aggregate);
        return Of<TIn, TOut>(feed => new AggregateEnd<TIn, TOut>(feed, zero, aggregate));
    }

    private static Sink<TIn, Task<TResult>> Of<TIn, TResult>(Func<Feed<TIn>, TaskEnd<TIn, TResult>> create) => new((run, feed) =>
    {
        var end = create(feed);
        run.End = end;
        return end.Task;
    });
}
