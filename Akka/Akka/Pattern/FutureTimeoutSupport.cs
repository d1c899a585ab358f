using Akka.Actor;
using Akka.Util;

namespace Akka.Pattern;

/// <summary>Tasks that begin later.</summary>
public static class FutureTimeoutSupport
{
    /// <summary>Starts the task after that time on the scheduler's clock and gives its outcome.</summary>
    public static Task<T> After<T>(TimeSpan duration, IScheduler scheduler, Func<Task<T>> value)
    {
        if (duration != Timeout.InfiniteTimeSpan && duration < TimeSpan.FromMilliseconds(1)) return Start(value);
        var started = new TaskCompletionSource<Task<T>>(TaskCreationOptions.RunContinuationsAsynchronously);
        scheduler.Advanced.ScheduleOnce(duration, () => started.TrySetResult(Start(value)));
        return started.Task.Unwrap();
    }

    private static Task<T> Start<T>(Func<Task<T>> value)
    {
        try
        {
            return value();
        }
        catch (Exception e)
        {
            return Task.FromException<T>(e);
        }
    }
}

/// <summary>Tasks that are tried again.</summary>
public static class RetrySupport
{
    public static Task<T> Retry<T>(Func<Task<T>> attempt, int attempts) => Retry(attempt, attempts, static _ => Option<TimeSpan>.None, null);

    public static Task<T> Retry<T>(
        Func<Task<T>> attempt, int attempts, TimeSpan minBackoff, TimeSpan maxBackoff, int randomFactor, IScheduler scheduler) =>
        Retry(attempt, attempts, tried => new Option<TimeSpan>(BackoffSupervisor.CalculateDelay(tried, minBackoff, maxBackoff, randomFactor)), scheduler);

    public static Task<T> Retry<T>(Func<Task<T>> attempt, int attempts, TimeSpan delay, IScheduler scheduler) =>
        Retry(attempt, attempts, _ => new Option<TimeSpan>(delay), scheduler);

    /// <summary>Tries as often as allowed; the function gives the pause after each failed attempt, counted from 1.</summary>
    public static async Task<T> Retry<T>(Func<Task<T>> attempt, int attempts, Func<int, Option<TimeSpan>> delayFunction, IScheduler? scheduler)
    {
        ArgumentNullException.ThrowIfNull(attempt);
        ArgumentOutOfRangeException.ThrowIfNegative(attempts);
        for (var tried = 1; ; tried++)
        {
            try
            {
                return await attempt().ConfigureAwait(false);
            }
            catch (Exception) when (tried < attempts)
            {
                // only the last failure is reported
            }
            var delay = delayFunction(tried);
            if (delay.HasValue && scheduler is not null)
                await FutureTimeoutSupport.After(delay.Value, scheduler, static () => Task.FromResult(Done.Instance)).ConfigureAwait(false);
        }
    }
}
