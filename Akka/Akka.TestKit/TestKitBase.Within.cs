namespace Akka.TestKit;

public abstract partial class TestKitBase
{
    public void Within(TimeSpan max, Action action, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        Within(TimeSpan.Zero, max, action, null, epsilonValue, cancellationToken);

    public Task WithinAsync(TimeSpan max, Func<Task> actionAsync, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        WithinAsync(TimeSpan.Zero, max, actionAsync, null, epsilonValue, cancellationToken);

    public void Within(
        TimeSpan min, TimeSpan max, Action action, string? hint = null, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        Done(RunWithin(min, max, () => { action(); return Task.FromResult(0); }, hint, epsilonValue, cancellationToken));

    public Task WithinAsync(
        TimeSpan min, TimeSpan max, Func<Task> actionAsync, string? hint = null, TimeSpan? epsilonValue = null,
        CancellationToken cancellationToken = default) =>
        RunWithin(min, max, async () => { await actionAsync().ConfigureAwait(false); return 0; }, hint, epsilonValue, cancellationToken);

    public T Within<T>(TimeSpan max, Func<T> function, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        Within(TimeSpan.Zero, max, function, null, epsilonValue, cancellationToken);

    public Task<T> WithinAsync<T>(TimeSpan max, Func<Task<T>> function, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        WithinAsync(TimeSpan.Zero, max, function, null, epsilonValue, cancellationToken);

    public T Within<T>(
        TimeSpan min, TimeSpan max, Func<T> function, string? hint = null, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        Done(RunWithin(min, max, () => Task.FromResult(function()), hint, epsilonValue, cancellationToken));

    public Task<T> WithinAsync<T>(
        TimeSpan min, TimeSpan max, Func<Task<T>> function, string? hint = null, TimeSpan? epsilonValue = null,
        CancellationToken cancellationToken = default) =>
        RunWithin(min, max, function, hint, epsilonValue, cancellationToken);

    /// <summary>Expectations inside share the time; it is an error to take longer, or less than the minimum.</summary>
    private async Task<T> RunWithin<T>(
        TimeSpan min, TimeSpan max, Func<Task<T>> function, string? hint, TimeSpan? epsilonValue, CancellationToken cancellationToken)
    {
        if (min < TimeSpan.Zero) throw new ArgumentException("Must be positive TimeSpan", nameof(min));
        if (max < TimeSpan.Zero) throw new ArgumentException("Must be positive TimeSpan", nameof(max));
        cancellationToken.ThrowIfCancellationRequested();
        var limit = Dilated(max);
        var start = Now;
        var remaining = _end is { } outer ? NotNegative(outer - start) : limit;
        if (remaining > limit) remaining = limit;
        _assertions.AssertTrue(remaining >= min, "Required min time {0} not possible, only {1} left. {2}", min, remaining, hint ?? "");

        _lastWasNoMessage = false;
        var endBefore = _end;
        _end = start + remaining;
        T result;
        try
        {
            result = await function().ConfigureAwait(false);
        }
        finally
        {
            _end = endBefore;
        }

        var elapsed = Now - start;
        if (elapsed < min) _assertions.Fail("Failed: Block took {0}, should have at least been {1}. {2}", elapsed, min, hint ?? "");

        // waiting for silence uses the time up to its end
        if (!_lastWasNoMessage && elapsed > remaining + (epsilonValue ?? TimeSpan.Zero))
            _assertions.Fail("Failed: Block took {0}, exceeding {1}. {2}", elapsed, remaining, hint ?? "");
        return result;
    }
}
