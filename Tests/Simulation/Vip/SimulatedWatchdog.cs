using Akka.Simulation;
using Mooring.Actors.Vip;
using Mooring.Messages;

namespace Mooring.Tests.Simulation.Vip;

/// <summary>A watchdog of a thread of its own: acts although the actors hang, not while the process is stopped, and first of all when it
/// goes on.</summary>
public sealed class SimulatedWatchdog : ILeaseWatchdog
{
    private readonly SimulatedProcess _process;
    private readonly Action _release;
    private readonly bool _off;
    private Epoch _epoch;
    private TimeSpan _until = TimeSpan.MaxValue;

    public SimulatedWatchdog(SimulatedProcess process, Action release, bool off)
    {
        (_process, _release, _off) = (process, release, off);
        process.Resumed += Check;
    }

    public event Action<Epoch>? Expired;

    public TimeSpan Now => _process.World.Now;

    public void Arm(Epoch epoch, TimeSpan until)
    {
        (_epoch, _until) = (epoch, until);
        _process.World.Schedule(_process, until > Now ? until - Now : TimeSpan.Zero, "watchdog", Check, () => _until != until);
    }

    public void Disarm() => (_epoch, _until) = (default, TimeSpan.MaxValue);

    private void Check()
    {
        if (_off || Now < _until)
            return;
        var epoch = _epoch;
        _until = TimeSpan.MaxValue;
        _release();
        Expired?.Invoke(epoch);
    }
}
