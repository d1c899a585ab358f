using Akka.Actor;
using Akka.Actor.Internal;

namespace Akka.Persistence;

/// <summary>A persistent actor whose handlers are registered by message type in its constructor or in <c>Become</c>.</summary>
public abstract class ReceivePersistentActor : UntypedPersistentActor, IInitializableActor
{
    private readonly MessageHandlers _recoverHandlers = new();
    private readonly MessageHandlers _initialHandlers = new();
    // Where Command adds to: null outside the constructor and Become.
    private MessageHandlers? _configuring;

    /// <summary>Handlers are added by the derived constructor.</summary>
    protected ReceivePersistentActor() => _configuring = _initialHandlers;

    void IInitializableActor.Init() => _configuring = null;

    /// <summary>Replaces the behaviour for commands by the handlers that <paramref name="configure"/> registers.</summary>
    protected void Become(Action configure) => Become(Configure(configure));

    /// <summary>Puts the handlers that <paramref name="configure"/> registers on top of the present behaviour.</summary>
    protected void BecomeStacked(Action configure) => BecomeStacked(Configure(configure));

    /// <inheritdoc />
    protected sealed override void OnCommand(object message) => Handle(_initialHandlers, message);

    /// <inheritdoc />
    protected sealed override void OnRecover(object message) => Handle(_recoverHandlers, message);

    /// <summary>Handles replayed messages of a type.</summary>
    protected void Recover<T>(Action<T> handler, Predicate<T>? shouldHandle = null) => Recovering.Add(handler, shouldHandle);

    /// <inheritdoc cref="Recover{T}(Action{T}, Predicate{T})" />
    protected void Recover<T>(Predicate<T> shouldHandle, Action<T> handler) => Recovering.Add(handler, shouldHandle);

    /// <inheritdoc cref="Recover{T}(Action{T}, Predicate{T})" />
    protected void Recover(Type messageType, Action<object> handler, Predicate<object>? shouldHandle = null) => Recovering.Add(messageType, handler, shouldHandle);

    /// <inheritdoc cref="Recover{T}(Action{T}, Predicate{T})" />
    protected void Recover(Type messageType, Predicate<object> shouldHandle, Action<object> handler) => Recovering.Add(messageType, handler, shouldHandle);

    /// <summary>Handles replayed messages of a type unless the handler returns false.</summary>
    protected void Recover<T>(Func<T, bool> handler) => Recovering.Add(message => message is T typed && handler(typed));

    /// <inheritdoc cref="Recover{T}(Func{T, bool})" />
    protected void Recover(Type messageType, Func<object, bool> handler) => Recovering.Add(message => messageType.IsInstanceOfType(message) && handler(message));

    /// <summary>Handles all other replayed messages.</summary>
    protected void RecoverAny(Action<object> handler) => Recovering.AddAny(handler);

    /// <summary>Handles commands of a type asynchronously; no other message is taken meanwhile.</summary>
    protected void CommandAsync<T>(Func<T, Task> handler, Predicate<T>? shouldHandle = null) =>
        Commands.Add(message => RunTask(() => handler(message)), shouldHandle);

    /// <inheritdoc cref="CommandAsync{T}(Func{T, Task}, Predicate{T})" />
    protected void CommandAsync<T>(Predicate<T> shouldHandle, Func<T, Task> handler) => CommandAsync(handler, shouldHandle);

    /// <inheritdoc cref="CommandAsync{T}(Func{T, Task}, Predicate{T})" />
    protected void CommandAsync(Type messageType, Func<object, Task> handler, Predicate<object>? shouldHandle = null) =>
        Commands.Add(messageType, message => RunTask(() => handler(message)), shouldHandle);

    /// <inheritdoc cref="CommandAsync{T}(Func{T, Task}, Predicate{T})" />
    protected void CommandAsync(Type messageType, Predicate<object> shouldHandle, Func<object, Task> handler) =>
        CommandAsync(messageType, handler, shouldHandle);

    /// <summary>Handles all other commands asynchronously.</summary>
    protected void CommandAnyAsync(Func<object, Task> handler) => Commands.AddAny(message => RunTask(() => handler(message)));

    /// <summary>Handles commands of a type.</summary>
    protected void Command<T>(Action<T> handler, Predicate<T>? shouldHandle = null) => Commands.Add(handler, shouldHandle);

    /// <inheritdoc cref="Command{T}(Action{T}, Predicate{T})" />
    protected void Command<T>(Predicate<T> shouldHandle, Action<T> handler) => Commands.Add(handler, shouldHandle);

    /// <inheritdoc cref="Command{T}(Action{T}, Predicate{T})" />
    protected void Command(Type messageType, Action<object> handler, Predicate<object>? shouldHandle = null) => Commands.Add(messageType, handler, shouldHandle);

    /// <inheritdoc cref="Command{T}(Action{T}, Predicate{T})" />
    protected void Command(Type messageType, Predicate<object> shouldHandle, Action<object> handler) => Commands.Add(messageType, handler, shouldHandle);

    /// <summary>Handles commands of a type unless the handler returns false.</summary>
    protected void Command<T>(Func<T, bool> handler) => Commands.Add(message => message is T typed && handler(typed));

    /// <inheritdoc cref="Command{T}(Func{T, bool})" />
    protected void Command(Type messageType, Func<object, bool> handler) => Commands.Add(message => messageType.IsInstanceOfType(message) && handler(message));

    /// <summary>Handles all other commands.</summary>
    protected void Command(Action<object> handler) => CommandAny(handler);

    /// <summary>Handles all other commands.</summary>
    protected void CommandAny(Action<object> handler) => Commands.AddAny(handler);

    private MessageHandlers Commands => _configuring
        ?? throw new InvalidOperationException("You may only call Command-methods when constructing the actor and inside Become().");

    private MessageHandlers Recovering => _configuring is not null
        ? _recoverHandlers
        : throw new InvalidOperationException("You may only call Recover-methods when constructing the actor and inside Become().");

    private UntypedReceive Configure(Action configure)
    {
        var outer = _configuring;
        var handlers = _configuring = new MessageHandlers();
        try
        {
            configure();
        }
        finally
        {
            _configuring = outer;
        }

        return message => Handle(handlers, message);
    }

    private void Handle(MessageHandlers handlers, object message)
    {
        if (!handlers.TryHandle(message))
            Unhandled(message);
    }
}
