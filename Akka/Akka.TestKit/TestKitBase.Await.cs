namespace Akka.TestKit;

public abstract partial class TestKitBase
{
    private static readonly TimeSpan IntervalMax = TimeSpan.FromMilliseconds(100);

    /// <summary>Tries until the assertion holds; the last failure is thrown when it does not in time.</summary>
    public void AwaitAssert(Action assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        Done(RetryAssert(Wrap(assertion), duration, interval, async: false, cancellationToken));

    public Task AwaitAssertAsync(Action assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        RetryAssert(Wrap(assertion), duration, interval, async: true, cancellationToken);

    public Task AwaitAssertAsync(Func<Task> assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        RetryAssert(assertion, duration, interval, async: true, cancellationToken);

    public void AwaitCondition(Func<bool> conditionIsFulfilled, CancellationToken cancellationToken = default) =>
        AwaitCondition(conditionIsFulfilled, null, null, null, cancellationToken);

    public Task AwaitConditionAsync(Func<Task<bool>> conditionIsFulfilled, CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(conditionIsFulfilled, null, null, null, cancellationToken);

    public Task AwaitConditionAsync(Func<bool> conditionIsFulfilled, CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(conditionIsFulfilled, null, null, null, cancellationToken);

    public void AwaitCondition(Func<bool> conditionIsFulfilled, TimeSpan? max, CancellationToken cancellationToken = default) =>
        AwaitCondition(conditionIsFulfilled, max, null, null, cancellationToken);

    public Task AwaitConditionAsync(Func<Task<bool>> conditionIsFulfilled, TimeSpan? max, CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(conditionIsFulfilled, max, null, null, cancellationToken);

    public void AwaitCondition(Func<bool> conditionIsFulfilled, TimeSpan? max, string message, CancellationToken cancellationToken = default) =>
        AwaitCondition(conditionIsFulfilled, max, null, message, cancellationToken);

    public Task AwaitConditionAsync(
        Func<Task<bool>> conditionIsFulfilled, TimeSpan? max, string message, CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(conditionIsFulfilled, max, null, message, cancellationToken);

    public Task AwaitConditionAsync(Func<bool> conditionIsFulfilled, TimeSpan? max, string message, CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(conditionIsFulfilled, max, null, message, cancellationToken);

    public void AwaitCondition(
        Func<bool> conditionIsFulfilled, TimeSpan? max, TimeSpan? interval, string? message = null, CancellationToken cancellationToken = default) =>
        Done(RequireCondition(Wrap(conditionIsFulfilled), max, interval, message, async: false, cancellationToken));

    public Task AwaitConditionAsync(
        Func<Task<bool>> conditionIsFulfilled, TimeSpan? max, TimeSpan? interval, string? message = null, CancellationToken cancellationToken = default) =>
        RequireCondition(conditionIsFulfilled, max, interval, message, async: true, cancellationToken);

    public Task AwaitConditionAsync(
        Func<bool> conditionIsFulfilled, TimeSpan? max, TimeSpan? interval, string? message = null, CancellationToken cancellationToken = default) =>
        RequireCondition(Wrap(conditionIsFulfilled), max, interval, message, async: true, cancellationToken);

    public bool AwaitConditionNoThrow(
        Func<bool> conditionIsFulfilled, TimeSpan max, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        Done(RetryCondition(Wrap(conditionIsFulfilled), Dilated(max), interval, async: false, cancellationToken));

    public Task<bool> AwaitConditionNoThrowAsync(
        Func<Task<bool>> conditionIsFulfilled, TimeSpan max, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        RetryCondition(conditionIsFulfilled, Dilated(max), interval, async: true, cancellationToken);

    public Task<bool> AwaitConditionNoThrowAsync(
        Func<bool> conditionIsFulfilled, TimeSpan max, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        RetryCondition(Wrap(conditionIsFulfilled), Dilated(max), interval, async: true, cancellationToken);

    private static Func<Task> Wrap(Action action) => () =>
    {
        action();
        return Task.CompletedTask;
    };

    private static Func<Task<bool>> Wrap(Func<bool> condition) => () => Task.FromResult(condition());

    private static async Task Pause(TimeSpan pause, bool async, CancellationToken cancellationToken)
    {
        if (async) await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
        else cancellationToken.WaitHandle.WaitOne(pause);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Short at first, so that what holds soon is noticed soon.</summary>
    private static TimeSpan NextPause(TimeSpan? interval, int attempt) =>
        interval ?? TimeSpan.FromMilliseconds(Math.Min(IntervalMax.TotalMilliseconds, 5 << Math.Min(attempt, 5)));

    private static async Task<bool> RetryCondition(
        Func<Task<bool>> condition, TimeSpan max, TimeSpan? interval, bool async, CancellationToken cancellationToken)
    {
        var stop = Now + max;
        for (var attempt = 0; ; attempt++)
        {
            if (await condition().ConfigureAwait(false)) return true;
            var left = stop - Now;
            if (left <= TimeSpan.Zero) return false;
            var pause = NextPause(interval, attempt);
            await Pause(pause < left ? pause : left, async, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RequireCondition(
        Func<Task<bool>> condition, TimeSpan? max, TimeSpan? interval, string? message, bool async, CancellationToken cancellationToken)
    {
        var limit = RemainingOrDilated(max);
        if (!await RetryCondition(condition, limit, interval, async, cancellationToken).ConfigureAwait(false))
            _assertions.Fail("Timeout {0} expired while waiting for condition. {1}", limit, message ?? "");
    }

    private async Task RetryAssert(Func<Task> assertion, TimeSpan? duration, TimeSpan? interval, bool async, CancellationToken cancellationToken)
    {
        var stop = Now + RemainingOrDilated(duration);
        for (var attempt = 0; ; attempt++)
        {
            TimeSpan left;
            try
            {
                await assertion().ConfigureAwait(false);
                return;
            }
            catch (Exception) when ((left = stop - Now) > TimeSpan.Zero)
            {
                // there is time for another try
            }

            var pause = NextPause(interval, attempt);
            await Pause(pause < left ? pause : left, async, cancellationToken).ConfigureAwait(false);
        }
    }
}
