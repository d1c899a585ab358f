using System.Diagnostics;

namespace Akka.Persistence.Sql.Db;

/// <summary>
/// A database and its threads: one that writes and a few that read, each with a connection of its own. All writes that wait when a
/// commit ends are committed together (group commit); one that conflicts does not take the others with it.
/// </summary>
internal sealed class SqlDatabase
{
    // How long a commit waits for more to commit, by how long the last one took.
    private const double PatienceShare = 0.25;

    private readonly SqlDialect _dialect;
    private readonly int _bufferSize;
    private readonly int _maxBatchSize;
    private readonly SqlWorkQueue _writes = new();
    private readonly SqlWorkQueue _reads;
    private readonly List<Thread> _threads = [];
    private long _commits;

    public SqlDatabase(SqlDialect dialect, SqlSettings settings)
    {
        _dialect = dialect;
        _bufferSize = settings.BufferSize;
        _maxBatchSize = Math.Max(1, settings.MaxBatchSize);
        Start("sql-writer", WriteUntilClosed);
        if (dialect.SingleConnection)
        {
            _reads = _writes;
            return;
        }

        _reads = new SqlWorkQueue();
        for (var i = 0; i < settings.Parallelism; i++)
            Start($"sql-reader-{i}", ReadUntilClosed);
    }

    /// <summary>Rows were written; called by the thread that writes.</summary>
    public event Action? Committed;

    public SqlDialect Dialect => _dialect;

    /// <summary>Number of transactions committed.</summary>
    public long Commits => Interlocked.Read(ref _commits);

    /// <summary>Runs work in a transaction, together with other work that waits.</summary>
    /// <exception cref="SqlPersistenceException">As the task's failure: the database cannot be opened or written, or too much work waits.</exception>
    public Task WriteAsync(Action<SqlSession> work, int rows = 1)
    {
        if (_writes.Rows + rows > _bufferSize)
            return Task.FromException(new SqlPersistenceException(
                $"{_dialect.Location} does not keep up: {_writes.Rows} events wait to be written, the bound (buffer-size) is {_bufferSize}"));
        var item = new SqlWork<bool>(
            session =>
            {
                work(session);
                return true;
            },
            rows);
        Enqueue(_writes, item);
        return item.Task;
    }

    /// <summary>Creates what is missing.</summary>
    public Task InitializeAsync(params string[] statements) => WriteAsync(session =>
    {
        if (_dialect.InitializationLock is { } initializationLock)
            session.Execute(initializationLock);
        foreach (var statement in statements)
            session.Execute(statement);
    });

    /// <summary>Runs work that only reads.</summary>
    public Task<T> ReadAsync<T>(Func<SqlSession, T> work)
    {
        var item = new SqlWork<T>(work, 0);
        Enqueue(_reads, item);
        return item.Task;
    }

    /// <summary>Takes no more work. What was taken before is carried out.</summary>
    public void Close()
    {
        _writes.Close();
        _reads.Close();
    }

    /// <summary>Waits until the connections of a closed database are closed too.</summary>
    /// <returns>False when they were not within the time.</returns>
    public bool WaitUntilClosed(TimeSpan atMost)
    {
        var begin = Stopwatch.GetTimestamp();
        return _threads.TrueForAll(thread => atMost - Stopwatch.GetElapsedTime(begin) is { Ticks: > 0 } left && thread.Join(left));
    }

    private void Start(string name, ThreadStart run)
    {
        var thread = new Thread(run) { Name = name, IsBackground = true };
        _threads.Add(thread);
        thread.Start();
    }

    private void Enqueue(SqlWorkQueue queue, ISqlWork item)
    {
        if (!queue.Add(item))
            item.Fail(new SqlPersistenceException($"{_dialect.Location} is closed: the actor system terminates"));
    }

    private void ReadUntilClosed()
    {
        SqlSession? session = null;
        var batch = new List<ISqlWork>();
        while (_reads.Take(batch, 1))
        {
            if (batch.Count == 0)
                continue;
            try
            {
                session ??= new SqlSession(_dialect.Open());
                batch[0].Run(session);
                batch[0].Complete();
            }
            catch (Exception e)
            {
                batch[0].Fail(Explain(e, "read"));
                Discard(ref session, e);
            }
        }

        session?.Dispose();
    }

    private void WriteUntilClosed()
    {
        SqlSession? session = null;
        var batch = new List<ISqlWork>();
        var (expected, patience) = (0, TimeSpan.Zero);
        while (_writes.Take(batch, _maxBatchSize, expected, patience))
        {
            var begin = Stopwatch.GetTimestamp();
            var failure = Transact(ref session, batch);
            // Whoever gets an answer now will most likely write again at once, and a commit costs the same for all of them.
            var rows = batch.Sum(item => item.Rows);
            expected = rows + _writes.Rows;
            patience = Stopwatch.GetElapsedTime(begin) * PatienceShare;
            if (failure is null)
                CompleteAll(batch);
            else if (batch.Count == 1 || !_dialect.IsConflict(failure))
                FailAll(batch, failure);
            else
                CommitEach(ref session, batch);
            if (rows > 0)
                Committed?.Invoke();
        }

        session?.Dispose();
    }

    /// <summary>One of them conflicts: each in a transaction of its own, so that only that one fails.</summary>
    private void CommitEach(ref SqlSession? session, List<ISqlWork> batch)
    {
        foreach (var item in batch)
        {
            List<ISqlWork> single = [item];
            if (Transact(ref session, single) is { } failure)
                FailAll(single, failure);
            else
                CompleteAll(single);
        }
    }

    /// <summary>Runs the work in one transaction; the failure when there was one, and nothing is stored then.</summary>
    private Exception? Transact(ref SqlSession? session, List<ISqlWork> batch)
    {
        try
        {
            session ??= new SqlSession(_dialect.Open());
            _dialect.Begin(session.Connection);
            foreach (var item in batch)
                item.Run(session);
            _dialect.Commit(session.Connection);
            Interlocked.Increment(ref _commits);
            return null;
        }
        catch (Exception e)
        {
            Rollback(session);
            Discard(ref session, e);
            return e;
        }
    }

    private void Rollback(SqlSession? session)
    {
        if (session is null)
            return;
        try
        {
            _dialect.Rollback(session.Connection);
        }
        catch (Exception)
        {
            // The connection is broken: the database rolls back by itself; the failure that led here is reported.
        }
    }

    private void Discard(ref SqlSession? session, Exception e)
    {
        if (session is null || _dialect.IsUsableAfter(e))
            return;
        session.Dispose();
        session = null;
    }

    private static void CompleteAll(List<ISqlWork> batch)
    {
        foreach (var item in batch)
            item.Complete();
    }

    private void FailAll(List<ISqlWork> batch, Exception failure)
    {
        var explained = Explain(failure, "write");
        foreach (var item in batch)
            item.Fail(explained);
    }

    private SqlPersistenceException Explain(Exception e, string what) => _dialect.IsConflict(e)
        ? new SqlPersistenceException($"Another writer has already stored what was to be written: {e.Message}", e)
        : new SqlPersistenceException($"Cannot {what} {_dialect.Location}: {e.Message.TrimEnd('.')}. Is it there, writable and not full?", e);
}

/// <summary>The database cannot be used, or refused a write; the message says which and why.</summary>
internal sealed class SqlPersistenceException : Exception
{
    public SqlPersistenceException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
