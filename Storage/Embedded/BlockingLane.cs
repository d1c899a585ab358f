using Mooring.Messages;

namespace Mooring.Storage.Embedded;

/// <summary>Threads of their own, each with its own connection to the database, that run blocking calls in the order in which they came.</summary>
internal sealed class BlockingLane : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _ready = new(0);
    private readonly Queue<Job> _waiting = new();
    private readonly Func<Database> _open;
    private readonly Func<Exception, Exception> _translate;
    private readonly int _queueMax;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _threadsLeft;
    private bool _closed;

    public BlockingLane(string name, int threads, int queueMax, Func<Database> open, Func<Exception, Exception> translate)
    {
        _open = open;
        _translate = translate;
        _queueMax = queueMax;
        _threadsLeft = threads;
        for (var i = 0; i < threads; i++)
            new Thread(Work, 512 * 1024) { IsBackground = true, Name = $"{name}-{i}" }.Start();
    }

    /// <summary>Runs a call when a thread is free. Cancelling counts until then.</summary>
    public Task<T> RunAsync<T>(Func<Database, T> call, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<T>(cancellationToken);
        var job = new Job<T>(call, cancellationToken);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(EmbeddedStore));
            if (_waiting.Count >= _queueMax)
                throw new BlockStoreException(ErrorKind.Overloaded, $"{_queueMax} calls wait for this connection already");
            _waiting.Enqueue(job);
        }
        _ready.Release();
        return job.Task;
    }

    /// <summary>Lets running calls end, gives waiting ones up and ends the threads.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (!_closed)
            {
                _closed = true;
                while (_waiting.TryDequeue(out var job))
                    job.Refuse();
                _ready.Release(_threadsLeft);
            }
        }
        await _ended.Task.ConfigureAwait(false);
    }

    private void Work()
    {
        Database? database = null;
        while (Next() is { } job)
        {
            try
            {
                database ??= _open();
            }
            catch (Exception e)
            {
                job.Fail(_translate(e));
                continue;
            }
            job.Run(database, _translate);
        }
        database?.Dispose();
        if (Interlocked.Decrement(ref _threadsLeft) == 0)
            _ended.SetResult();
    }

    private Job? Next()
    {
        while (true)
        {
            _ready.Wait();
            lock (_gate)
            {
                if (_waiting.TryDequeue(out var job))
                    return job;
                if (_closed)
                    return null;
            }
        }
    }

    private abstract class Job
    {
        public abstract void Run(Database database, Func<Exception, Exception> translate);

        public abstract void Fail(Exception error);

        public void Refuse() => Fail(new ObjectDisposedException(nameof(EmbeddedStore)));
    }

    private sealed class Job<T> : Job
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Func<Database, T> _call;
        private readonly CancellationTokenRegistration _cancellation;
        private int _taken;

        public Job(Func<Database, T> call, CancellationToken cancellationToken)
        {
            _call = call;
            _cancellation = cancellationToken.UnsafeRegister((state, token) =>
            {
                var job = (Job<T>)state!;
                if (job.Take())
                    job._done.SetCanceled(token);
            }, this);
        }

        public Task<T> Task => _done.Task;

        public override void Run(Database database, Func<Exception, Exception> translate)
        {
            if (!Take())
                return;
            _cancellation.Dispose();
            try
            {
                _done.SetResult(_call(database));
            }
            catch (Exception e)
            {
                _done.SetException(translate(e));
            }
        }

        public override void Fail(Exception error)
        {
            if (Take())
                _done.SetException(error);
        }

        private bool Take() => Interlocked.Exchange(ref _taken, 1) == 0;
    }
}
