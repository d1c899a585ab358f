using System.Diagnostics.CodeAnalysis;
using Akka.Event;

namespace Akka.Actor.Scheduler;

/// <summary>The message of a timer on its way through the mailbox; the actor gets only what is inside.</summary>
internal sealed class TimerMsg : IAutoReceivedMessage, INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public TimerMsg(TimerScheduler owner, object key, object message, bool repeats)
    {
        Owner = owner;
        Key = key;
        Message = message;
        Repeats = repeats;
    }

    public TimerScheduler Owner { get; }

    public object Key { get; }

    public object Message { get; }

    public bool Repeats { get; }

    public override string ToString() => $"TimerMsg(key={Key}, message={Message})";
}

/// <summary>The timers of one actor instance.</summary>
internal sealed class TimerScheduler : ITimerScheduler
{
    private readonly ActorCell _cell;
    private readonly Dictionary<object, Timer> _timers = [];

    public TimerScheduler(ActorCell cell) => _cell = cell;

    // the message itself is the generation: what does not match it comes from a timer that was replaced
    private readonly record struct Timer(TimerMsg Message, ICancelable Task);

    public IReadOnlyCollection<object> ActiveTimers => _timers.Keys;

    public void StartPeriodicTimer(object key, object msg, TimeSpan interval) => Start(key, msg, interval, interval, _cell.Self);

    public void StartPeriodicTimer(object key, object msg, TimeSpan interval, IActorRef sender) => Start(key, msg, interval, interval, sender);

    public void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval) =>
        Start(key, msg, initialDelay, interval, _cell.Self);

    public void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval, IActorRef sender) =>
        Start(key, msg, initialDelay, interval, sender);

    public void StartSingleTimer(object key, object msg, TimeSpan timeout) => Start(key, msg, timeout, null, _cell.Self);

    public void StartSingleTimer(object key, object msg, TimeSpan timeout, IActorRef sender) => Start(key, msg, timeout, null, sender);

    private void Start(object key, object message, TimeSpan delay, TimeSpan? interval, IActorRef sender)
    {
        Cancel(key);
        var timer = new TimerMsg(this, key, message, interval is not null);
        var task = interval is { } repeat
            ? _cell.System.Scheduler.ScheduleTellRepeatedlyCancelable(delay, repeat, _cell.Self, timer, sender)
            : _cell.System.Scheduler.ScheduleTellOnceCancelable(delay, _cell.Self, timer, sender);
        _timers[key] = new Timer(timer, task);
        if (_cell.System.Settings.DebugTimerScheduler) _cell.PublishDebug($"Start timer [{key}] of {delay}");
    }

    public bool IsTimerActive(object key) => _timers.ContainsKey(key);

    public void Cancel(object key)
    {
        if (!_timers.Remove(key, out var timer)) return;
        timer.Task.Cancel();
        if (_cell.System.Settings.DebugTimerScheduler) _cell.PublishDebug($"Cancel timer [{key}]");
    }

    public void CancelAll()
    {
        foreach (var timer in _timers.Values) timer.Task.Cancel();
        _timers.Clear();
    }

    /// <summary>The message of a timer that is still the current one of its key.</summary>
    internal bool Intercept(TimerMsg timer, [NotNullWhen(true)] out object? message)
    {
        message = null;
        if (!ReferenceEquals(timer.Owner, this) || !_timers.TryGetValue(timer.Key, out var current) || !ReferenceEquals(current.Message, timer)) return false;
        if (!timer.Repeats) _timers.Remove(timer.Key);
        message = timer.Message;
        return true;
    }
}
