namespace Akka.Actor;

public partial class ActorCell
{
    private TimeSpan? _receiveTimeout;
    private TimeSpan _lastMessageAt;
    private ICancelable? _pendingTick;
    private ReceiveTimeoutTick? _currentTick;

    /// <summary>Sent by the scheduler to look whether the time without messages is over.</summary>
    private sealed class ReceiveTimeoutTick : IAutoReceivedMessage, INotInfluenceReceiveTimeout, Event.IDeadLetterSuppression;

    public TimeSpan? ReceiveTimeout => _receiveTimeout;

    public void SetReceiveTimeout(TimeSpan? timeout = null)
    {
        CancelReceiveTimeout();
        _receiveTimeout = timeout is { } t && t > TimeSpan.Zero && t != Timeout.InfiniteTimeSpan ? timeout : null;
        CheckReceiveTimeout();
    }

    /// <summary>Starts to wait anew.</summary>
    public void CheckReceiveTimeout(bool reschedule = true)
    {
        if (_receiveTimeout is not { } timeout || !reschedule) return;
        _lastMessageAt = _systemImpl.Scheduler.MonotonicClock;
        if (_pendingTick is null) ScheduleTick(timeout);
    }

    // One timer that looks at the clock when it fires, instead of one that is replaced with each message.
    private void ScheduleTick(TimeSpan delay)
    {
        _currentTick ??= new ReceiveTimeoutTick();
        _pendingTick = _systemImpl.Scheduler.ScheduleTellOnceCancelable(delay, _self, _currentTick, _self);
    }

    private void MessageCameIn(object message)
    {
        if (message is Scheduler.TimerMsg timer) message = timer.Message;
        if (_pendingTick is null || message is not INotInfluenceReceiveTimeout) CheckReceiveTimeout();
    }

    private bool ReceiveTimeoutIsDue(ReceiveTimeoutTick tick)
    {
        if (!ReferenceEquals(tick, _currentTick) || _receiveTimeout is not { } timeout) return false;
        _pendingTick = null;
        var remaining = _lastMessageAt + timeout - _systemImpl.Scheduler.MonotonicClock;
        if (remaining > TimeSpan.Zero)
        {
            ScheduleTick(remaining);
            return false;
        }
        // pending stays empty: waiting starts anew once the actor has processed the time-out
        return true;
    }

    private void CancelReceiveTimeout()
    {
        _pendingTick?.Cancel();
        _pendingTick = null;
        _currentTick = null;
    }
}
