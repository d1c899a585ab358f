using System.Diagnostics;
using Mooring.Actors.Vip;
using Mooring.Messages;

namespace Mooring.StorageNode.Vip;

/// <summary>
/// A thread of its own that takes the virtual IP off when the lease was not renewed in time. It needs nothing of the actor system, and
/// its clock (CLOCK_MONOTONIC) goes on while the process is stopped: a process that is continued after its lease acts on this first.
/// </summary>
internal sealed class LeaseWatchdog : ILeaseWatchdog, IDisposable
{
    private static readonly TimeSpan Never = TimeSpan.MaxValue;

    private readonly object _lock = new();
    private readonly Action _release;
    private readonly Thread _thread;
    private Epoch _epoch;
    private TimeSpan _until = Never;
    private bool _disposed;

    public LeaseWatchdog(Action release)
    {
        _release = release;
        _thread = new Thread(Watch) { IsBackground = true, Name = "lease-watchdog", Priority = ThreadPriority.Highest };
        _thread.Start();
    }

    /// <inheritdoc/>
    public event Action<Epoch>? Expired;

    /// <inheritdoc/>
    public TimeSpan Now => Stopwatch.GetElapsedTime(0);

    /// <inheritdoc/>
    public void Arm(Epoch epoch, TimeSpan until) => Set(epoch, until);

    /// <inheritdoc/>
    public void Disarm() => Set(default, Never);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            Monitor.Pulse(_lock);
        }
        _thread.Join();
    }

    private void Set(Epoch epoch, TimeSpan until)
    {
        lock (_lock)
        {
            (_epoch, _until) = (epoch, until);
            Monitor.Pulse(_lock);
        }
    }

    private void Watch()
    {
        while (true)
        {
            Epoch epoch;
            lock (_lock)
            {
                while (!_disposed && Now < _until)
                {
                    if (_until == Never)
                        Monitor.Wait(_lock);
                    else
                        Monitor.Wait(_lock, Math.Max(1, (int)(_until - Now).TotalMilliseconds + 1));
                }
                if (_disposed)
                    return;
                (epoch, _until) = (_epoch, Never);
            }
            _release();
            Expired?.Invoke(epoch);
        }
    }
}
