using Mooring.Messages;

namespace Mooring.Storage.EventLog;

/// <summary>
/// Group commit: one write at a time; what arrives meanwhile goes out together in the next one. A write takes the appends whose streams have not
/// moved on and refuses the others, with all that waits behind them.
/// </summary>
internal abstract class AppendQueue(string name, EventLogLimits limits)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Append> _waiting = new();
    private long _waitingBytes;
    private bool _writing;

    public Task<bool> AppendAsync(string stream, long firstNumber, IReadOnlyList<ReadOnlyMemory<byte>> events)
    {
        var append = new Append(stream, firstNumber, events);
        lock (_lock)
        {
            if (_waiting.Count >= limits.WaitingCountMax || _waitingBytes + append.Bytes > limits.WaitingBytesMax && _waiting.Count > 0)
                throw new BlockStoreException(ErrorKind.Overloaded, $"{name} has {_waiting.Count} appends ({_waitingBytes} bytes) waiting");
            append.Node = _waiting.AddLast(append);
            _waitingBytes += append.Bytes;
            if (_writing)
                return append.Done.Task;
            _writing = true;
        }
        // On another thread: what the caller appends right after this goes out in the same write.
        _ = Task.Run(WriteAllAsync);
        return append.Done.Task;
    }

    /// <summary>
    /// Writes appends, of each stream only such as follow each other, and says how each fared: <see cref="Accept"/> or <see cref="Refuse"/>. What
    /// it throws belongs to all that have not been told.
    /// </summary>
    protected abstract Task WriteAsync(List<Append> batch);

    /// <summary>These are durable.</summary>
    protected static void Accept(IEnumerable<Append> appends)
    {
        foreach (var append in appends)
            append.Done.TrySetResult(true);
    }

    /// <summary>Some streams have moved on: what was asked for behind a refused append counted on that append.</summary>
    /// <returns>The appends of the batch that are left.</returns>
    protected List<Append> Refuse(List<Append> batch, HashSet<string> streams)
    {
        foreach (var append in batch.Where(append => streams.Contains(append.Stream)).Concat(TakeWaiting(streams)))
            append.Done.TrySetResult(false);
        return batch.FindAll(append => !streams.Contains(append.Stream));
    }

    private async Task WriteAllAsync()
    {
        while (Take() is { } batch)
        {
            try
            {
                await WriteAsync(batch).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // It belongs to those who wait for this batch; the next batch may fare better.
                foreach (var append in batch)
                    append.Done.TrySetException(e);
            }
        }
    }

    // In order. Of one stream only appends that follow each other without a gap share a write; the others wait for its outcome.
    private List<Append>? Take()
    {
        lock (_lock)
        {
            var batch = new List<Append>();
            var next = new Dictionary<string, long>(StringComparer.Ordinal);
            long bytes = 0;
            for (var node = _waiting.First; node is not null && batch.Count < limits.BatchCountMax; node = node.Next)
            {
                var append = node.Value;
                if (batch.Count > 0 && bytes + append.Bytes > limits.BatchBytesMax)
                    break;
                if (next.TryGetValue(append.Stream, out var expected) && expected != append.FirstNumber)
                {
                    // -1: nor may what comes after it.
                    next[append.Stream] = -1;
                    continue;
                }
                next[append.Stream] = append.NextNumber;
                batch.Add(append);
                bytes += append.Bytes;
            }
            foreach (var append in batch)
                _waiting.Remove(append.Node!);
            _waitingBytes -= bytes;
            _writing = batch.Count > 0;
            return _writing ? batch : null;
        }
    }

    private List<Append> TakeWaiting(HashSet<string> streams)
    {
        lock (_lock)
        {
            var taken = _waiting.Where(append => streams.Contains(append.Stream)).ToList();
            foreach (var append in taken)
            {
                _waiting.Remove(append.Node!);
                _waitingBytes -= append.Bytes;
            }
            return taken;
        }
    }

    /// <summary>Events of one stream that are appended together.</summary>
    internal sealed class Append(string stream, long firstNumber, IReadOnlyList<ReadOnlyMemory<byte>> events)
    {
        public string Stream { get; } = stream;

        public long FirstNumber { get; } = firstNumber;

        public long NextNumber => FirstNumber + Events.Count;

        public IReadOnlyList<ReadOnlyMemory<byte>> Events { get; } = events;

        public long Bytes { get; } = events.Sum(e => (long)e.Length);

        /// <summary>Where it stands in the queue.</summary>
        public LinkedListNode<Append>? Node { get; set; }

        public TaskCompletionSource<bool> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
