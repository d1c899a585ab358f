using Akka.Actor.Internal;
using Akka.Dispatch;

namespace Akka.Actor;

/// <summary>An actor that says in its constructor, and in Become, which types of message it handles and how; the first match wins.</summary>
public abstract class ReceiveActor : UntypedActor, IInitializableActor
{
    private ReceiveBuilder? _building = new();
    private ReceiveBehaviour _behaviour = ReceiveBehaviour.Empty;
    private bool _initialized;

    protected ReceiveActor() { }

    void IInitializableActor.Init()
    {
        // the constructor may already have become something else
        _behaviour = _building!.Build();
        _building = null;
        _initialized = true;
    }

    protected sealed override void OnReceive(object message)
    {
        if (!_behaviour.Handle(message)) Unhandled(message);
    }

    protected void Become(Action configure) => Context.Become(Configured(configure));

    protected void BecomeStacked(Action configure) => Context.BecomeStacked(Configured(configure));

    private UntypedReceive Configured(Action configure)
    {
        var before = _building;
        var builder = _building = new ReceiveBuilder();
        try
        {
            configure();
        }
        finally
        {
            _building = _initialized ? null : before;
        }
        var behaviour = builder.Build();
        return message =>
        {
            if (!behaviour.Handle(message)) Unhandled(message);
        };
    }

    private ReceiveBuilder Building =>
        _building ?? throw new InvalidOperationException("You may only call Receive-methods when constructing the actor and inside Become().");

    protected void ReceiveAsync<T>(Func<T, Task> handler, Predicate<T>? shouldHandle = null) =>
        Building.Add<T>(message => ActorTaskScheduler.RunTask(handler, message), shouldHandle);

    protected void ReceiveAsync<T>(Predicate<T> shouldHandle, Func<T, Task> handler) => ReceiveAsync(handler, shouldHandle);

    protected void ReceiveAsync(Type messageType, Func<object, Task> handler, Predicate<object>? shouldHandle = null) =>
        Building.Add(messageType, message => ActorTaskScheduler.RunTask(handler, message), shouldHandle);

    protected void ReceiveAsync(Type messageType, Predicate<object> shouldHandle, Func<object, Task> handler) =>
        ReceiveAsync(messageType, handler, shouldHandle);

    protected void ReceiveAnyAsync(Func<object, Task> handler) =>
        Building.Add<object>(message => ActorTaskScheduler.RunTask(handler, message), null);

    protected void Receive<T>(Action<T> handler, Predicate<T>? shouldHandle = null) => Building.Add(handler, shouldHandle);

    protected void Receive<T>(Predicate<T> shouldHandle, Action<T> handler) => Receive(handler, shouldHandle);

    protected void Receive(Type messageType, Action<object> handler, Predicate<object>? shouldHandle = null) =>
        Building.Add(messageType, handler, shouldHandle);

    protected void Receive(Type messageType, Predicate<object> shouldHandle, Action<object> handler) => Receive(messageType, handler, shouldHandle);

    protected void Receive<T>(Func<T, bool> handler) => Building.Add(handler);

    protected void Receive(Type messageType, Func<object, bool> handler) => Building.Add(messageType, handler);

    protected void ReceiveAny(Action<object> handler) => Building.Add(handler, null);
}
