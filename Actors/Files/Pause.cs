namespace Mooring.Actors.Files;

/// <summary>Waiting by the clock that was given.</summary>
internal static class Pause
{
    /// <summary>Waits.</summary>
    /// <param name="clock">The clock.</param>
    /// <param name="time">How long.</param>
    /// <param name="cancellationToken">Ends the wait at once, without an error.</param>
    /// <returns>Completes when the time is over.</returns>
    public static async Task ForAsync(TimeProvider clock, TimeSpan time, CancellationToken cancellationToken)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var timer = clock.CreateTimer(_ => over.TrySetResult(), null, time, Timeout.InfiniteTimeSpan);
        await using var stop = cancellationToken.Register(() => over.TrySetResult());
        await over.Task.ConfigureAwait(false);
    }
}
