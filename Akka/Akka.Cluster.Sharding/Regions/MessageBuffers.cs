using Akka.Actor;

namespace Akka.Cluster.Sharding;

/// <summary>Messages held back, in order for each key, bounded over all keys.</summary>
internal sealed class MessageBuffers(int countMax)
{
    private readonly Dictionary<string, Queue<Held>> _buffers = [];

    /// <summary>Messages held back under all keys.</summary>
    internal int Count { get; private set; }

    internal bool IsFull => Count >= countMax;

    /// <summary>Keys that hold something back or may do so.</summary>
    internal IReadOnlyCollection<string> Keys => _buffers.Keys;

    internal bool Contains(string key) => _buffers.ContainsKey(key);

    /// <summary>Holds back under a key from now on, even before there is a message.</summary>
    internal void Open(string key) => _buffers.TryAdd(key, new Queue<Held>());

    /// <summary>Holds a message back; false when the limit is reached.</summary>
    internal bool TryAppend(string key, object message, IActorRef sender)
    {
        if (IsFull) return false;

        if (!_buffers.TryGetValue(key, out var buffer)) _buffers.Add(key, buffer = new Queue<Held>());
        buffer.Enqueue(new Held(message, sender));
        Count++;
        return true;
    }

    /// <summary>Puts messages before those of the key. They were counted elsewhere, so the limit is not applied again.</summary>
    internal void Prepend(string key, IReadOnlyCollection<Held> messages)
    {
        var later = _buffers.GetValueOrDefault(key);
        _buffers[key] = new Queue<Held>(later is null ? messages : messages.Concat(later));
        Count += messages.Count;
    }

    /// <summary>The messages of a key, which holds nothing back any more.</summary>
    internal IReadOnlyCollection<Held> Take(string key)
    {
        if (!_buffers.Remove(key, out var buffer)) return [];

        Count -= buffer.Count;
        return buffer;
    }

    /// <summary>A message and who sent it.</summary>
    internal readonly record struct Held(object Message, IActorRef Sender);
}
