using Mooring.Messages;

namespace Mooring.Storage.Ceph;

/// <summary>
/// Threads of their own for calls that block, with a bound on how many run and on how many wait. Threads start when they are
/// first needed and live as long as this.
/// </summary>
internal sealed class BoundedThreads(string name, int threadsMax, int queueMax) : IDisposable
{
    private readonly object _lock = new();
    private readonly Queue<Work> _queue = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _threads;
    private int _idle;
    private bool _closed;

    /// <summary>Completes when this is disposed and no call runs any more.</summary>
    public Task Drained => _drained.Task;

    /// <summary>Runs a call on one of the threads.</summary>
    /// <param name="call">What to run.</param>
    /// <param name="cancellationToken">Gives up waiting before the call has begun.</param>
    public Task<T> RunAsync<T>(Func<T> call, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<T>(cancellationToken);
        var work = new Work<T>(call);
        lock (_lock)
        {
            if (_closed)
                return Task.FromException<T>(Closed());
            if (_queue.Count >= queueMax)
            {
                return Task.FromException<T>(new BlockStoreException(
                    ErrorKind.Overloaded, $"{name}: {queueMax} calls wait already"));
            }
            _queue.Enqueue(work);
            if (_idle >= _queue.Count)
                Monitor.Pulse(_lock);
            else if (_threads < threadsMax)
                StartThread();
        }
        work.CancelWith(cancellationToken);
        return work.Task;
    }

    /// <summary>Refuses further calls, fails those that wait, and lets the threads end after those that run.</summary>
    public void Dispose()
    {
        Work[] waiting;
        lock (_lock)
        {
            if (_closed)
                return;
            _closed = true;
            waiting = [.. _queue];
            _queue.Clear();
            Monitor.PulseAll(_lock);
            if (_threads == 0)
                _drained.TrySetResult();
        }
        foreach (var work in waiting)
            work.Refuse(Closed());
    }

    private BlockStoreException Closed() => new(ErrorKind.Unavailable, $"{name}: the connection is closed");

    private void StartThread()
    {
        _threads++;
        new Thread(Serve) { IsBackground = true, Name = $"{name} {_threads}" }.Start();
    }

    private void Serve()
    {
        while (Next() is { } work)
            work.Run();
        lock (_lock)
        {
            if (--_threads == 0)
                _drained.TrySetResult();
        }
    }

    private Work? Next()
    {
        lock (_lock)
        {
            while (!_closed && _queue.Count == 0)
            {
                _idle++;
                Monitor.Wait(_lock);
                _idle--;
            }
            return _queue.Count > 0 ? _queue.Dequeue() : null;
        }
    }

    private abstract class Work
    {
        public abstract void Run();

        public abstract void Refuse(Exception reason);
    }

    private sealed class Work<T>(Func<T> call) : Work
    {
        private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private CancellationTokenRegistration _registration;
        private int _taken;

        public Task<T> Task => _result.Task;

        public void CancelWith(CancellationToken cancellationToken)
        {
            if (!cancellationToken.CanBeCanceled)
                return;
            _registration = cancellationToken.Register(() =>
            {
                if (Take())
                    _result.TrySetCanceled(cancellationToken);
            });
        }

        public override void Run()
        {
            if (!Take())
                return;
            try
            {
                _result.TrySetResult(call());
            }
            catch (Exception e)
            {
                // Whatever it is belongs to the caller; this thread goes on with the next call.
                _result.TrySetException(e);
            }
            _registration.Unregister();
        }

        public override void Refuse(Exception reason)
        {
            if (Take())
                _result.TrySetException(reason);
        }

        private bool Take() => Interlocked.Exchange(ref _taken, 1) == 0;
    }
}
