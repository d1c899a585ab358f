using Akka.Actor;
using Akka.Event;

namespace Akka.Pattern;

/// <summary>Makes of each restart of its child a stop and a new start after a pause, which gets longer each time.</summary>
internal sealed class BackoffOnRestartSupervisor : BackoffSupervisorBase
{
    private readonly TimeSpan _minBackoff;
    private readonly TimeSpan _maxBackoff;
    private readonly double _randomFactor;
    private readonly OneForOneStrategy _strategy;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private IActorRef? _failedChild;

    public BackoffOnRestartSupervisor(
        Props childProps, string childName, TimeSpan minBackoff, TimeSpan maxBackoff, IBackoffReset reset, double randomFactor,
        OneForOneStrategy strategy, object? replyWhileStopped, Func<object, bool>? finalStopMessage)
        : base(childProps, childName, reset, replyWhileStopped, finalStopMessage)
    {
        _minBackoff = minBackoff;
        _maxBackoff = maxBackoff;
        _randomFactor = randomFactor;
        _strategy = strategy;
    }

    protected override SupervisorStrategy SupervisorStrategy() =>
        new OneForOneStrategy(_strategy.MaxNumberOfRetries, _strategy.WithinTimeRangeMilliseconds, Decide);

    private Directive Decide(Exception cause)
    {
        var directive = _strategy.Decider.Decide(cause);
        if (directive != Directive.Restart) return directive;
        if (_strategy.MaxNumberOfRetries >= 0 && RestartCountN + 1 > _strategy.MaxNumberOfRetries)
        {
            _log.Debug("Terminating on restart #{0} which exceeds max allowed restarts ({1})", RestartCountN + 1, _strategy.MaxNumberOfRetries);
            return Directive.Stop;
        }
        _failedChild = Child;
        return Directive.Stop;
    }

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case Terminated terminated when Child is not null && Child.Equals(terminated.ActorRef):
                var failed = _failedChild is not null;
                _failedChild = null;
                Child = null;
                if (failed) StartChildLater(_minBackoff, _maxBackoff, _randomFactor);
                else StopSelf();
                return true;
            case BackoffSupervisor.StartChild when _failedChild is not null:
                // it is still stopping; the next start is scheduled when it has
                return true;
            default:
                return HandleBackoff(message);
        }
    }

    private void StopSelf()
    {
        _log.Debug("Terminating, because child [{0}] terminated itself", ChildName);
        Context.Stop(Self);
    }
}
