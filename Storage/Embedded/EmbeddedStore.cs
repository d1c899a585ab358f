using Mooring.Messages;

namespace Mooring.Storage.Embedded;

/// <summary>
/// One connection. Every change looks for the fence in the very transaction that makes it visible. Bytes of a visible image are not
/// transactional, so whoever writes them says so first (<c>uses</c>), and a fence waits for such a writer or moves the image away from it.
/// </summary>
internal sealed partial class EmbeddedStore : IBlockStore
{
    private const int ControlThreads = 2;

    private readonly EmbeddedStoreOptions _options;
    private readonly string _boot;
    private readonly string _purpose;
    private readonly string _dataDirectory;
    private readonly Reserve _reserve;
    private readonly BlockingLane _slots;
    private readonly BlockingLane _control;
    private readonly CancellationTokenSource _closing = new();
    private SessionLock? _lock;

    public EmbeddedStore(EmbeddedStoreOptions options, string boot, string purpose, int slots)
    {
        _options = options;
        _boot = boot;
        _purpose = purpose;
        _dataDirectory = Path.Combine(options.Directory, "data");
        _reserve = new Reserve(options.Directory);
        Address = new FenceAddress($"embedded:{Environment.ProcessId}:{Guid.NewGuid():N}");
        _slots = new BlockingLane($"store-{purpose}", slots, options.QueueMax, OpenDatabase, Translate);
        _control = new BlockingLane($"store-{purpose}-control", ControlThreads, options.QueueMax, OpenDatabase, Translate);
    }

    public FenceAddress Address { get; }

    /// <summary>Makes the tables if need be, registers the session and clears away what dead ones have left.</summary>
    public Task OpenAsync(CancellationToken cancellationToken) => _control.RunAsync(database =>
    {
        RequireLink();
        Schema.Prepare(database, _options);
        _lock = new SessionLock(_options.Directory, Address);
        database.Write(() => database.Execute("INSERT INTO sessions VALUES (?, ?, NULL)", Address.Value, _purpose), durable: false);
        Sweep(database);
        _reserve.Fill();
        return true;
    }, cancellationToken);

    public async Task ProbeAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var answer = _control.RunAsync(database =>
        {
            RequireLink();
            if (!Directory.Exists(_dataDirectory))
                throw new BlockStoreException(ErrorKind.Unavailable, $"{_dataDirectory} is gone", 2);
            RequireUnfenced(database);
            return true;
        }, cancellationToken);
        try
        {
            await answer.WaitAsync(timeout, _options.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new BlockStoreException(ErrorKind.TimedOut, $"the store in {_options.Directory} did not answer within {timeout.TotalMilliseconds} ms", 110);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _slots.DisposeAsync().ConfigureAwait(false);
        if (_lock is not null && Interlocked.Exchange(ref _lock, null) is { } held)
        {
            await ForgetSessionAsync().ConfigureAwait(false);
            held.Dispose();
        }
        await _control.DisposeAsync().ConfigureAwait(false);
    }

    private Database OpenDatabase() => new(_options, _reserve.Release);

    private Exception Translate(Exception thrown) => Failures.Translate(thrown, _options.Directory) ?? thrown;

    /// <summary>Runs a call on a slot.</summary>
    internal Task<T> OnSlotAsync<T>(Func<Database, T> call, CancellationToken cancellationToken) =>
        _slots.RunAsync(database =>
        {
            RequireLink();
            try
            {
                return call(database);
            }
            catch (IOException) when (IsFenced(database, Address.Value))
            {
                // Files may be moved away from a session that is fenced.
                throw Failures.Fenced(Address.Value);
            }
        }, cancellationToken);

    /// <summary>Runs a call that uses no slot; the caller may give up waiting at any time.</summary>
    internal Task<T> OnControlAsync<T>(Func<Database, T> call, CancellationToken cancellationToken) =>
        _control.RunAsync(database =>
        {
            RequireLink();
            return call(database);
        }, cancellationToken).WaitAsync(cancellationToken);

    internal void Step(string name) => _options.Step?.Invoke(name);

    private void RequireLink()
    {
        if (_options.CutFile is { } cut && File.Exists(cut))
            throw Failures.Cut(cut);
    }

    /// <summary>Inside a transaction: the session must be known and not fenced.</summary>
    internal void RequireUnfenced(Database database)
    {
        if (!database.Exists("SELECT 1 FROM sessions WHERE address = ? AND fenced_until IS NULL", Address.Value))
            throw Failures.Fenced(Address.Value);
    }

    private bool IsAlive(string session) => session == Address.Value || SessionLock.IsAlive(_options.Directory, session);

    private async Task ForgetSessionAsync()
    {
        try
        {
            await _control.RunAsync(database => database.Write(() =>
            {
                database.Execute("DELETE FROM uses WHERE session = ?", Address.Value);
                return database.Execute("DELETE FROM sessions WHERE address = ? AND fenced_until IS NULL", Address.Value);
            }, durable: false), default).ConfigureAwait(false);
        }
        catch (BlockStoreException)
        {
            // The next connection sweeps the session as one that is dead.
        }
    }

    /// <summary>Forgets dead sessions and deletes the data files that are surely nobody's.</summary>
    private void Sweep(Database database) => database.Write(() =>
    {
        var dead = new HashSet<string>();
        foreach (var (session, fencedUntil) in database.Query(row => (row.Text(0), row.NumberOrNull(1)), "SELECT address, fenced_until FROM sessions"))
        {
            if (IsAlive(session))
                continue;
            dead.Add(session);
            database.Execute("DELETE FROM uses WHERE session = ?", session);
            SessionLock.Forget(_options.Directory, session);
            if (fencedUntil is null || fencedUntil < UtcMilliseconds())
                database.Execute("DELETE FROM sessions WHERE address = ?", session);
        }
        foreach (var (name, session) in database.Query(row => (row.Text(0), row.Text(1)), "SELECT name, session FROM loose_files LIMIT 1000"))
        {
            var isDead = dead.Contains(session) || !IsAlive(session);
            if (isDead || IsFenced(database, session))
                File.Delete(DataPath(name));
            // A fenced process that still runs may be about to make the file: look again when it is dead.
            if (isDead)
                database.Execute("DELETE FROM loose_files WHERE name = ?", name);
        }
    }, durable: false);

    private long UtcMilliseconds() => _options.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private string DataPath(string name) => Path.Combine(_dataDirectory, name);
}
