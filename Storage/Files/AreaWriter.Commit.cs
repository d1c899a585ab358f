using Mooring.Messages;

namespace Mooring.Storage.Files;

/// <content>Group commit: one batch after the other, each with all operations that wait.</content>
public sealed partial class AreaWriter
{
    private readonly Lock _releaseGate = new();
    private readonly List<Blocks> _held = [];
    private int _releasing;
    private TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Task _settled = Task.CompletedTask;

    /// <summary>
    /// Completes when <see cref="Tree"/> has everything that a reader can have seen on the image before this call: a batch is there for readers before
    /// it is durable and in the tree. Without this wait a read here could be older than an earlier one elsewhere.
    /// </summary>
    /// <returns>Completes then.</returns>
    /// <exception cref="BlockStoreException">The commit failed, so nobody knows what readers see.</exception>
    public Task SettleAsync() => _settled;

    /// <summary>Lets everything that was asked for before be committed or fail.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Completes then: nothing of it comes later.</returns>
    /// <exception cref="BlockStoreException">As for every operation.</exception>
    public Task BarrierAsync(CancellationToken cancellationToken) => SubmitAsync(_ => null, cancellationToken);

    /// <summary>Queues an operation.</summary>
    /// <param name="decide">Adds its changes to a batch.</param>
    /// <param name="cancellationToken">Gives it up as long as it waits.</param>
    /// <param name="flushFirst">Whether content that is on the image already must be made durable before.</param>
    internal async Task<AreaCommit> SubmitAsync(Func<BatchBuilder, AreaEntry?> decide, CancellationToken cancellationToken, bool flushFirst = false)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (_broken is { } broken)
            throw new BlockStoreException(broken.Error, broken);
        if (Interlocked.Increment(ref _waiting) > _options.OperationsWaitingMax)
        {
            Interlocked.Decrement(ref _waiting);
            throw new BlockStoreException(ErrorKind.Overloaded, $"{_options.OperationsWaitingMax} operations wait for {_image.Volume} already");
        }
        try
        {
            var operation = new Operation(decide, flushFirst, cancellationToken);
            ObjectDisposedException.ThrowIf(!_operations.Writer.TryWrite(operation), this);
            return await operation.Done.Task.ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private async Task CommitAllAsync()
    {
        var builder = new BatchBuilder(_layout, _superblock.AreaId, _superblock.Epoch, _space);
        var batch = new List<Operation>();
        while (await _operations.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            try
            {
                if (_broken is { } broken)
                    throw new BlockStoreException(broken.Error, broken);
                await MakeRoomInLogAsync().ConfigureAwait(false);
                var starved = Fill(builder, batch);
                if (batch.Count > 0)
                    await CommitAsync(builder, batch).ConfigureAwait(false);
                if (starved is not null)
                    await RetryStarvedAsync(starved).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                var broken = Break(e);
                foreach (var operation in batch)
                    operation.Done.TrySetException(new BlockStoreException(broken.Error, broken));
                while (_operations.Reader.TryRead(out var operation))
                    operation.Done.TrySetException(new BlockStoreException(broken.Error, broken));
            }
        }
    }

    /// <summary>Puts operations into the batch until it is full or none waits.</summary>
    /// <returns>An operation that found no space, although some is about to become free.</returns>
    private Operation? Fill(BatchBuilder builder, List<Operation> batch)
    {
        builder.Begin(_tree);
        while (batch.Count < _options.BatchOperationsMax && _operations.Reader.TryPeek(out var operation))
        {
            try
            {
                operation.CancellationToken.ThrowIfCancellationRequested();
                if (!builder.TryAdd(operation.Decide, out operation.Entry))
                {
                    if (batch.Count > 0)
                        return null;
                    throw AreaErrors.TooBig("the operation does not fit into a batch of the log");
                }
                batch.Add(operation);
            }
            catch (BlockStoreException e) when (e.Kind == ErrorKind.NoSpace && operation.Starved < _options.SpaceAttemptsMax && IsSpaceComing(batch))
            {
                _operations.Reader.TryRead(out _);
                operation.Starved++;
                return operation;
            }
            catch (Exception e) when (e is BlockStoreException or OperationCanceledException)
            {
                // It may fail because of an operation that is in this batch and not yet durable; saying so early tells nothing wrong: if the batch fails, all do.
                operation.Done.TrySetException(e);
            }
            _operations.Reader.TryRead(out _);
        }
        return null;
    }

    private async Task RetryStarvedAsync(Operation operation)
    {
        if (NextRelease() is { } released)
            await released.ConfigureAwait(false);
        // Behind those that came meanwhile; they do not depend on it, for it has not been acknowledged.
        if (!_operations.Writer.TryWrite(operation))
            operation.Done.TrySetException(AreaErrors.NoSpace($"{FreeBytes} bytes are free"));
    }

    private async Task CommitAsync(BatchBuilder builder, List<Operation> batch)
    {
        if (batch.Exists(operation => operation.FlushFirst))
            await _image.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        var position = _tree.Point.Next;
        var (frame, told, tree) = builder.Finish(_superblock.Checkpoint.Position);
        var settled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _settled = settled.Task;
        try
        {
            await _image.WriteAsync(_layout.LogOffset(position), frame, CancellationToken.None).ConfigureAwait(false);
            await _image.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            if (_options.VerifyEpoch)
                await RequireOwnEpochAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            settled.SetException(Break(e));
            // Nobody may wait for it.
            _ = settled.Task.Exception;
            throw;
        }
        _tree = tree;
        settled.SetResult();
        // The builder is used again: what is needed later is taken out of it now.
        var finished = batch.ToArray();
        Blocks[] freed = [.. builder.Freed];
        lock (_releaseGate)
            _releasing++;
        _ = FinishAsync(new AreaBatch(tree.Position, told), finished, freed);
        BeginCheckpointIfDue();
    }

    /// <summary>Tells the observer, then those who wait, and lets the freed blocks be used again.</summary>
    private async Task FinishAsync(AreaBatch batch, Operation[] operations, Blocks[] freed)
    {
        try
        {
            await _committed(batch).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // A reader that was not reached reads the log itself, when it is told a later position or finds a checksum that does not fit.
        }
        foreach (var operation in operations)
            operation.Done.TrySetResult(new AreaCommit(batch.Position, operation.Entry));
        lock (_releaseGate)
        {
            if (_bringingHome)
                _held.AddRange(freed);
            else
                _space.Give(freed);
            _releasing--;
            SignalReleased();
        }
    }

    /// <summary>Whether blocks will become free by themselves: by what this batch or earlier ones freed.</summary>
    private bool IsSpaceComing(List<Operation> batch)
    {
        lock (_releaseGate)
            return batch.Count > 0 || _releasing > 0 || _held.Count > 0;
    }

    /// <summary>Completes when some blocks were given back; null when none are about to be.</summary>
    private Task? NextRelease()
    {
        lock (_releaseGate)
            return _releasing == 0 && _held.Count == 0 ? null : _released.Task;
    }

    /// <summary>With the gate held.</summary>
    private void SignalReleased()
    {
        _released.TrySetResult();
        _released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Fails when another writer has taken the area over.</summary>
    private async Task RequireOwnEpochAsync()
    {
        await _superblockGate.WaitAsync().ConfigureAwait(false);
        try
        {
            var now = await AreaImage.ReadSuperblockAsync(_image, CancellationToken.None).ConfigureAwait(false);
            if (now.Epoch != _superblock.Epoch || now.Owner != _superblock.Owner)
                throw AreaErrors.Superseded($"{_image.Volume} has been taken over by epoch {now.Epoch}; this writer has {_superblock.Epoch}");
        }
        finally
        {
            _superblockGate.Release();
        }
    }

    /// <summary>An operation that waits for its batch.</summary>
    private sealed class Operation(Func<BatchBuilder, AreaEntry?> decide, bool flushFirst, CancellationToken cancellationToken)
    {
        public AreaEntry? Entry;

        public Func<BatchBuilder, AreaEntry?> Decide => decide;

        public bool FlushFirst => flushFirst;

        public CancellationToken CancellationToken => cancellationToken;

        /// <summary>How often it has waited for space to become free.</summary>
        public int Starved { get; set; }

        public TaskCompletionSource<AreaCommit> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
