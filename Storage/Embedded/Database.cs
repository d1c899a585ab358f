using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using SQLitePCL;

namespace Mooring.Storage.Embedded;

/// <summary>
/// One connection to the SQLite file, used by one thread. Commits are made durable after the write lock is given back, by syncing the
/// write-ahead log: a process that is stopped (SIGSTOP) or slow while it syncs does not hold up the others, and many commits share
/// one sync. What a power failure may take is only what nobody was told about.
/// </summary>
internal sealed class Database : IDisposable
{
    // A transaction takes far less: who holds the lock for so long may be stopped.
    private static readonly TimeSpan _suspicion = TimeSpan.FromMilliseconds(250);

    private readonly string _path;
    private readonly EmbeddedStoreOptions _options;
    private readonly Func<bool> _makeRoom;
    private readonly sqlite3 _handle;
    private readonly Dictionary<string, sqlite3_stmt> _statements = [];
    private SafeFileHandle? _log;

    static Database() => Batteries_V2.Init();

    /// <summary>Opens or makes the file.</summary>
    /// <param name="options">Where it is and how long to wait for others.</param>
    /// <param name="makeRoom">Called when the disk is full: whether there is room now.</param>
    public Database(EmbeddedStoreOptions options, Func<bool> makeRoom)
    {
        _path = Path.Combine(options.Directory, "store.db");
        _options = options;
        _makeRoom = makeRoom;
        var code = raw.sqlite3_open_v2(_path, out _handle, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE | raw.SQLITE_OPEN_NOMUTEX, null);
        try
        {
            Check(code);
            WaitInside(options.BusyTimeout);
            UseWriteAheadLog(options.BusyTimeout);
            Execute("PRAGMA synchronous = NORMAL");
        }
        catch
        {
            _handle.Dispose();
            throw;
        }
    }

    /// <summary>Runs reads that see one state of the store.</summary>
    public T Read<T>(Func<T> work)
    {
        Execute("BEGIN");
        try
        {
            return work();
        }
        finally
        {
            Execute("COMMIT");
        }
    }

    /// <summary>
    /// Runs a change, alone among all processes, whole or not at all. <paramref name="durable"/> is false for what means nothing
    /// after a power failure (uses, renewals: their sessions and clocks end with the machine). The work is run again when it
    /// found the disk full and there was a reserve.
    /// </summary>
    public T Write<T>(Func<T> work, bool durable = true)
    {
        T result;
        try
        {
            result = Commit(work);
        }
        catch (SqliteFailure e) when (e.Code == raw.SQLITE_FULL && _makeRoom())
        {
            result = Commit(work);
        }
        if (durable)
            RandomAccess.FlushToDisk(Log);
        return result;
    }

    private T Commit<T>(Func<T> work)
    {
        BeginWrite();
        try
        {
            var result = work();
            Execute("COMMIT");
            return result;
        }
        catch
        {
            // Some failures (a full disk) have rolled back already.
            if (raw.sqlite3_get_autocommit(_handle) == 0)
                Execute("ROLLBACK");
            throw;
        }
    }

    /// <inheritdoc cref="Write{T}"/>
    public void Write(Action work, bool durable = true) => Write(() =>
    {
        work();
        return true;
    }, durable);

    /// <summary>Runs a statement for its effect.</summary>
    /// <returns>How many rows it changed.</returns>
    public int Execute(string sql, params ReadOnlySpan<object?> arguments)
    {
        if (Run(sql, arguments) is not raw.SQLITE_DONE and var code)
            Throw(code);
        return raw.sqlite3_changes(_handle);
    }

    /// <summary>All rows of a query.</summary>
    public List<T> Query<T>(Func<Row, T> map, string sql, params ReadOnlySpan<object?> arguments)
    {
        var statement = Bind(sql, arguments);
        try
        {
            var rows = new List<T>();
            int code;
            while ((code = raw.sqlite3_step(statement)) == raw.SQLITE_ROW)
                rows.Add(map(new Row(statement)));
            if (code != raw.SQLITE_DONE)
                Throw(code);
            return rows;
        }
        finally
        {
            _ = raw.sqlite3_reset(statement);
        }
    }

    /// <summary>The first row of a query, or null.</summary>
    public T? First<T>(Func<Row, T> map, string sql, params ReadOnlySpan<object?> arguments) where T : class =>
        Query(map, sql, arguments) is [var first, ..] ? first : null;

    /// <summary>Whether a query has a row.</summary>
    public bool Exists(string sql, params ReadOnlySpan<object?> arguments) => Query(_ => true, sql, arguments).Count > 0;

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
            statement.Dispose();
        _handle.Dispose();
        _log?.Dispose();
    }

    /// <summary>
    /// Waits for the write lock in short spins: transactions take a fraction of a millisecond, and SQLite's own waiting doubles its sleeps, so that
    /// who has waited for long is the last to look.
    /// </summary>
    private void BeginWrite()
    {
        WaitInside(TimeSpan.Zero);
        try
        {
            var spin = new SpinWait();
            var (waited, look) = (Stopwatch.StartNew(), _suspicion);
            int code;
            while ((code = Run("BEGIN IMMEDIATE")) == raw.SQLITE_BUSY && waited.Elapsed < _options.BusyTimeout)
            {
                spin.SpinOnce();
                if (waited.Elapsed < look)
                    continue;
                look += _suspicion;
                EndStoppedWriter();
            }
            if (code != raw.SQLITE_DONE)
                Throw(code);
        }
        finally
        {
            WaitInside(_options.BusyTimeout);
        }
    }

    private void EndStoppedWriter()
    {
        if (!OperatingSystem.IsLinux())
            return;
        var log = new FileInfo($"/proc/self/fd/{Log.DangerousGetHandle()}").LinkTarget ?? "";
        if (StoppedWriter.End(log[..^"-wal".Length] + "-shm") is { } ended)
            _options.Notice?.Invoke($"process {ended} was ended: it was stopped while it held the store in {_options.Directory}");
    }

    private void WaitInside(TimeSpan limit) => Check(raw.sqlite3_busy_timeout(_handle, (int)limit.TotalMilliseconds));

    private void UseWriteAheadLog(TimeSpan limit)
    {
        // SQLite does not wait when several processes switch a new file over at once.
        for (var until = Environment.TickCount64 + (long)limit.TotalMilliseconds; ;)
        {
            try
            {
                Query(row => row.Text(0), "PRAGMA journal_mode = WAL");
                return;
            }
            catch (SqliteFailure e) when (e.Code == raw.SQLITE_BUSY && Environment.TickCount64 < until)
            {
                Thread.Sleep(5);
            }
        }
    }

    // The log's file stays the same as long as any connection is open, and this one is.
    private SafeFileHandle Log => _log ??= File.OpenHandle(_path + "-wal", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    private int Run(string sql, params ReadOnlySpan<object?> arguments)
    {
        var statement = Bind(sql, arguments);
        try
        {
            int code;
            while ((code = raw.sqlite3_step(statement)) == raw.SQLITE_ROW)
            {
            }
            return code;
        }
        finally
        {
            // The result of reset repeats the failure of the step.
            _ = raw.sqlite3_reset(statement);
        }
    }

    private sqlite3_stmt Bind(string sql, ReadOnlySpan<object?> arguments)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            Check(raw.sqlite3_prepare_v2(_handle, sql, out statement));
            _statements.Add(sql, statement);
        }
        for (var i = 0; i < arguments.Length; i++)
        {
            Check(arguments[i] switch
            {
                null => raw.sqlite3_bind_null(statement, i + 1),
                string text => raw.sqlite3_bind_text(statement, i + 1, text),
                long number => raw.sqlite3_bind_int64(statement, i + 1, number),
                int number => raw.sqlite3_bind_int(statement, i + 1, number),
                ReadOnlyMemory<byte> { IsEmpty: true } => raw.sqlite3_bind_zeroblob(statement, i + 1, 0),
                ReadOnlyMemory<byte> bytes => raw.sqlite3_bind_blob(statement, i + 1, bytes.Span),
                var other => throw new ArgumentException($"cannot bind {other.GetType()}", nameof(arguments)),
            });
        }
        return statement;
    }

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
            Throw(code);
    }

    private void Throw(int code) => throw new SqliteFailure(code, $"{raw.sqlite3_errmsg(_handle).utf8_to_string()} (SQLite {code})");

    /// <summary>The row that a query stands on.</summary>
    internal readonly struct Row(sqlite3_stmt statement)
    {
        public string Text(int column) => raw.sqlite3_column_text(statement, column).utf8_to_string();

        public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

        public long Number(int column) => raw.sqlite3_column_int64(statement, column);

        public long? NumberOrNull(int column) => IsNull(column) ? null : Number(column);

        public byte[] Bytes(int column) => raw.sqlite3_column_blob(statement, column).ToArray();

        private bool IsNull(int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_NULL;
    }
}
