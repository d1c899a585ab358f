namespace Mooring.Storage.Files;

/// <summary>A number of bytes that may be on their way at once; who wants more than is left waits, first come, first served.</summary>
internal sealed class ByteBudget
{
    private readonly long _bytesMax;
    private readonly Lock _gate = new();
    private readonly Queue<(long Bytes, TaskCompletionSource Granted)> _waiting = new();
    private long _left;

    public ByteBudget(long bytesMax) => _bytesMax = _left = bytesMax;

    /// <summary>Waits until nothing is on its way.</summary>
    public async Task DrainAsync()
    {
        await TakeAsync(_bytesMax).ConfigureAwait(false);
        Give(_bytesMax);
    }

    /// <summary>Takes so many bytes; more than there ever are count as all of them.</summary>
    public Task TakeAsync(long bytes)
    {
        bytes = Math.Min(bytes, _bytesMax);
        lock (_gate)
        {
            if (_waiting.Count == 0 && _left >= bytes)
            {
                _left -= bytes;
                return Task.CompletedTask;
            }
            var granted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue((bytes, granted));
            return granted.Task;
        }
    }

    /// <summary>Gives them back.</summary>
    public void Give(long bytes)
    {
        lock (_gate)
        {
            _left += Math.Min(bytes, _bytesMax);
            while (_waiting.TryPeek(out var next) && _left >= next.Bytes)
            {
                _waiting.Dequeue();
                _left -= next.Bytes;
                next.Granted.SetResult();
            }
        }
    }
}
