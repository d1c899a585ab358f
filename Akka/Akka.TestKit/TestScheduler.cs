using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Akka.TestKit;

/// <summary>A scheduler whose time stands still until the test advances it; what is due then runs on the thread of the test, in order.</summary>
public class TestScheduler : IScheduler, IAdvancedScheduler
{
    private static readonly DateTimeOffset Start = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<ScheduledWork, (TimeSpan Due, long Order)> _work = new();
    private readonly Lock _gate = new();
    private TimeSpan _elapsed;
    private long _order;

    public TestScheduler(Config schedulerConfig, ILoggingAdapter log)
    {
        ArgumentNullException.ThrowIfNull(schedulerConfig);
        ArgumentNullException.ThrowIfNull(log);
    }

    public DateTimeOffset Now => TimeNow;

    public TimeSpan MonotonicClock
    {
        get
        {
            lock (_gate) return _elapsed;
        }
    }

    public TimeSpan HighResMonotonicClock => MonotonicClock;

    public IAdvancedScheduler Advanced => this;

    protected DateTimeOffset TimeNow => Start + MonotonicClock;

    /// <summary>Lets time pass. Repeated work runs as often as it is due in that time, each time at its own moment.</summary>
    public void Advance(TimeSpan offset)
    {
        if (offset < TimeSpan.Zero) throw new ArgumentOutOfRangeException(nameof(offset), "Time does not go back.");
        var target = MonotonicClock + offset;
        while (NextUntil(target) is { } work)
        {
            if (work.IsCanceled) continue;
            work.Execute();
            if (work.Interval is { } interval && !work.IsCanceled) Add(work, work.Deadline + interval);
        }
    }

    public void AdvanceTo(DateTimeOffset when) => Advance(when - Now);

    public void ScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef? sender) =>
        ScheduleTellOnce(delay, receiver, message, sender, null);

    public void ScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable) =>
        AddAfter(delay, ScheduledWork.Tell(receiver, message, sender, null, cancelable));

    public void ScheduleTellRepeatedly(TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef? sender) =>
        ScheduleTellRepeatedly(initialDelay, interval, receiver, message, sender, null);

    public void ScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable) =>
        AddAfter(initialDelay, ScheduledWork.Tell(receiver, message, sender, interval, cancelable));

    public void ScheduleOnce(TimeSpan delay, Action action, ICancelable? cancelable) => AddAfter(delay, ScheduledWork.Run(action, null, cancelable));

    public void ScheduleOnce(TimeSpan delay, Action action) => ScheduleOnce(delay, action, null);

    public void ScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable? cancelable) =>
        AddAfter(initialDelay, ScheduledWork.Run(action, interval, cancelable));

    public void ScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action) => ScheduleRepeatedly(initialDelay, interval, action, null);

    public void ScheduleOnce(TimeSpan delay, IRunnable action, ICancelable? cancelable) => AddAfter(delay, ScheduledWork.Run(action, null, cancelable));

    public void ScheduleOnce(TimeSpan delay, IRunnable action) => ScheduleOnce(delay, action, null);

    public void ScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable? cancelable) =>
        AddAfter(initialDelay, ScheduledWork.Run(action, interval, cancelable));

    public void ScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action) => ScheduleRepeatedly(initialDelay, interval, action, null);

    private void AddAfter(TimeSpan delay, ScheduledWork work)
    {
        if (delay < TimeSpan.Zero) throw new ArgumentOutOfRangeException(nameof(delay), $"Delay must be >=0. It was {delay}");
        if (work.Interval is { } interval && interval <= TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(work), $"Interval must be >0. It was {interval}");
        Add(work, MonotonicClock + delay);
    }

    private void Add(ScheduledWork work, TimeSpan due)
    {
        lock (_gate)
        {
            work.Deadline = due;
            _work.Enqueue(work, (due, _order++));
        }
    }

    /// <summary>Takes what is due first and sets the clock to its moment; without such work, to the target.</summary>
    private ScheduledWork? NextUntil(TimeSpan target)
    {
        lock (_gate)
        {
            if (_work.TryPeek(out var work, out var at) && at.Due <= target)
            {
                _work.Dequeue();
                if (at.Due > _elapsed) _elapsed = at.Due;
                return work;
            }

            _elapsed = target;
            return null;
        }
    }
}
