using System.Collections.Concurrent;
using System.Numerics;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Akka.Actor;

/// <summary>
/// The default scheduler: one thread turns a wheel of lists, one list for each tick. Scheduling and canceling only put the work
/// into a queue for that thread, so both are cheap and take no lock. The thread sleeps for good while nothing is scheduled.
/// </summary>
public sealed class HashedWheelTimerScheduler : SchedulerBase, IDateTimeOffsetNowTimeProvider, IDisposable
{
    private readonly ITimeProvider _clock = DateTimeOffsetNowTimeProvider.Instance;
    private readonly TimeSpan _tick;
    private readonly TimeSpan _shutdownTimeout;
    private readonly ScheduledWork?[] _wheel;
    private readonly ConcurrentQueue<ScheduledWork> _added = new();
    private readonly ConcurrentQueue<ScheduledWork> _removed = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly Action<ScheduledWork> _remove;
    private readonly Thread _thread;
    private readonly TimeSpan _start;
    private long _nextTick;
    private long _scheduled;
    private long _sequence;
    private int _asleep;
    private volatile bool _stopped;

    public HashedWheelTimerScheduler(Config scheduler, ILoggingAdapter log) : base(scheduler, log)
    {
        if (SchedulerConfig.IsNullOrEmpty())
            throw ConfigurationException.NullOrEmptyConfig<HashedWheelTimerScheduler>("akka.scheduler");
        var ticksPerWheel = SchedulerConfig.GetInt("akka.scheduler.ticks-per-wheel", 512);
        _tick = SchedulerConfig.GetTimeSpan("akka.scheduler.tick-duration", TimeSpan.FromMilliseconds(10));
        if (_tick < TimeSpan.FromMilliseconds(1)) throw new ArgumentOutOfRangeException(nameof(scheduler), "minimum supported akka.scheduler.tick-duration is 1ms");
        if (ticksPerWheel is < 1 or > 1 << 30) throw new ArgumentOutOfRangeException(nameof(scheduler), "akka.scheduler.ticks-per-wheel must be between 1 and 2^30");
        _shutdownTimeout = SchedulerConfig.GetTimeSpan("akka.scheduler.shutdown-timeout", TimeSpan.FromSeconds(5));
        _wheel = new ScheduledWork?[(int)BitOperations.RoundUpToPowerOf2((uint)ticksPerWheel)];
        _start = _clock.MonotonicClock;
        _remove = _removed.Enqueue;
        _thread = new Thread(Turn) { IsBackground = true, Name = "akka-scheduler" };
        _thread.Start();
    }

    protected override DateTimeOffset TimeNow => _clock.Now;

    public override TimeSpan MonotonicClock => _clock.MonotonicClock;

    public override TimeSpan HighResMonotonicClock => _clock.HighResMonotonicClock;

    private TimeSpan Elapsed => _clock.MonotonicClock - _start;

    public void Dispose()
    {
        if (_stopped) return;
        _stopped = true;
        _wake.Set();
        // a scheduled action may be what stops the system
        if (Thread.CurrentThread == _thread) return;
        if (!_thread.Join(_shutdownTimeout)) Log.Warning("Failed to shutdown scheduler within {0}", _shutdownTimeout);
    }

    protected override void InternalScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable) =>
        Add(delay, ScheduledWork.Tell(receiver, message, sender, null, cancelable));

    protected override void InternalScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable) =>
        Add(initialDelay, ScheduledWork.Tell(receiver, message, sender, interval, cancelable));

    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable? cancelable) =>
        Add(delay, ScheduledWork.Run(action, null, cancelable));

    protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable? cancelable) =>
        Add(delay, ScheduledWork.Run(action, null, cancelable));

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable? cancelable) =>
        Add(initialDelay, ScheduledWork.Run(action, interval, cancelable));

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable? cancelable) =>
        Add(initialDelay, ScheduledWork.Run(action, interval, cancelable));

    private void Add(TimeSpan delay, ScheduledWork work)
    {
        if (_stopped) throw new SchedulerException("cannot enqueue after timer shutdown");
        if (work.IsCanceled) return;
        var now = Elapsed;
        work.Deadline = delay > TimeSpan.MaxValue - now ? TimeSpan.MaxValue : now + delay;
        _added.Enqueue(work);
        work.RemoveOnCancel(_remove);
        if (Interlocked.CompareExchange(ref _asleep, 0, 1) == 1) _wake.Set();
    }

    private void Turn()
    {
        while (!_stopped)
        {
            TakeQueued();
            if (_scheduled == 0 && SleepUntilAdded()) continue;
            var wait = _tick * _nextTick - Elapsed;
            if (wait > TimeSpan.Zero)
            {
                Thread.Sleep((int)Math.Ceiling(wait.TotalMilliseconds));
                continue;
            }

            RunBucket(_nextTick++);
        }
    }

    /// <summary>Waits for work without turning. The wheel then goes on at the present.</summary>
    private bool SleepUntilAdded()
    {
        Volatile.Write(ref _asleep, 1);
        Interlocked.MemoryBarrier();
        if (!_added.IsEmpty || _stopped)
        {
            Volatile.Write(ref _asleep, 0);
            return false;
        }

        _wake.WaitOne();
        Volatile.Write(ref _asleep, 0);
        _nextTick = Math.Max(_nextTick, TickAt(Elapsed));
        return true;
    }

    private void TakeQueued()
    {
        while (_added.TryDequeue(out var work)) Put(work);
        while (_removed.TryDequeue(out var work))
        {
            if (work.Bucket >= 0) Unlink(work);
        }
    }

    /// <summary>The first tick at or after a time.</summary>
    private long TickAt(TimeSpan time) => (time.Ticks / _tick.Ticks) + (time.Ticks % _tick.Ticks == 0 ? 0 : 1);

    private void Put(ScheduledWork work)
    {
        var due = Math.Max(TickAt(work.Deadline), _nextTick);
        var bucket = (int)(due & (_wheel.Length - 1));
        work.Bucket = bucket;
        work.Sequence = _sequence++;
        work.Previous = null;
        work.Next = _wheel[bucket];
        if (work.Next is { } next) next.Previous = work;
        _wheel[bucket] = work;
        _scheduled++;
    }

    private void Unlink(ScheduledWork work)
    {
        if (work.Previous is { } previous) previous.Next = work.Next;
        else _wheel[work.Bucket] = work.Next;
        if (work.Next is { } next) next.Previous = work.Previous;
        work.Previous = null;
        work.Next = null;
        work.Bucket = -1;
        _scheduled--;
    }

    private void RunBucket(long tick)
    {
        var now = _tick * tick;
        List<ScheduledWork>? due = null;
        for (var work = _wheel[tick & (_wheel.Length - 1)]; work is not null; work = work.Next)
        {
            // what stays here is due in a later turn of the wheel
            if (work.Deadline <= now) (due ??= []).Add(work);
        }

        if (due is null) return;
        if (due.Count > 1) due.Sort(static (a, b) => a.Deadline != b.Deadline ? a.Deadline.CompareTo(b.Deadline) : a.Sequence.CompareTo(b.Sequence));
        foreach (var work in due)
        {
            Unlink(work);
            if (work.IsCanceled) continue;
            Run(work);
            if (work.Interval is not { } interval || work.IsCanceled) continue;
            // at a fixed rate; what was missed, for example while the machine slept, is not made up for
            var next = work.Deadline + interval;
            work.Deadline = next < now ? now : next;
            Put(work);
        }
    }

    private void Run(ScheduledWork work)
    {
        try
        {
            work.Execute();
        }
        catch (Exception e)
        {
            try
            {
                Log.Error(e, "Error while executing scheduled task {0}", work);
            }
            catch (Exception)
            {
                // a logger that throws must not stop the clock of the whole system
            }
        }
    }
}
