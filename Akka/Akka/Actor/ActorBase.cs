using Akka.Event;

namespace Akka.Actor;

/// <summary>Gives the context of an actor.</summary>
public interface IInternalActor
{
    IActorContext ActorContext { get; }
}

/// <summary>Base of all actors.</summary>
public abstract class ActorBase : IInternalActor
{
    private IActorRef? _clearedSelf;
    private bool _hasBeenCleared;
    private SupervisorStrategy? _supervisorStrategy;

    protected ActorBase()
    {
        var cell = ActorCell.Current
            ?? throw new ActorInitializationException("Do not create actors using 'new', always create them using an ActorContext/System");
        cell.Become(Receive);
    }

    internal Receive InitialBehaviour => Receive;

    internal void Clear(IActorRef self)
    {
        _hasBeenCleared = true;
        _clearedSelf = self;
    }

    internal void Unclear()
    {
        _hasBeenCleared = false;
        _clearedSelf = null;
    }

    protected IActorRef Sender => Context.Sender;

    protected IActorRef Self => _hasBeenCleared ? _clearedSelf! : Context.Self;

    IActorContext IInternalActor.ActorContext =>
        ActorCell.Current ?? throw new NotSupportedException("There is no active ActorContext, this is most likely due to use of async operations from within this actor.");

    protected static IActorContext Context =>
        ActorCell.Current ?? throw new NotSupportedException("There is no active ActorContext, this is most likely due to use of async operations from within this actor.");

    protected static Receive EmptyReceive { get; } = static _ => false;

    /// <summary>Set by props; wins over <see cref="SupervisorStrategy()"/>, which is asked once.</summary>
    internal SupervisorStrategy SupervisorStrategyInternal
    {
        get => _supervisorStrategy ??= SupervisorStrategy();
        set => _supervisorStrategy = value;
    }

    /// <summary>Lets base classes look at each message before the behaviour does.</summary>
    protected internal virtual bool AroundReceive(Receive receive, object message) => receive(message);

    protected abstract bool Receive(object message);

    internal void UnhandledInternal(object message) => Unhandled(message);

    /// <summary>Nobody handled the message: publishes it; a <see cref="Terminated"/> ends the actor.</summary>
    protected virtual void Unhandled(object message)
    {
        if (message is Terminated terminated) throw new DeathPactException(terminated.ActorRef);
        Context.System.EventStream.Publish(new UnhandledMessage(message, Sender, Self));
    }

    protected void Become(Receive receive) => Context.Become(receive);

    protected void BecomeStacked(Receive receive) => Context.BecomeStacked(receive);

    protected void UnbecomeStacked() => Context.UnbecomeStacked();

    protected void SetReceiveTimeout(TimeSpan? timeout) => Context.SetReceiveTimeout(timeout);

    public virtual void AroundPreRestart(Exception cause, object? message) => PreRestart(cause, message!);

    public virtual void AroundPreStart() => PreStart();

    public virtual void AroundPostRestart(Exception cause, object? message) => PostRestart(cause);

    public virtual void AroundPostStop() => PostStop();

    protected virtual void PreStart() { }

    /// <summary>Called on the failed instance; by default it stops all children and calls <see cref="PostStop"/>.</summary>
    protected virtual void PreRestart(Exception reason, object message)
    {
        foreach (var child in Context.GetChildren())
        {
            Context.Unwatch(child);
            Context.Stop(child);
        }
        PostStop();
    }

    /// <summary>Called on the new instance; by default it calls <see cref="PreStart"/>.</summary>
    protected virtual void PostRestart(Exception reason) => PreStart();

    protected virtual void PostStop() { }

    protected virtual SupervisorStrategy SupervisorStrategy() => Akka.Actor.SupervisorStrategy.DefaultStrategy;
}
