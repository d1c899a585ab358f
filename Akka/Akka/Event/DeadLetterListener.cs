using Akka.Actor;

namespace Akka.Event;

/// <summary>
/// Logs dead letters, as many as <c>akka.log-dead-letters</c> allows, then is silent for
/// <c>akka.log-dead-letters-suspend-duration</c>.
/// </summary>
public class DeadLetterListener : ActorBase
{
    private readonly EventStream _eventStream = Context.System.EventStream;
    private readonly int _countMax = Context.System.Settings.LogDeadLetters;
    private readonly TimeSpan _suspendDuration = Context.System.Settings.LogDeadLettersSuspendDuration;
    private long _count;
    private TimeSpan? _suspendedUntil;

    protected override void PostRestart(Exception reason)
    {
        // the subscriptions outlive a restart
    }

    protected override void PreRestart(Exception reason, object message)
    {
        // the subscriptions outlive a restart
    }

    protected override void PreStart()
    {
        _eventStream.Subscribe(Self, typeof(DeadLetter));
        _eventStream.Subscribe(Self, typeof(Dropped));
        _eventStream.Subscribe(Self, typeof(UnhandledMessage));
    }

    protected override void PostStop() => _eventStream.Unsubscribe(Self);

    protected override bool Receive(object message)
    {
        if (message is not AllDeadLetters letter) return false;
        if (letter.Message is IDeadLetterSuppression) return true;
        if (_suspendedUntil is { } until)
        {
            _count++;
            if (Now < until) return true;
            Log(letter, $", of which {_count - 1} were not logged. The counter will be reset now");
            _suspendedUntil = null;
            _count = 0;
            return true;
        }

        _count++;
        if (_count < _countMax || _countMax == int.MaxValue)
        {
            Log(letter, "");
        }
        else if (_suspendDuration == Timeout.InfiniteTimeSpan)
        {
            Log(letter, ", no more dead letters will be logged");
            Context.Stop(Self);
        }
        else
        {
            Log(letter, $", no more dead letters will be logged in next [{_suspendDuration}]");
            _suspendedUntil = Now + _suspendDuration;
            _count = 0;
        }

        return true;
    }

    private TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    private void Log(AllDeadLetters letter, string more)
    {
        var sender = letter.Sender is null || letter.Sender.Equals(Context.System.DeadLetters) ? "" : $" from {letter.Sender}";
        var what = $"Message [{letter.Message.GetType().Name}]{sender} to {letter.Recipient}";
        var (happened, kind) = letter switch
        {
            Dropped dropped => ($"was dropped. {dropped.Reason}", "dropped messages"),
            UnhandledMessage => ("was unhandled", "unhandled messages"),
            _ => ("was not delivered", "dead letters"),
        };
        var text = $"{what} {happened}. [{_count}] {kind} encountered{more}. "
            + "This logging can be turned off or adjusted with configuration settings 'akka.log-dead-letters' "
            + $"and 'akka.log-dead-letters-during-shutdown'. Message content: {letter.Message}";
        var path = letter.Recipient?.Path.ToString() ?? "";
        _eventStream.Publish(new Info(path, letter.Recipient?.GetType() ?? typeof(IActorRef), text));
    }
}
