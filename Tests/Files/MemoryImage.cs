using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Files;

/// <summary>
/// An image in memory that keeps apart what is durable and what was only written. It can be stopped at any request, as by the death of the machine, and
/// then shows what the next opening may find: what was flushed, and of the rest any choice, torn at sectors.
/// </summary>
internal sealed class MemoryImage(long sizeBytes) : IOpenImage
{
    private const int SectorBytes = 512;

    private readonly Lock _gate = new();
    private readonly byte[] _durable = new byte[sizeBytes];
    private readonly byte[] _written = new byte[sizeBytes];
    private List<(long Offset, byte[] Bytes)> _unflushed = [];

    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _letGo = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How many changing requests there were.</summary>
    public int Requests { get; private set; }

    /// <summary>The request, from 1 on, that is the first one not to happen any more; none happens after it.</summary>
    public int StopAt { get; set; } = int.MaxValue;

    /// <summary>Makes writes fail.</summary>
    public Func<long, int, Exception?> Fails { get; set; } = (_, _) => null;

    /// <summary>Whether a write is held back: it happens when <see cref="ReleaseHeld"/> is called.</summary>
    public Func<long, bool> Holds { get; set; } = _ => false;

    /// <summary>Completes when a write is held back.</summary>
    public Task Held => _held.Task;

    public VolumeId Volume { get; } = new("rbd", "", "area");

    public long SizeBytes => sizeBytes;

    public bool IsStopped => Requests >= StopAt;

    public Task ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        RequireWithin(offset, buffer.Length);
        lock (_gate)
            _written.AsSpan((int)offset, buffer.Length).CopyTo(buffer.Span);
        return Task.CompletedTask;
    }

    public Task WriteAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        RequireWithin(offset, data.Length);
        lock (_gate)
        {
            if (Holds(offset))
            {
                var late = data.ToArray();
                _held.TrySetResult();
                return WriteLateAsync(offset, late);
            }
            var stopped = Begin();
            // The write in which it stops may have reached the disk in part.
            if (!stopped || Requests == StopAt)
                _unflushed.Add((offset, data.ToArray()));
            if (stopped)
                return Task.FromException(Stopped());
            if (Fails(offset, data.Length) is { } failure)
                return Task.FromException(failure);
            data.Span.CopyTo(_written.AsSpan((int)offset));
        }
        return Task.CompletedTask;
    }

    public Task FlushAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (Begin())
                return Task.FromException(Stopped());
            foreach (var (offset, bytes) in _unflushed)
                bytes.CopyTo(_durable, offset);
            _unflushed = [];
        }
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Lets the write happen that is held back.</summary>
    public void ReleaseHeld() => _letGo.TrySetResult();

    /// <summary>What may be found after the stop: of what was not flushed, each sector by chance.</summary>
    /// <param name="chance">Decides; null keeps nothing of it.</param>
    public MemoryImage AfterStop(Random? chance)
    {
        var image = new MemoryImage(sizeBytes);
        lock (_gate)
        {
            _durable.CopyTo(image._durable, 0);
            // Everything, nothing, or a mixture.
            var share = chance?.Next(3) switch { 0 => 1.0, 1 => chance.NextDouble(), _ => 0.0 };
            foreach (var (offset, bytes) in chance is null ? [] : _unflushed)
            {
                for (var begin = 0L; begin < bytes.Length;)
                {
                    var end = Math.Min(bytes.Length, ((offset + begin) / SectorBytes * SectorBytes) + SectorBytes - offset);
                    if (chance!.NextDouble() < share)
                        bytes.AsSpan((int)begin, (int)(end - begin)).CopyTo(image._durable.AsSpan((int)(offset + begin)));
                    begin = end;
                }
            }
        }
        image._durable.CopyTo(image._written, 0);
        return image;
    }

    /// <summary>An independent copy of what can be read now.</summary>
    public MemoryImage Copy()
    {
        var image = new MemoryImage(sizeBytes);
        lock (_gate)
            _written.CopyTo(image._durable, 0);
        image._durable.CopyTo(image._written, 0);
        return image;
    }

    /// <summary>Changes bytes behind everybody's back.</summary>
    public void Damage(long offset, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            bytes.CopyTo(_written.AsSpan((int)offset));
            bytes.CopyTo(_durable.AsSpan((int)offset));
        }
    }

    private async Task WriteLateAsync(long offset, byte[] bytes)
    {
        await _letGo.Task;
        Damage(offset, bytes);
    }

    private static BlockStoreException Stopped() => new(ErrorKind.Unavailable, "the machine has stopped", 107);

    // True when it has stopped.
    private bool Begin()
    {
        if (Requests < StopAt)
            Requests++;
        return Requests >= StopAt;
    }

    private void RequireWithin(long offset, int length)
    {
        if (offset < 0 || offset > sizeBytes - length)
            throw new InvalidOperationException($"a request of {length} bytes at {offset} is outside the image of {sizeBytes}");
    }
}
