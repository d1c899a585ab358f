using System.Diagnostics;

namespace Akka.Persistence.Sql.Db;

/// <summary>Work that waits for a database thread.</summary>
internal interface ISqlWork
{
    /// <summary>Number of rows it writes, for bounds.</summary>
    int Rows { get; }

    /// <summary>May run more than once: after a rollback it runs again on its own.</summary>
    void Run(SqlSession session);

    /// <summary>What it did is durable.</summary>
    void Complete();

    void Fail(Exception e);
}

/// <summary>Work with a result. Whoever waits goes on on another thread than the database's.</summary>
internal sealed class SqlWork<T>(Func<SqlSession, T> work, int rows) : ISqlWork
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _result = default!;

    public Task<T> Task => _done.Task;

    public int Rows => rows;

    public void Run(SqlSession session) => _result = work(session);

    public void Complete() => _done.TrySetResult(_result);

    public void Fail(Exception e) => _done.TrySetException(e);
}

/// <summary>Hands work to the threads of a database.</summary>
internal sealed class SqlWorkQueue
{
    private static readonly TimeSpan MonitorResolution = TimeSpan.FromMilliseconds(1);

    private readonly Queue<ISqlWork> _queue = new();
    private int _rows;
    private bool _closed;

    /// <summary>Rows that wait to be written.</summary>
    public int Rows => Volatile.Read(ref _rows);

    /// <summary>False when the queue is closed.</summary>
    public bool Add(ISqlWork item)
    {
        lock (_queue)
        {
            if (_closed)
                return false;
            _queue.Enqueue(item);
            _rows += item.Rows;
            Monitor.Pulse(_queue);
            return true;
        }
    }

    /// <summary>
    /// Waits for work and takes all that waits, up to a number of rows, at least one item. False when the queue is closed and empty.
    /// </summary>
    public bool Take(List<ISqlWork> batch, int maxRows) => Take(batch, maxRows, 0, TimeSpan.Zero);

    /// <summary>
    /// As above; when there is work, it waits a little for as many rows as are expected, so that those whose last write has just been
    /// committed come along with those who waited meanwhile.
    /// </summary>
    public bool Take(List<ISqlWork> batch, int maxRows, int expectedRows, TimeSpan patience)
    {
        batch.Clear();
        lock (_queue)
        {
            while (_queue.Count == 0)
            {
                if (_closed)
                    return false;
                Monitor.Wait(_queue);
            }
        }

        WaitFor(Math.Min(expectedRows, maxRows), patience);
        lock (_queue)
        {
            if (_queue.Count == 0)
                return !_closed; // another thread took it

            var rows = 0;
            do
            {
                var item = _queue.Dequeue();
                rows += Math.Max(1, item.Rows);
                _rows -= item.Rows;
                batch.Add(item);
            }
            while (_queue.TryPeek(out var next) && rows + Math.Max(1, next.Rows) <= maxRows);
            return true;
        }
    }

    private void WaitFor(int rows, TimeSpan patience)
    {
        var begin = Stopwatch.GetTimestamp();
        while (Rows < rows && patience - Stopwatch.GetElapsedTime(begin) is { Ticks: > 0 } left)
        {
            // monitors wait for whole milliseconds
            if (left < MonitorResolution)
            {
                Thread.Yield();
                continue;
            }
            lock (_queue)
            {
                if (_closed)
                    return;
                if (_rows < rows)
                    Monitor.Wait(_queue, left);
            }
        }
    }

    public void Close()
    {
        lock (_queue)
        {
            _closed = true;
            Monitor.PulseAll(_queue);
        }
    }
}
