using Akka.Actor;
using Akka.Event;

namespace Akka.Dispatch.SysMsg;

/// <summary>Marks the end of a closed mailbox's system queue; never processed.</summary>
public sealed class NoMessage : SystemMessage;

/// <summary>Creates the actor instance in its own context.</summary>
public sealed class Create : SystemMessage
{
    public Create(ActorInitializationException? failure = null) => Failure = failure;

    public ActorInitializationException? Failure { get; }

    public override string ToString() => "<Create>" + (Failure is null ? "" : " Failure: " + Failure);
}

/// <summary>Restarts the actor.</summary>
public sealed class Recreate : SystemMessage, IStashWhenWaitingForChildren
{
    public Recreate(Exception? cause) => Cause = cause!;

    public Exception Cause { get; }

    public override string ToString() => "<Recreate>: " + Cause;
}

/// <summary>Stops the processing of user messages.</summary>
public sealed class Suspend : SystemMessage, IStashWhenWaitingForChildren
{
    public override string ToString() => "<Suspend>";
}

/// <summary>Goes on with user messages.</summary>
public sealed class Resume : SystemMessage, IStashWhenWaitingForChildren
{
    public Resume(Exception? causedByFailure) => CausedByFailure = causedByFailure;

    public Exception? CausedByFailure { get; set; }

    public override string ToString() => "<Resume>: " + CausedByFailure;
}

/// <summary>Stops the actor.</summary>
public sealed class Terminate : SystemMessage, IPossiblyHarmful, IDeadLetterSuppression
{
    public override string ToString() => "<Terminate>";
}

/// <summary>Stops the actor (older name, kept for wire formats).</summary>
public sealed class Stop : SystemMessage
{
    public override string ToString() => "<Stop>";
}

/// <summary>Tells the parent about a new child.</summary>
public sealed class Supervise : SystemMessage
{
    public Supervise(IActorRef child, bool async)
    {
        Child = child;
        Async = async;
    }

    public bool Async { get; }

    public IActorRef Child { get; }

    public override string ToString() => "<Supervise>: " + Child + (Async ? " ASYNC" : "");
}

/// <summary>Starts death watch.</summary>
public class Watch : SystemMessage
{
    public Watch(IInternalActorRef watchee, IInternalActorRef watcher)
    {
        Watchee = watchee;
        Watcher = watcher;
    }

    public IInternalActorRef Watchee { get; }

    public IInternalActorRef Watcher { get; }

    public override string ToString() => "<Watch>: " + Watcher + " wants to watch " + Watchee;
}

/// <summary>Ends death watch.</summary>
public sealed class Unwatch : SystemMessage
{
    public Unwatch(IInternalActorRef watchee, IInternalActorRef watcher)
    {
        Watchee = watchee;
        Watcher = watcher;
    }

    public IInternalActorRef Watchee { get; }

    public IInternalActorRef Watcher { get; }

    public override string ToString() => "<Unwatch>: " + Watcher + " wants to unwatch " + Watchee;
}

/// <summary>A watched actor or a child is dead.</summary>
public sealed class DeathWatchNotification : SystemMessage, IDeadLetterSuppression
{
    public DeathWatchNotification(IActorRef actor, bool existenceConfirmed, bool addressTerminated)
    {
        Actor = actor;
        ExistenceConfirmed = existenceConfirmed;
        AddressTerminated = addressTerminated;
    }

    public IActorRef Actor { get; }

    public bool ExistenceConfirmed { get; }

    public bool AddressTerminated { get; }

    public override string ToString() =>
        $"<DeathWatchNotification>: {Actor}, ExistenceConfirmed={ExistenceConfirmed}, AddressTerminated={AddressTerminated}";
}

/// <summary>A child failed and waits for its supervisor's decision.</summary>
internal sealed class Failed : SystemMessage, IStashWhenFailed, IStashWhenWaitingForChildren
{
    public Failed(IActorRef child, Exception cause, long uid)
    {
        Child = child;
        Cause = cause;
        Uid = uid;
    }

    public IActorRef Child { get; }

    public Exception Cause { get; }

    public long Uid { get; }

    public override string ToString() => $"<Failed>: {Child} ({Uid}) {Cause.Message}";
}

/// <summary>A supervisor passes a failure on.</summary>
public sealed class Escalate : SystemMessage
{
    public Escalate(Exception reason) => Reason = reason;

    public Exception Reason { get; }

    public override string ToString() => "<Escalate>: " + Reason;
}

/// <summary>Runs a task in the actor's context (old form; see <see cref="ActorTaskSchedulerMessage"/>).</summary>
public sealed class ActorTask : SystemMessage
{
    public ActorTask(Task task) => Task = task;

    public Task Task { get; }
}

/// <summary>Runs a piece of an async handler in the actor's context.</summary>
internal sealed class ActorTaskSchedulerMessage(ActorTaskScheduler scheduler, Task task) : SystemMessage, IDeadLetterSuppression
{
    public void ExecuteTask() => scheduler.ExecuteQueued(task);

    public override string ToString() => "<ActorTaskSchedulerMessage>";
}
