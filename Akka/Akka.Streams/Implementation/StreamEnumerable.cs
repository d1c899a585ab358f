namespace Akka.Streams.Implementation;

/// <summary>Runs a stream for each enumeration.</summary>
internal sealed class StreamEnumerable<T>(Func<EnumeratorEnd<T>> run) : IAsyncEnumerable<T>
{
    public async IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        var end = run();
        try
        {
            while (await end.Next().WaitAsync(cancellationToken).ConfigureAwait(false))
                yield return end.Current;
        }
        finally
        {
            end.Leave();
        }
    }
}

/// <summary>An end that reads one element each time somebody asks for one.</summary>
internal sealed class EnumeratorEnd<T> : IStreamEnd
{
    private readonly StreamRun _run;
    private readonly Feed<T> _feed;
    private readonly Lock _lock = new();
    // Guarded by the lock: who asks may do so when the actor has gone.
    private TaskCompletionSource<bool>? _asked;
    private Exception? _failure;
    private bool _ended;
    private bool _left;

    private EnumeratorEnd(StreamRun run, Feed<T> feed) => (_run, _feed) = (run, feed);

    public T Current { get; private set; } = default!;

    public static EnumeratorEnd<T> Attach(StreamRun run, Feed<T> feed)
    {
        var end = new EnumeratorEnd<T>(run, feed);
        run.End = end;
        return end;
    }

    /// <summary>Asks for the next element: true when it is in <see cref="Current"/>, false at the end.</summary>
    public Task<bool> Next()
    {
        var asked = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_failure is not null)
                return Task.FromException<bool>(_failure);
            if (_ended)
                return Task.FromResult(false);
            _asked = asked;
        }
        _run.Wake();
        return asked.Task;
    }

    /// <summary>Nobody will ask any more.</summary>
    public void Leave() => _run.Post(() => _left = true);

    public bool Advance()
    {
        if (_left)
        {
            End();
            return true;
        }
        lock (_lock)
        {
            if (_asked is null)
                return false;
        }
        var polled = _feed.Poll(out var element);
        if (polled == Polled.Later)
            return false;
        if (polled == Polled.End)
        {
            End();
            return true;
        }
        TaskCompletionSource<bool> satisfied;
        lock (_lock)
        {
            Current = element;
            satisfied = _asked!;
            _asked = null;
        }
        satisfied.TrySetResult(true);
        return false;
    }

    public void Fail(Exception cause)
    {
        TaskCompletionSource<bool>? asked;
        lock (_lock)
        {
            (_failure, asked, _asked) = (cause, _asked, null);
        }
        asked?.TrySetException(cause);
    }

    public void Cancel() => _feed.Cancel();

    private void End()
    {
        _feed.Cancel();
        TaskCompletionSource<bool>? asked;
        lock (_lock)
        {
            (_ended, asked, _asked) = (true, _asked, null);
        }
        asked?.TrySetResult(false);
    }
}
