namespace Akka.Simulation;

/// <summary>The bytes of one end of a connection.</summary>
internal sealed class SimulatedStream(SimulatedConnection connection) : Stream
{
    private readonly Queue<ReadOnlyMemory<byte>> _arrived = new();
    private TaskCompletionSource<int>? _reading;
    private Memory<byte> _buffer;
    private Exception? _failure;
    private bool _ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_reading is not null)
            throw new InvalidOperationException("one read at a time");
        if (TryTake(buffer, out var count))
            return ValueTask.FromResult(count);
        if (_failure is not null)
            return ValueTask.FromException<int>(_failure);
        _buffer = buffer;
        _reading = new TaskCompletionSource<int>();
        return new ValueTask<int>(_reading.Task);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            connection.Send(buffer.ToArray());
            return ValueTask.CompletedTask;
        }
        catch (IOException e)
        {
            return ValueTask.FromException(e);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("it would block");

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => connection.Send(buffer.AsSpan(offset, count).ToArray());

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Bytes have come; none stand for the end.</summary>
    public void Arrive(byte[] bytes)
    {
        if (_failure is not null)
            return;
        if (bytes.Length == 0)
            _ended = true;
        else
            _arrived.Enqueue(bytes);
        if (_reading is not { } reading || !TryTake(_buffer, out var count))
            return;
        (_reading, _buffer) = (null, default);
        reading.TrySetResult(count);
    }

    public void Fail(Exception failure)
    {
        _failure ??= failure;
        var reading = _reading;
        (_reading, _buffer) = (null, default);
        reading?.TrySetException(failure);
    }

    private bool TryTake(Memory<byte> buffer, out int count)
    {
        count = 0;
        while (count < buffer.Length && _arrived.TryPeek(out var first))
        {
            var take = Math.Min(first.Length, buffer.Length - count);
            first[..take].CopyTo(buffer[count..]);
            count += take;
            _arrived.Dequeue();
            if (take < first.Length)
                Requeue(first[take..]);
        }
        return count > 0 || _ended;
    }

    private void Requeue(ReadOnlyMemory<byte> rest)
    {
        var behind = _arrived.ToList();
        _arrived.Clear();
        _arrived.Enqueue(rest);
        behind.ForEach(_arrived.Enqueue);
    }
}
