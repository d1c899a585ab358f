using System.Collections.Immutable;

namespace Akka.Streams.Implementation;

/// <summary>An end that reads all it gets and has a result.</summary>
internal abstract class TaskEnd<TIn, TResult>(Feed<TIn> feed) : IStreamEnd
{
    // Whoever waits goes on on another thread than the stream's.
    private readonly TaskCompletionSource<TResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<TResult> Task => _result.Task;

    public bool Advance()
    {
        while (true)
        {
            var polled = feed.Poll(out var element);
            if (polled == Polled.Later)
                return false;
            if (polled == Polled.Element && Take(element))
                continue;
            feed.Cancel();
            _result.TrySetResult(Result());
            return true;
        }
    }

    public void Fail(Exception cause) => _result.TrySetException(cause);

    public void Cancel() => feed.Cancel();

    /// <summary>Whether it wants more.</summary>
    protected abstract bool Take(TIn element);

    protected abstract TResult Result();
}

internal sealed class AggregateEnd<TIn, TResult>(Feed<TIn> feed, TResult zero, Func<TResult, TIn, TResult> aggregate) : TaskEnd<TIn, TResult>(feed)
{
    private TResult _state = zero;

    protected override bool Take(TIn element)
    {
        _state = aggregate(_state, element);
        return true;
    }

    protected override TResult Result() => _state;
}

internal sealed class SeqEnd<T>(Feed<T> feed) : TaskEnd<T, IImmutableList<T>>(feed)
{
    private readonly ImmutableArray<T>.Builder _elements = ImmutableArray.CreateBuilder<T>();

    protected override bool Take(T element)
    {
        _elements.Add(element);
        return true;
    }

    protected override IImmutableList<T> Result() => _elements.ToImmutable();
}

internal sealed class FirstEnd<T>(Feed<T> feed, bool orDefault) : TaskEnd<T, T>(feed)
{
    private T _first = default!;
    private bool _found;

    protected override bool Take(T element)
    {
        (_first, _found) = (element, true);
        return false;
    }

    protected override T Result() => _found || orDefault ? _first : throw new NoSuchElementException("First of empty stream");
}

/// <summary>A stream that must have an element has none.</summary>
internal sealed class NoSuchElementException(string message) : Exception(message);
