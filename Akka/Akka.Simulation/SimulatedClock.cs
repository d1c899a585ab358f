namespace Akka.Simulation;

/// <summary>The clock of a process: the world's time, and a time of day that may be wrong.</summary>
internal sealed class SimulatedClock(SimulatedProcess process) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => SimulationWorld.Beginning + process.World.Now + process.ClockOffset;

    public override long GetTimestamp() => process.World.Now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(process, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(SimulatedProcess process, TimerCallback callback, object? state) : ITimer
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

        private void Start(TimeSpan delay, TimeSpan period, int version) => process.World.Schedule(process, delay, "timer", () =>
        {
            if (version != _version)
                return;
            if (period > TimeSpan.Zero)
                Start(period, period, version);
            callback(state);
        });
    }
}
