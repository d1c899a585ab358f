using Akka.Dispatch;

namespace Akka.Actor;

/// <summary>An actor with one method for all messages.</summary>
public abstract class UntypedActor : ActorBase
{
    protected UntypedActor() { }

    protected sealed override bool Receive(object message)
    {
        OnReceive(message);
        return true;
    }

    /// <summary>Runs the work as an async handler: the mailbox waits until it is done.</summary>
    protected void RunTask(Action action) => ActorTaskScheduler.RunTask(action);

    protected void RunTask(Func<Task> action) => ActorTaskScheduler.RunTask(action);

    protected abstract void OnReceive(object message);

    protected void Become(UntypedReceive receive) => Context.Become(receive);

    protected void BecomeStacked(UntypedReceive receive) => Context.BecomeStacked(receive);

    protected new static IUntypedActorContext Context => (IUntypedActorContext)ActorBase.Context;
}

/// <summary>An untyped actor with a stash of any kind.</summary>
public abstract class UntypedActorWithStash : UntypedActor, IWithStash
{
    protected UntypedActorWithStash() { }

    public IStash Stash { get; set; } = null!;
}

/// <summary>An untyped actor with an unbounded stash.</summary>
public abstract class UntypedActorWithUnboundedStash : UntypedActor, IWithUnboundedStash
{
    protected UntypedActorWithUnboundedStash() { }

    public IStash Stash { get; set; } = null!;
}

/// <summary>An untyped actor with a stash that says nothing of its mailbox.</summary>
public abstract class UntypedActorWithUnrestrictedStash : UntypedActor, IWithUnrestrictedStash
{
    protected UntypedActorWithUnrestrictedStash() { }

    public IStash Stash { get; set; } = null!;
}
