using System.Diagnostics;
using Mooring.Actors;
using Mooring.Actors.Vip;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.StorageNode.Vip;

/// <summary>
/// Two threads that need nothing of the actor system or the thread pool: one renews the lease, one takes the virtual IP off when that did
/// not succeed in time. The clock (CLOCK_MONOTONIC) goes on while the process is stopped: one that is continued after its lease acts on
/// this first.
/// </summary>
internal sealed class LeaseKeeper : ILeaseKeeper, IDisposable
{
    private static readonly TimeSpan Never = TimeSpan.MaxValue;

    private readonly object _moved = new();
    private readonly MooringSettings _settings;
    private readonly Action _release;
    private readonly Action<TimeSpan>? _renewed;
    private readonly Thread _watch;
    private HeldLease? _lease;
    private bool _renews;
    private TimeSpan _until = Never;
    private string? _problem;
    private bool _disposed;

    /// <summary>Begins to keep; nothing is kept yet.</summary>
    /// <param name="settings">The lease's times.</param>
    /// <param name="release">Takes the address off.</param>
    /// <param name="renewed">Told until when the lease holds, when it was taken or renewed; null when nobody wants to know.</param>
    public LeaseKeeper(MooringSettings settings, Action release, Action<TimeSpan>? renewed = null)
    {
        (_settings, _release, _renewed) = (settings, release, renewed);
        _watch = Start(Watch, "lease-watchdog");
    }

    /// <inheritdoc/>
    public event Action<LeaseLost>? Lost;

    /// <inheritdoc/>
    public TimeSpan Now => Stopwatch.GetElapsedTime(0);

    /// <inheritdoc/>
    public void Keep(HeldLease lease)
    {
        Set(lease, UntilOf(lease.AskedAt));
        _renewed?.Invoke(lease.AskedAt + _settings.LeaseDuration);
        // One for each ownership: the one before may hang in the store for as long as a call there may take.
        Start(() => Renew(lease), $"lease-{lease.Epoch}");
    }

    /// <inheritdoc/>
    public void LetRunOut()
    {
        lock (_moved)
        {
            _renews = false;
            Monitor.PulseAll(_moved);
        }
    }

    /// <inheritdoc/>
    public void Stop() => Set(null, Never);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_moved)
        {
            (_disposed, _lease) = (true, null);
            Monitor.PulseAll(_moved);
        }
        _watch.Join();
    }

    private static Thread Start(Action run, string name)
    {
        var thread = new Thread(() => run()) { IsBackground = true, Name = name, Priority = ThreadPriority.Highest };
        thread.Start();
        return thread;
    }

    private TimeSpan UntilOf(TimeSpan askedAt) => askedAt + _settings.LeaseDuration - _settings.LeaseMargin;

    private void Set(HeldLease? lease, TimeSpan until)
    {
        lock (_moved)
        {
            (_lease, _renews, _until, _problem) = (lease, lease is not null, until, null);
            Monitor.PulseAll(_moved);
        }
    }

    private void Renew(HeldLease lease)
    {
        while (IsDue(lease))
        {
            var asked = Now;
            try
            {
                if (!lease.Store.RenewLease(_settings.LeaseName, lease.Holder, lease.Epoch, _settings.LeaseDuration))
                    LoseRenewed(lease, "the lease ran out");
                else if (Move(lease, UntilOf(asked), null))
                    _renewed?.Invoke(asked + _settings.LeaseDuration);
            }
            catch (BlockStoreException e) when (e.Kind == ErrorKind.Fenced)
            {
                LoseRenewed(lease, "this node was fenced");
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // Unknown: the watchdog acts unless a later renewal succeeds in time.
                Move(lease, null, e.GetBaseException().Message.ReplaceLineEndings(" "));
            }
        }
    }

    // Waits for the time of the next renewal; false when the lease is not this node's to keep any more.
    private bool IsDue(HeldLease lease)
    {
        lock (_moved)
        {
            for (var due = Now + _settings.LeaseRenewInterval; IsRenewed(lease) && Now < due;)
                Monitor.Wait(_moved, Math.Max(1, (int)(due - Now).TotalMilliseconds));
            return IsRenewed(lease);
        }
    }

    private bool IsRenewed(HeldLease lease) => _lease == lease && _renews;

    // Whether the lease is this node's still.
    private bool Move(HeldLease lease, TimeSpan? until, string? problem)
    {
        lock (_moved)
        {
            if (!IsRenewed(lease))
                return false;
            (_until, _problem) = (until ?? _until, problem);
            Monitor.PulseAll(_moved);
            return true;
        }
    }

    // What a renewal finds out after the last one that counted is no news.
    private void LoseRenewed(HeldLease lease, string reason)
    {
        if (Move(lease, null, null))
            Lose(lease, reason);
    }

    private void Lose(HeldLease lease, string reason)
    {
        lock (_moved)
        {
            if (_lease != lease)
                return;
            (_lease, _until) = (null, Never);
            Monitor.PulseAll(_moved);
        }
        // The address goes before anybody is told.
        _release();
        Lost?.Invoke(new LeaseLost(lease.Epoch, reason));
    }

    private void Watch()
    {
        while (true)
        {
            HeldLease? late;
            string? problem;
            lock (_moved)
            {
                while (!_disposed && Now < _until)
                    Monitor.Wait(_moved, _until == Never ? Timeout.Infinite : Math.Max(1, (int)(_until - Now).TotalMilliseconds + 1));
                if (_disposed)
                    return;
                (late, problem) = (_lease, _problem);
            }
            if (late is not null)
                Lose(late, problem is null ? "the lease was not renewed in time" : $"the lease was not renewed in time: {problem}");
        }
    }
}
