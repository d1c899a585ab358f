namespace Akka.Persistence;

/// <summary>Handlers of a behaviour; the first that accepts a message gets it.</summary>
internal sealed class MessageHandlers
{
    private readonly List<Func<object, bool>> _handlers = [];
    private bool _closed;

    /// <exception cref="InvalidOperationException">A handler that takes everything was added before.</exception>
    public void Add(Func<object, bool> handler)
    {
        if (_closed)
            throw new InvalidOperationException("A handler that catches all messages has been added. No handler can be added after that.");
        _handlers.Add(handler);
    }

    public void Add<T>(Action<T> handler, Predicate<T>? shouldHandle) => Add(message =>
    {
        if (message is not T typed || (shouldHandle is not null && !shouldHandle(typed)))
            return false;
        handler(typed);
        return true;
    });

    public void Add(Type type, Action<object> handler, Predicate<object>? shouldHandle) => Add(message =>
    {
        if (!type.IsInstanceOfType(message) || (shouldHandle is not null && !shouldHandle(message)))
            return false;
        handler(message);
        return true;
    });

    public void AddAny(Action<object> handler)
    {
        Add(message =>
        {
            handler(message);
            return true;
        });
        _closed = true;
    }

    public bool TryHandle(object message)
    {
        foreach (var handler in _handlers)
        {
            if (handler(message))
                return true;
        }

        return false;
    }
}
