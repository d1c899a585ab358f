using System.Collections.Concurrent;

namespace Akka.Actor.Internal;

/// <summary>One Receive of a behaviour.</summary>
internal abstract class ReceiveHandler
{
    protected ReceiveHandler(Type messageType) => MessageType = messageType;

    public Type MessageType { get; }

    public virtual bool CatchesAll => false;

    /// <summary>Called only with messages of the handler's type.</summary>
    public abstract bool Handle(object message);
}

internal sealed class ActionHandler<T>(Action<T> action, Predicate<T>? predicate) : ReceiveHandler(typeof(T))
{
    public override bool CatchesAll => predicate is null && typeof(T) == typeof(object);

    public override bool Handle(object message)
    {
        var typed = (T)message;
        if (predicate is not null && !predicate(typed)) return false;
        action(typed);
        return true;
    }
}

internal sealed class FunctionHandler<T>(Func<T, bool> function) : ReceiveHandler(typeof(T))
{
    public override bool Handle(object message) => function((T)message);
}

internal sealed class UntypedHandler(Type messageType, Action<object> action, Predicate<object>? predicate) : ReceiveHandler(messageType)
{
    public override bool CatchesAll => predicate is null && MessageType == typeof(object);

    public override bool Handle(object message)
    {
        if (predicate is not null && !predicate(message)) return false;
        action(message);
        return true;
    }
}

internal sealed class UntypedFunctionHandler(Type messageType, Func<object, bool> function) : ReceiveHandler(messageType)
{
    public override bool Handle(object message) => function(message);
}

/// <summary>Collects the handlers of a behaviour.</summary>
internal sealed class ReceiveBuilder
{
    private readonly List<ReceiveHandler> _handlers = [];
    private bool _catchesAll;

    public void Add<T>(Action<T> action, Predicate<T>? predicate) => Add(new ActionHandler<T>(Required(action), predicate));

    public void Add<T>(Func<T, bool> function) => Add(new FunctionHandler<T>(Required(function)));

    public void Add(Type messageType, Action<object> action, Predicate<object>? predicate) =>
        Add(new UntypedHandler(messageType, Required(action), predicate));

    public void Add(Type messageType, Func<object, bool> function) => Add(new UntypedFunctionHandler(messageType, Required(function)));

    private static T Required<T>(T handler) where T : class => handler ?? throw new ArgumentNullException(nameof(handler));

    private void Add(ReceiveHandler handler)
    {
        if (_catchesAll)
            throw new InvalidOperationException("A handler that catches all messages has been added. No handler can be added after that.");
        _catchesAll = handler.CatchesAll;
        _handlers.Add(handler);
    }

    public ReceiveBehaviour Build() => _handlers.Count == 0 ? ReceiveBehaviour.Empty : new ReceiveBehaviour([.. _handlers]);
}

/// <summary>The handlers of a behaviour. Which of them can match a type of message is looked up once for all actors of the same shape.</summary>
internal sealed class ReceiveBehaviour
{
    public static readonly ReceiveBehaviour Empty = new([]);

    private readonly ReceiveHandler[] _handlers;
    private readonly ReceiveShape _shape;
    // what the last message needed: most actors get runs of the same type
    private Type? _lastType;
    private int[] _lastCandidates = [];

    public ReceiveBehaviour(ReceiveHandler[] handlers)
    {
        _handlers = handlers;
        _shape = ReceiveShape.Of(handlers);
    }

    public bool Handle(object message)
    {
        var type = message.GetType();
        int[] candidates;
        if (ReferenceEquals(type, _lastType))
        {
            candidates = _lastCandidates;
        }
        else
        {
            candidates = _shape.Candidates(type);
            _lastType = type;
            _lastCandidates = candidates;
        }
        foreach (var index in candidates)
            if (_handlers[index].Handle(message)) return true;
        return false;
    }
}

/// <summary>The types that a behaviour handles, in order, and for each type of message seen so far the handlers that can match it.</summary>
internal sealed class ReceiveShape
{
    private static readonly ConcurrentDictionary<Key, ReceiveShape> Known = new();

    private readonly Type[] _types;
    private readonly ConcurrentDictionary<Type, int[]> _candidates = new();

    private ReceiveShape(Type[] types) => _types = types;

    public static ReceiveShape Of(ReceiveHandler[] handlers)
    {
        var types = new Type[handlers.Length];
        for (var i = 0; i < types.Length; i++) types[i] = handlers[i].MessageType;
        return Known.GetOrAdd(new Key(types), static key => new ReceiveShape(key.Types));
    }

    public int[] Candidates(Type messageType) =>
        _candidates.TryGetValue(messageType, out var known) ? known : _candidates.GetOrAdd(messageType, Find(messageType));

    private int[] Find(Type messageType)
    {
        var found = new List<int>();
        for (var i = 0; i < _types.Length; i++)
            if (_types[i].IsAssignableFrom(messageType)) found.Add(i);
        return [.. found];
    }

    private readonly struct Key : IEquatable<Key>
    {
        private readonly int _hash;

        public Key(Type[] types)
        {
            Types = types;
            var hash = new HashCode();
            foreach (var type in types) hash.Add(type);
            _hash = hash.ToHashCode();
        }

        public Type[] Types { get; }

        public bool Equals(Key other) => _hash == other._hash && Types.AsSpan().SequenceEqual(other.Types);

        public override bool Equals(object? obj) => obj is Key other && Equals(other);

        public override int GetHashCode() => _hash;
    }
}
