namespace Akka.Streams.Implementation;

/// <summary>What a feed has.</summary>
internal enum Polled
{
    /// <summary>An element.</summary>
    Element,

    /// <summary>Nothing yet; whoever holds it up wakes the stream.</summary>
    Later,

    /// <summary>Nothing any more.</summary>
    End,
}

/// <summary>
/// What a part of a stream reads from: parts pull, and nothing is read that nobody asked for. Only the stream's actor uses it. It throws
/// what fails the stream, and may be polled in vain at any time.
/// </summary>
internal abstract class Feed<T>
{
    public abstract Polled Poll(out T element);

    /// <summary>Nothing more is wanted: gives free what it holds, and so on upwards. May come several times, and at the end too.</summary>
    public abstract void Cancel();

    protected static Polled Nothing(Polled why, out T element)
    {
        element = default!;
        return why;
    }
}

/// <summary>Where a stream ends: it pulls what comes.</summary>
internal interface IStreamEnd
{
    /// <summary>Takes what is there; true when the stream has ended.</summary>
    bool Advance();

    /// <summary>The stream failed.</summary>
    void Fail(Exception cause);

    /// <summary>Gives free what the stream holds.</summary>
    void Cancel();
}

internal interface ISinkBlueprint<TIn, out TMat>
{
    /// <summary>Makes the run's end.</summary>
    TMat Build(StreamRun run, Feed<TIn> feed);
}

internal interface IFlowBlueprint<TIn, TOut, out TMat>
{
    TMat Build(StreamRun run, Feed<TIn> feed, out Feed<TOut> behind);
}

internal interface IRunnableBlueprint<out TMat>
{
    TMat Build(StreamRun run);
}
