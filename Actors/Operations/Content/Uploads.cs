using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>
/// Where the bytes that clients send meet the attempts that take them, on the node that carries an operation out. They go nowhere else: a client sends them to
/// that node, the attempt reads them from the connection as fast as it writes them into the store, over its own connection, which a successor fences. So a
/// death, or a client that goes away, ends both together. Thread-safe.
/// </summary>
/// <param name="waitMax">How long an attempt waits for its content to come.</param>
/// <param name="clock">The time.</param>
/// <param name="countMax">How many attempts may wait for theirs or read them at once: each holds a worker for as long as its client takes.</param>
public sealed class Uploads(TimeSpan waitMax, TimeProvider clock, int countMax = int.MaxValue)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<OperationId, TaskCompletionSource<Upload>> _expected = [];
    private readonly Dictionary<OperationId, Upload> _offered = [];
    private int _count;

    /// <summary>Waits for the content of an operation. An attempt asks once.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The content; disposed when it was read.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.Cancelled"/> when none has come in time; <see cref="ErrorKind.Overloaded"/> when too many
    /// wait already.</exception>
    public async Task<Upload> ReceiveAsync(OperationId operation, CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref _count) > countMax)
                throw new BlockStoreException(ErrorKind.Overloaded, $"this node takes in the content of {countMax} operations already");
            var upload = await WaitAsync(operation, cancellationToken);
            upload.LetGo = () => Interlocked.Decrement(ref _count);
            return upload;
        }
        catch
        {
            Interlocked.Decrement(ref _count);
            throw;
        }
    }

    /// <summary>Offers the content of an operation to the attempt that waits for it, or soon will.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="content">The bytes; not touched any more when this completes.</param>
    /// <param name="wait">How long to wait for an attempt to take them.</param>
    /// <param name="cancellationToken">Gives up waiting for that.</param>
    /// <returns>Whether an attempt has taken them; it has read of them what it wanted then.</returns>
    public async Task<bool> OfferAsync(OperationId operation, Stream content, TimeSpan wait, CancellationToken cancellationToken)
    {
        var upload = new Upload(content);
        lock (_gate)
        {
            if (!_offered.TryAdd(operation, upload))
                return false;
            if (_expected.Remove(operation, out var expected) && expected.TrySetResult(upload))
                upload.TryTake();
        }
        try
        {
            await upload.Taken.WaitAsync(wait, clock, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            if (upload.TryWithdraw())
            {
                Forget(operation);
                return false;
            }
        }
        await upload.Over;
        Forget(operation);
        return true;
    }

    private async Task<Upload> WaitAsync(OperationId operation, CancellationToken cancellationToken)
    {
        var expected = new TaskCompletionSource<Upload>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_offered.TryGetValue(operation, out var waiting) && waiting.TryTake())
                return waiting;
            _expected[operation] = expected;
        }
        try
        {
            return await expected.Task.WaitAsync(waitMax, clock, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            lock (_gate)
            {
                if (_expected.GetValueOrDefault(operation) == expected)
                    _expected.Remove(operation);
            }
            // It may have come at the last moment.
            if (!expected.TrySetCanceled(CancellationToken.None))
                return await expected.Task;
            throw e is TimeoutException ? new BlockStoreException(OperationErrors.NoContent($"none came within {waitMax.TotalSeconds:0.#} s")) : e;
        }
    }

    private void Forget(OperationId operation)
    {
        lock (_gate)
            _offered.Remove(operation);
    }
}

/// <summary>Content on its way.</summary>
public sealed class Upload : IDisposable
{
    private readonly TaskCompletionSource<bool> _claim = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Upload(Stream content) => Content = content;

    /// <summary>The bytes. Reading them fails when the client goes away.</summary>
    public Stream Content { get; }

    internal Task Taken => _claim.Task;

    internal Task Over => _over.Task;

    internal Action? LetGo { get; set; }

    /// <summary>Lets go of the content.</summary>
    public void Dispose()
    {
        if (_over.TrySetResult())
            LetGo?.Invoke();
    }

    internal bool TryTake() => _claim.TrySetResult(true);

    internal bool TryWithdraw() => _claim.TrySetResult(false);
}
