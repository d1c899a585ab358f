using Akka.Actor;

namespace Akka.Pattern;

/// <summary>What both back-off supervisors do: start the child, count, and pass messages through.</summary>
public abstract class BackoffSupervisorBase : ActorBase
{
    internal BackoffSupervisorBase(
        Props childProps, string childName, IBackoffReset reset, object? replyWhileStopped, Func<object, bool>? finalStopMessage)
    {
        ChildProps = childProps;
        ChildName = childName;
        Reset = reset;
        ReplyWhileStopped = replyWhileStopped!;
        FinalStopMessage = finalStopMessage!;
    }

    protected Props ChildProps { get; }

    protected string ChildName { get; }

    protected IBackoffReset Reset { get; }

    protected object ReplyWhileStopped { get; }

    protected Func<object, bool> FinalStopMessage { get; }

    /// <summary>Null while there is none.</summary>
    protected IActorRef? Child { get; set; }

    protected int RestartCountN { get; set; }

    protected bool FinalStopMessageReceived { get; set; }

    protected override void PreStart()
    {
        StartChild();
        base.PreStart();
    }

    private void StartChild()
    {
        if (Child is null) Child = Context.Watch(Context.ActorOf(ChildProps, ChildName));
    }

    protected bool HandleBackoff(object message)
    {
        switch (message)
        {
            case BackoffSupervisor.StartChild:
                StartChild();
                if (Reset is AutoReset auto)
                    Context.System.Scheduler.ScheduleTellOnce(auto.ResetBackoff, Self, new BackoffSupervisor.ResetRestartCount(RestartCountN), Self);
                return true;
            case BackoffSupervisor.Reset:
                if (Reset is ManualReset) RestartCountN = 0;
                else Unhandled(message);
                return true;
            case BackoffSupervisor.ResetRestartCount counted:
                // only when the child has not failed since
                if (counted.Current == RestartCountN) RestartCountN = 0;
                return true;
            case BackoffSupervisor.GetRestartCount:
                Sender.Tell(new BackoffSupervisor.RestartCount(RestartCountN), Self);
                return true;
            case BackoffSupervisor.GetCurrentChild:
                Sender.Tell(new BackoffSupervisor.CurrentChild(Child!), Self);
                return true;
        }

        if (Child is { } child)
        {
            if (child.Equals(Sender))
            {
                // the child talks to its parent: that is ours
                Context.Parent.Forward(message);
                return true;
            }
            child.Forward(message);
            FinalStopMessageReceived = FinalStopMessageReceived || (FinalStopMessage?.Invoke(message) ?? false);
            return true;
        }

        if (ReplyWhileStopped is not null) Sender.Tell(ReplyWhileStopped, Self);
        else Context.System.DeadLetters.Forward(message);
        if (FinalStopMessage?.Invoke(message) ?? false) Context.Stop(Self);
        return true;
    }

    /// <summary>Has the child started again after the next pause.</summary>
    private protected void StartChildLater(TimeSpan minBackoff, TimeSpan maxBackoff, double randomFactor)
    {
        var delay = BackoffSupervisor.CalculateDelay(RestartCountN, minBackoff, maxBackoff, randomFactor);
        Context.System.Scheduler.ScheduleTellOnce(delay, Self, BackoffSupervisor.StartChild.Instance, Self);
        RestartCountN++;
    }
}
