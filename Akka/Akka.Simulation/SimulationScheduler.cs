using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Akka.Simulation;

/// <summary>The scheduler of actor systems in a world. Named by <c>akka.scheduler.implementation</c>.</summary>
public sealed class SimulationScheduler : SchedulerBase, IDateTimeOffsetNowTimeProvider, IWorkWhileWaiting, IDisposable
{
    private bool _stopped;

    /// <summary>Made by the actor system.</summary>
    /// <param name="scheduler">The actor system's configuration.</param>
    /// <param name="log">Its log.</param>
    public SimulationScheduler(Config scheduler, ILoggingAdapter log)
        : base(scheduler, log)
    {
        var world = SimulationWorld.Current ?? throw new ConfigurationException("there is no world for the simulation's scheduler");
        Process = world.Process(scheduler.GetInt("akka.simulation.process", -1));
    }

    /// <inheritdoc/>
    public override TimeSpan MonotonicClock => Process.World.Now;

    /// <inheritdoc/>
    public override TimeSpan HighResMonotonicClock => Process.World.Now;

    internal SimulatedProcess Process { get; }

    /// <inheritdoc/>
    protected override DateTimeOffset TimeNow => Process.Clock.GetUtcNow();

    /// <inheritdoc/>
    public void Dispose() => _stopped = true;

    void IWorkWhileWaiting.WorkUntil(Task task) => Process.World.WorkUntil(Process, task);

    /// <inheritdoc/>
    protected override void InternalScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable) =>
        Add(delay, ScheduledWork.Tell(receiver, message, sender, null, cancelable));

    /// <inheritdoc/>
    protected override void InternalScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable) =>
        Add(initialDelay, ScheduledWork.Tell(receiver, message, sender, interval, cancelable));

    /// <inheritdoc/>
    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable? cancelable) =>
        Add(delay, ScheduledWork.Run(action, null, cancelable));

    /// <inheritdoc/>
    protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable? cancelable) =>
        Add(delay, ScheduledWork.Run(action, null, cancelable));

    /// <inheritdoc/>
    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable? cancelable) =>
        Add(initialDelay, ScheduledWork.Run(action, interval, cancelable));

    /// <inheritdoc/>
    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable? cancelable) =>
        Add(initialDelay, ScheduledWork.Run(action, interval, cancelable));

    private void Add(TimeSpan delay, ScheduledWork work)
    {
        if (_stopped)
            throw new SchedulerException("cannot enqueue after timer shutdown");
        var now = Process.World.Now;
        work.Deadline = delay > TimeSpan.MaxValue - now ? TimeSpan.MaxValue : now + delay;
        Queue(work);
    }

    // A timer is late by chance, never early.
    private void Queue(ScheduledWork work)
    {
        if (work.IsCanceled || work.Deadline == TimeSpan.MaxValue)
            return;
        Process.World.Add(
            new Work(Process, work, () => Run(work)) { Cancelled = () => _stopped || work.IsCanceled },
            work.Deadline + new TimeSpan(Process.World.Chance.Next(0, 5000)));
    }

    private void Run(ScheduledWork work)
    {
        try
        {
            work.Execute();
        }
        catch (Exception e) when (e is not ProcessCrashedException)
        {
            Log.Error(e, "Error while executing scheduled task {0}", work);
        }
        if (work.Interval is not { } interval)
            return;
        var next = work.Deadline + interval;
        work.Deadline = next < MonotonicClock ? MonotonicClock : next;
        Queue(work);
    }
}
