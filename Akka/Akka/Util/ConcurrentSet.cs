using System.Collections;
using System.Collections.Concurrent;

namespace Akka.Util;

/// <summary>A set that many threads may use at once.</summary>
public class ConcurrentSet<T> : ICollection<T> where T : notnull
{
    private readonly ConcurrentDictionary<T, byte> _storage;

    public ConcurrentSet() => _storage = new ConcurrentDictionary<T, byte>();

    public ConcurrentSet(IEnumerable<T> collection) : this(collection, EqualityComparer<T>.Default)
    {
    }

    public ConcurrentSet(IEqualityComparer<T> comparer) => _storage = new ConcurrentDictionary<T, byte>(comparer);

    public ConcurrentSet(IEnumerable<T> collection, IEqualityComparer<T> comparer) =>
        _storage = new ConcurrentDictionary<T, byte>(collection.Select(item => KeyValuePair.Create(item, (byte)0)), comparer);

    public bool IsEmpty => _storage.IsEmpty;

    public int Count => _storage.Count;

    bool ICollection<T>.IsReadOnly => false;

    public void Clear() => _storage.Clear();

    public bool Contains(T item) => _storage.ContainsKey(item);

    public bool TryAdd(T item) => _storage.TryAdd(item, 0);

    public bool TryRemove(T item) => _storage.TryRemove(item, out _);

    void ICollection<T>.Add(T item) => _storage[item] = 0;

    void ICollection<T>.CopyTo(T[] array, int arrayIndex) => _storage.Keys.CopyTo(array, arrayIndex);

    bool ICollection<T>.Remove(T item) => TryRemove(item);

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => Items();

    IEnumerator IEnumerable.GetEnumerator() => Items();

    private IEnumerator<T> Items()
    {
        foreach (var (item, _) in _storage) yield return item;
    }
}
