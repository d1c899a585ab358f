using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>
/// The appends to one object of the event log: one write at a time; what arrives meanwhile goes out together in the next one. The write compares
/// the highest number of every stream in it. When it is refused, the streams that have moved on are told so, with all that waits for them, and the
/// others go out again.
/// </summary>
internal sealed class JournalAppends(CephConnection connection, string oid, CephStoreOptions options)
{
    private readonly object _lock = new();
    private readonly LinkedList<Append> _waiting = new();
    private long _waitingBytes;
    private bool _writing;

    public Task<bool> AppendAsync(JournalKeys keys, long firstNumber, IReadOnlyList<ReadOnlyMemory<byte>> events)
    {
        var append = new Append(keys, firstNumber, events);
        lock (_lock)
        {
            if (_waiting.Count >= options.JournalQueueMax || _waitingBytes + append.Bytes > options.JournalQueueBytesMax && _waiting.Count > 0)
                throw new BlockStoreException(ErrorKind.Overloaded, $"the journal object {oid} has {_waiting.Count} appends ({_waitingBytes} bytes) waiting");
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
            for (var node = _waiting.First; node is not null && batch.Count < options.JournalBatchMax; node = node.Next)
            {
                var append = node.Value;
                if (batch.Count > 0 && bytes + append.Bytes > options.JournalBatchBytesMax)
                    break;
                var stream = append.Keys.EventPrefix;
                if (next.TryGetValue(stream, out var expected) && expected != append.FirstNumber)
                {
                    // -1: nor may what comes after it.
                    next[stream] = -1;
                    continue;
                }
                next[stream] = append.NextNumber;
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

    private async Task WriteAsync(List<Append> batch)
    {
        var pending = batch;
        while (pending.Count > 0)
        {
            connection.ThrowIfUnusable();
            var result = await Compose(pending).RunAsync(connection.Metadata, oid).ConfigureAwait(false);
            if (result != CephErrors.Cancelled)
            {
                if (result < 0)
                    throw connection.Failure(result, $"append to the journal object {oid}");
                foreach (var append in pending)
                    append.Done.TrySetResult(true);
                return;
            }
            pending = await WithoutStaleAsync(pending).ConfigureAwait(false);
        }
    }

    private static WriteOperation Compose(List<Append> appends)
    {
        var operation = new WriteOperation().Create();
        var compared = new HashSet<string>(StringComparer.Ordinal);
        foreach (var append in appends)
        {
            if (compared.Add(append.Keys.EventPrefix))
                operation.OmapEquals(append.Keys.Highest, JournalKeys.Text(append.FirstNumber - 1));
        }
        foreach (var append in appends)
        {
            for (var i = 0; i < append.Events.Count; i++)
                operation.OmapSet(append.Keys.Event(append.FirstNumber + i), append.Events[i].Span);
            operation.OmapSet(append.Keys.Highest, JournalKeys.Text(append.NextNumber - 1));
        }
        return operation;
    }

    private async Task<List<Append>> WithoutStaleAsync(List<Append> refused)
    {
        var streams = refused.GroupBy(append => append.Keys.EventPrefix).ToList();
        var stale = streams;
        if (streams.Count > 1)
        {
            var (result, entries) = await ReadOperation.OmapAsync(connection.Metadata, oid, [.. streams.Select(stream => stream.First().Keys.Highest)])
                .ConfigureAwait(false);
            connection.Check(result, $"read the journal object {oid}");
            var highest = entries.ToDictionary(entry => Convert.ToHexString(entry.Key), entry => JournalKeys.Number(entry.Value));
            stale = streams.FindAll(
                stream => highest.GetValueOrDefault(Convert.ToHexString(stream.First().Keys.Highest)) != stream.First().FirstNumber - 1);
        }
        // Numbers only rise, so whatever refused the write is still there to be seen; without that this would not end.
        if (stale.Count == 0)
            throw new BlockStoreException(ErrorKind.Internal, $"the journal object {oid} refused a write whose numbers are all right");
        var gone = stale.Select(stream => stream.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var append in refused.Where(append => gone.Contains(append.Keys.EventPrefix)).Concat(TakeWaiting(gone)))
            append.Done.TrySetResult(false);
        return refused.FindAll(append => !gone.Contains(append.Keys.EventPrefix));
    }

    // What was asked for before an append of its stream was refused counted on that append.
    private List<Append> TakeWaiting(HashSet<string> streams)
    {
        lock (_lock)
        {
            var taken = _waiting.Where(append => streams.Contains(append.Keys.EventPrefix)).ToList();
            foreach (var append in taken)
            {
                _waiting.Remove(append.Node!);
                _waitingBytes -= append.Bytes;
            }
            return taken;
        }
    }

    private sealed class Append(JournalKeys keys, long firstNumber, IReadOnlyList<ReadOnlyMemory<byte>> events)
    {
        public JournalKeys Keys { get; } = keys;

        public long FirstNumber { get; } = firstNumber;

        public long NextNumber => FirstNumber + Events.Count;

        public IReadOnlyList<ReadOnlyMemory<byte>> Events { get; } = events;

        public long Bytes { get; } = events.Sum(e => (long)e.Length);

        /// <summary>Where it stands in the queue.</summary>
        public LinkedListNode<Append>? Node { get; set; }

        public TaskCompletionSource<bool> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
