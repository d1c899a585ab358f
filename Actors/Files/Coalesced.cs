namespace Mooring.Actors.Files;

/// <summary>
/// Work that many callers want at once, such as a look at the block store: each gets the result of a run that began after it asked, and
/// those that asked during one run share the next. Thread-safe.
/// </summary>
/// <param name="work">The work.</param>
internal sealed class Coalesced(Func<Task> work)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _next;
    private bool _running;

    /// <summary>Waits for a run that begins after this call.</summary>
    /// <returns>Completes, or fails, as that run does.</returns>
    public Task RunAsync()
    {
        lock (_lock)
        {
            _next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var mine = _next.Task;
            if (!_running)
            {
                _running = true;
                _ = LoopAsync();
            }
            return mine;
        }
    }

    private async Task LoopAsync()
    {
        while (true)
        {
            TaskCompletionSource current;
            lock (_lock)
            {
                if (_next is null)
                {
                    _running = false;
                    return;
                }
                (current, _next) = (_next, null);
            }
            try
            {
                await work().ConfigureAwait(false);
                current.SetResult();
            }
            catch (Exception e)
            {
                current.SetException(e);
            }
        }
    }
}
