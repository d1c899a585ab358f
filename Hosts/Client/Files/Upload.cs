using Mooring.Messages.Wire;

namespace Mooring.Client;

/// <summary>
/// One stream of bytes on its way into a file, over as many connections as it takes: what is durable is not sent again. Bytes that are not durable
/// are kept, or read again from a source that can seek. Of a long append the writer says what it has taken: that is durable at its end only, and another
/// writer wants all of it again.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="source">The bytes.</param>
/// <param name="mode">What becomes of the file.</param>
/// <param name="offset">Where to begin, for <see cref="WriteMode.At"/>.</param>
/// <param name="options">The client's.</param>
/// <param name="progress">Told how many bytes are durable.</param>
/// <param name="terms">On which terms.</param>
internal sealed class Upload(string path, Stream source, WriteMode mode, long offset, FileClientOptions options, IProgress<long>? progress, ChangeTerms terms = default)
{
    private const int ChunkBytes = 1 << 20;

    private readonly Guid _id = terms.Request ?? Guid.NewGuid();
    private readonly long _sourceStart = source.CanSeek ? source.Position : 0;
    private readonly LinkedList<(long Offset, byte[] Bytes)> _kept = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long? _base;
    private long _read;
    private long _durable;
    private long? _end;
    private int _sent = terms.SentBefore;
    private bool _begun;
    private bool _closed;

    /// <summary>How many bytes of the stream are durable, or of an append taken.</summary>
    public long DurableBytes => Interlocked.Read(ref _durable);

    public async Task<FileEntry> RunAsync(DataChannel channel, string token, IReadOnlyList<NamedReader> readers, CancellationToken cancellationToken)
    {
        // An append goes on where it was told to begin; before that it is as new.
        var resumes = mode == WriteMode.Append ? _base is not null : _begun;
        _begun = true;
        var open = new WriteOpen(token, readers, path, mode, Math.Max(offset, (_base ?? offset) + DurableBytesIfInPlace), _id, resumes, new RequestAttempt(_id, ++_sent), terms.Condition);
        await channel.Frames.WriteAsync(FrameKind.WriteOpen, open.Write, cancellationToken).ConfigureAwait(false);
        var ready = await channel.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (ready.Kind != FrameKind.WriteReady)
            throw new WireException($"an answer of kind {(byte)ready.Kind} was not expected");
        var start = new WireReader(ready.Payload.Span).Size();
        _base ??= mode is WriteMode.Append or WriteMode.At ? start : 0;
        await RewindAsync(start - _base.Value, cancellationToken).ConfigureAwait(false);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var receiving = ReceiveAsync(channel, both.Token);
        var sending = SendAsync(channel, both.Token);
        try
        {
            await await Task.WhenAny(receiving, sending).ConfigureAwait(false);
            await sending.ConfigureAwait(false);
            return await receiving.ConfigureAwait(false);
        }
        finally
        {
            await both.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(Settle(receiving), Settle(sending)).ConfigureAwait(false);
        }
    }

    private long DurableBytesIfInPlace => mode is WriteMode.Append or WriteMode.At ? DurableBytes : 0;

    private static Task Settle(Task task) => task.ContinueWith(_ => { }, TaskScheduler.Default);

    // The next byte to be sent is this one of the stream.
    private async Task RewindAsync(long position, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _durable = position;
            while (_kept.First is { } first && first.Value.Offset + first.Value.Bytes.Length <= position)
                _kept.RemoveFirst();
            var have = _kept.First?.Value.Offset ?? _read;
            if (position >= have && position <= _read)
                return;
            if (!source.CanSeek && position < have)
                throw new MooringUnreachableException($"what was sent of '{path}' is lost at byte {position}, and its source cannot be read again", null, null);
            _kept.Clear();
            (_end, _closed) = (null, false);
        }
        // Behind what was read it is an answer to an earlier sending, of which no more is wanted.
        if (source.CanSeek)
            source.Position = _sourceStart + position;
        else
            position = await SkipAsync(position, cancellationToken).ConfigureAwait(false);
        lock (_lock)
            _read = position;
    }

    private async Task<long> SkipAsync(long position, CancellationToken cancellationToken)
    {
        var dropped = new byte[Math.Min(ChunkBytes, position - _read)];
        var at = _read;
        while (at < position && await source.ReadAsync(dropped.AsMemory(0, (int)Math.Min(dropped.Length, position - at)), cancellationToken).ConfigureAwait(false) is > 0 and var count)
            at += count;
        return at;
    }

    private async Task SendAsync(DataChannel channel, CancellationToken cancellationToken)
    {
        List<(long Offset, byte[] Bytes)> again;
        long position;
        lock (_lock)
            (again, position) = ([.. _kept], _durable);
        foreach (var (at, bytes) in again)
        {
            var skip = (int)Math.Max(0, position - at);
            await SendAsync(channel, at + skip, bytes.AsMemory(skip), cancellationToken).ConfigureAwait(false);
        }
        while (_end is null)
        {
            await UntilRoomAsync(cancellationToken).ConfigureAwait(false);
            var bytes = GC.AllocateUninitializedArray<byte>(ChunkBytes);
            var count = await source.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            if (count < bytes.Length)
            {
                Array.Resize(ref bytes, count);
                _end = _read + count;
            }
            if (count == 0)
                break;
            long at;
            lock (_lock)
            {
                at = _read;
                _kept.AddLast((at, bytes));
                _read += count;
            }
            await SendAsync(channel, at, bytes, cancellationToken).ConfigureAwait(false);
        }
        _closed = true;
        await channel.Frames.WriteAsync(FrameKind.WriteClose, w => w.Int64(_base!.Value + _end!.Value), cancellationToken).ConfigureAwait(false);
    }

    private async Task SendAsync(DataChannel channel, long at, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        async ValueTask<bool> Send()
        {
            await channel.Frames.WriteChunkAsync(_base!.Value + at, bytes, cancellationToken).ConfigureAwait(false);
            return true;
        }
        await channel.BoundedAsync(Send(), cancellationToken).ConfigureAwait(false);
    }

    private async Task UntilRoomAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task moved;
            lock (_lock)
            {
                if (_read - _durable < options.WindowBytes)
                    return;
                moved = _moved.Task;
            }
            await moved.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<FileEntry> ReceiveAsync(DataChannel channel, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Silence is a failure only while something is on its way; a slow source is none.
            var frame = await NextAsync(channel, cancellationToken).ConfigureAwait(false);
            var reader = new WireReader(frame.Payload.Span);
            switch (frame.Kind)
            {
                case FrameKind.WriteAcknowledged:
                    Acknowledge(reader.Size() - _base!.Value);
                    break;
                case FrameKind.WriteDone:
                    if (_end is { } end)
                        Acknowledge(end);
                    return FileEntry.Read(ref reader);
                case FrameKind.Error:
                    throw DataChannel.Failure(frame);
                default:
                    throw new WireException($"an answer of kind {(byte)frame.Kind} was not expected");
            }
        }
    }

    private async Task<Frame> NextAsync(DataChannel channel, CancellationToken cancellationToken)
    {
        var reading = channel.Frames.ExpectAsync(cancellationToken).AsTask();
        while (true)
        {
            long before;
            lock (_lock)
                before = _read;
            try
            {
                return await reading.WaitAsync(options.AnswerTimeout, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                lock (_lock)
                {
                    // A writer says what is durable whenever it has gathered some chunks, not for each of them.
                    if (!_closed && (_read != before || _read - _durable < options.WindowBytes / 2))
                        continue;
                }
                throw new IOException($"{channel.Address} was silent for {options.AnswerTimeout.TotalSeconds:0.#} s");
            }
        }
    }

    private void Acknowledge(long durable)
    {
        lock (_lock)
        {
            if (durable > _durable)
                _durable = durable;
            while (_kept.First is { } first && first.Value.Offset + first.Value.Bytes.Length <= _durable)
                _kept.RemoveFirst();
            _moved.TrySetResult();
            _moved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        progress?.Report(durable);
    }
}
