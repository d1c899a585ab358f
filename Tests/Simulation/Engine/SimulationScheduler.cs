using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Akka.Simulation;

/// <summary>The scheduler of actor systems in a world. Named by <c>akka.scheduler.implementation</c>.</summary>
public sealed class SimulationScheduler : SchedulerBase, IDateTimeOffsetNowTimeProvider, IDisposable
{
    private readonly SimulatedProcess _process;
    private bool _stopped;

    /// <summary>Made by the actor system.</summary>
    /// <param name="scheduler">The actor system's configuration.</param>
    /// <param name="log">Its log.</param>
    public SimulationScheduler(Config scheduler, ILoggingAdapter log)
        : base(scheduler, log) => _process = SimulatedProcess.Of(scheduler);

    /// <inheritdoc/>
    public override TimeSpan MonotonicClock => _process.World.Now;

    /// <inheritdoc/>
    public override TimeSpan HighResMonotonicClock => _process.World.Now;

    /// <inheritdoc/>
    protected override DateTimeOffset TimeNow => _process.Clock.GetUtcNow();

    /// <inheritdoc/>
    public void Dispose() => _stopped = true;

    /// <inheritdoc/>
    protected override void InternalScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable? cancelable) =>
        Add(delay, null, () => receiver.Tell(message, sender), cancelable);

    /// <inheritdoc/>
    protected override void InternalScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender, ICancelable? cancelable) =>
        Add(initialDelay, interval, () => receiver.Tell(message, sender), cancelable);

    /// <inheritdoc/>
    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable? cancelable) => Add(delay, null, action, cancelable);

    /// <inheritdoc/>
    protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable? cancelable) => Add(delay, null, action.Run, cancelable);

    /// <inheritdoc/>
    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable? cancelable) =>
        Add(initialDelay, interval, action, cancelable);

    /// <inheritdoc/>
    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable? cancelable) =>
        Add(initialDelay, interval, action.Run, cancelable);

    private void Add(TimeSpan delay, TimeSpan? interval, Action action, ICancelable? cancelable)
    {
        if (_stopped)
            throw new SchedulerException("cannot enqueue after timer shutdown");
        var now = _process.World.Now;
        if (delay < TimeSpan.MaxValue - now)
            Queue(now + delay, interval, action, cancelable);
    }

    // A timer is late by chance, never early.
    private void Queue(TimeSpan due, TimeSpan? interval, Action action, ICancelable? cancelable)
    {
        bool Cancelled() => _stopped || cancelable?.IsCancellationRequested == true;
        if (Cancelled())
            return;
        var world = _process.World;
        world.Add(new Work(_process, "timer", () => Run(due, interval, action, cancelable)) { Cancelled = Cancelled }, due + new TimeSpan(world.Chance.Next(0, 5000)));
    }

    private void Run(TimeSpan due, TimeSpan? interval, Action action, ICancelable? cancelable)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is not ProcessCrashedException)
        {
            Log.Error(e, "Error while executing scheduled task");
        }
        if (interval is { } period)
            Queue(due + period < MonotonicClock ? MonotonicClock : due + period, interval, action, cancelable);
    }
}
