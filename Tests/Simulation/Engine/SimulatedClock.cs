namespace Akka.Simulation;

/// <summary>The world's time, and the time of day of a process, which may be wrong.</summary>
/// <param name="world">The world.</param>
/// <param name="process">The process; null for what is outside of all of them.</param>
internal sealed class SimulatedClock(SimulationWorld world, SimulatedProcess? process) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => SimulationWorld.Beginning + world.Now + (process?.ClockOffset ?? TimeSpan.Zero);

    public override long GetTimestamp() => world.Now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(world, process, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(SimulationWorld world, SimulatedProcess? process, TimerCallback callback, object? state) : ITimer
    {
        private int _version;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var version = ++_version;
            if (dueTime != Timeout.InfiniteTimeSpan)
                Start(dueTime, period, version);
            return true;
        }

        public void Dispose() => _version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Start(TimeSpan delay, TimeSpan period, int version) => world.Schedule(process, delay, "timer", () =>
        {
            if (version != _version)
                return;
            if (period > TimeSpan.Zero)
                Start(period, period, version);
            callback(state);
        });
    }
}
