using Akka.Streams.Implementation;

namespace Akka.Streams.Dsl;

/// <summary>The beginning of a stream; operators make longer ones of it. Nothing is read before it is run, and nothing without demand.</summary>
/// <typeparam name="TOut">Type of the elements.</typeparam>
/// <typeparam name="TMat">What a run gives.</typeparam>
public sealed class Source<TOut, TMat> : IGraph<SourceShape<TOut>, TMat>
{
    private readonly Func<StreamRun, (Feed<TOut> Feed, TMat Mat)> _build;

    internal Source(Func<StreamRun, (Feed<TOut> Feed, TMat Mat)> build) => _build = build;

    object IGraph<SourceShape<TOut>>.Blueprint => this;

    /// <summary>With a part behind it; the part's own value is not kept.</summary>
    public Source<T2, TMat> Via<T2, TMat2>(IGraph<FlowShape<TOut, T2>, TMat2> flow) => ViaMaterialized(flow, Keep.Left);

    /// <summary>With a part behind it.</summary>
    /// <param name="flow">The part.</param>
    /// <param name="combine">What a run gives, from what this and the part give; see <see cref="Keep"/>.</param>
    public Source<T2, TMat3> ViaMaterialized<T2, TMat2, TMat3>(IGraph<FlowShape<TOut, T2>, TMat2> flow, Func<TMat, TMat2, TMat3> combine)
    {
        var blueprint = (IFlowBlueprint<TOut, T2, TMat2>)flow.Blueprint;
        return new Source<T2, TMat3>(run =>
        {
            var (feed, left) = _build(run);
            var right = blueprint.Build(run, feed, out var behind);
            return (behind, combine(left, right));
        });
    }

    /// <summary>Into a sink; what the sink gives is not kept.</summary>
    public IRunnableGraph<TMat> To<TMat2>(IGraph<SinkShape<TOut>, TMat2> sink) => ToMaterialized(sink, Keep.Left);

    /// <summary>Into a sink.</summary>
    /// <param name="sink">The sink.</param>
    /// <param name="combine">What a run gives, from what this and the sink give; see <see cref="Keep"/>.</param>
    public IRunnableGraph<TMat3> ToMaterialized<TMat2, TMat3>(IGraph<SinkShape<TOut>, TMat2> sink, Func<TMat, TMat2, TMat3> combine)
    {
        var blueprint = (ISinkBlueprint<TOut, TMat2>)sink.Blueprint;
        return new RunnableStream<TMat3>(run =>
        {
            var (feed, left) = _build(run);
            return combine(left, blueprint.Build(run, feed));
        });
    }

    /// <summary>The same source; what a run gives is changed by the function.</summary>
    public Source<TOut, TMat2> MapMaterializedValue<TMat2>(Func<TMat, TMat2> mapFunc) => new(run =>
    {
        var (feed, mat) = _build(run);
        return (feed, mapFunc(mat));
    });

    /// <summary>Runs it into a sink; the result is the sink's.</summary>
    public TMat2 RunWith<TMat2>(IGraph<SinkShape<TOut>, TMat2> sink, IMaterializer materializer) =>
        ToMaterialized(sink, Keep.Right).Run(materializer);

    /// <summary>Runs it and does something with each element, one at a time. The task completes or fails with the stream.</summary>
    public Task<Done> RunForeach(Action<TOut> action, IMaterializer materializer) => RunWith(Sink.ForEach(action), materializer);

    /// <summary>Runs it and combines all elements. The task completes or fails with the stream.</summary>
    public Task<TOut2> RunAggregate<TOut2>(TOut2 zero, Func<TOut2, TOut, TOut2> aggregate, IMaterializer materializer) =>
        RunWith(Sink.Aggregate(zero, aggregate), materializer);

    /// <summary>
    /// The elements for <c>await foreach</c>. Each enumeration runs the stream anew, reads one element for each that is asked for, and
    /// ends the stream when it is left.
    /// </summary>
    public IAsyncEnumerable<TOut> RunAsAsyncEnumerable(IMaterializer materializer) => new StreamEnumerable<TOut>(
        () => new RunnableStream<EnumeratorEnd<TOut>>(run => EnumeratorEnd<TOut>.Attach(run, _build(run).Feed)).Run(materializer));

    internal Source<T2, TMat> Through<T2>(Func<StreamRun, Feed<TOut>, Feed<T2>> operation) => new(run =>
    {
        var (feed, mat) = _build(run);
        return (operation(run, feed), mat);
    });
}

/// <summary>Makes sources.</summary>
public static class Source
{
    /// <summary>The elements of an enumerable, which is enumerated anew for each run.</summary>
    public static Source<T, NotUsed> From<T>(IEnumerable<T> enumerable)
    {
        ArgumentNullException.ThrowIfNull(enumerable);
        return Of(run => new EnumeratorFeed<T>(run, enumerable.GetEnumerator));
    }

    /// <summary>What an enumerator gives that is made for each run.</summary>
    public static Source<T, NotUsed> FromEnumerator<T>(Func<IEnumerator<T>> enumeratorFactory)
    {
        ArgumentNullException.ThrowIfNull(enumeratorFactory);
        return Of(run => new EnumeratorFeed<T>(run, enumeratorFactory));
    }

    /// <summary>The task's result; fails as the task does.</summary>
    public static Source<T, NotUsed> FromTask<T>(Task<T> task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return Of(run => new TaskFeed<T>(run, task));
    }

    /// <summary>One element.</summary>
    public static Source<T, NotUsed> Single<T>(T element) => From([element]);

    /// <summary>No element.</summary>
    public static Source<T, NotUsed> Empty<T>() => From<T>([]);

    /// <summary>Fails.</summary>
    public static Source<T, NotUsed> Failed<T>(Exception cause)
    {
        ArgumentNullException.ThrowIfNull(cause);
        return Of(_ => new FailedFeed<T>(cause));
    }

    internal static Source<T, NotUsed> Of<T>(Func<StreamRun, Feed<T>> feed) => new(run => (feed(run), NotUsed.Instance));
}
