namespace Mooring.StorageNode.Http;

/// <summary>
/// What is made once for each name and used by many requests, up to a bound: the one that was not used for longest goes first. What a request uses is
/// disposed when that request is over, whoever removed it meanwhile. Thread-safe.
/// </summary>
/// <typeparam name="T">What is kept.</typeparam>
/// <param name="countMax">How many are kept; those that are in use and were put out are not counted.</param>
/// <param name="make">Makes one.</param>
internal sealed class KeptClients<T>(int countMax, Func<string, T> make) : IDisposable
    where T : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Kept>> _kept = [];
    private readonly LinkedList<Kept> _byUse = [];
    private bool _disposed;

    /// <summary>Takes the one of a name, or makes it.</summary>
    /// <param name="name">The name.</param>
    /// <returns>To be disposed when it is not used any more.</returns>
    /// <exception cref="ObjectDisposedException">All was ended.</exception>
    public Use Take(string name)
    {
        List<T> over = [];
        Use use;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_kept.TryGetValue(name, out var node))
                _byUse.Remove(node);
            else
                _kept[name] = node = new LinkedListNode<Kept>(new Kept(name, make(name)));
            _byUse.AddFirst(node);
            node.Value.Uses++;
            use = new Use(this, node.Value);
            while (_kept.Count > countMax)
                PutOut(_byUse.Last!, over);
        }
        over.ForEach(one => one.Dispose());
        return use;
    }

    /// <summary>Keeps the one of a name no more.</summary>
    /// <param name="name">The name.</param>
    public void Remove(string name)
    {
        List<T> over = [];
        lock (_lock)
        {
            if (_kept.TryGetValue(name, out var node))
                PutOut(node, over);
        }
        over.ForEach(one => one.Dispose());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        List<T> over = [];
        lock (_lock)
        {
            _disposed = true;
            while (_byUse.Last is { } node)
                PutOut(node, over);
        }
        over.ForEach(one => one.Dispose());
    }

    private void PutOut(LinkedListNode<Kept> node, List<T> over)
    {
        _byUse.Remove(node);
        _kept.Remove(node.Value.Name);
        node.Value.IsOut = true;
        if (node.Value.Uses == 0)
            over.Add(node.Value.Value);
    }

    private void Return(Kept kept)
    {
        lock (_lock)
        {
            if (--kept.Uses > 0 || !kept.IsOut)
                return;
        }
        kept.Value.Dispose();
    }

    /// <summary>One use.</summary>
    internal sealed class Use : IDisposable
    {
        private KeptClients<T>? _owner;
        private readonly Kept _kept;

        internal Use(KeptClients<T> owner, Kept kept) => (_owner, _kept) = (owner, kept);

        /// <summary>What is used.</summary>
        public T Value => _kept.Value;

        /// <inheritdoc/>
        public void Dispose() => Interlocked.Exchange(ref _owner, null)?.Return(_kept);
    }

    internal sealed class Kept(string name, T value)
    {
        public string Name => name;

        public T Value => value;

        public int Uses { get; set; }

        public bool IsOut { get; set; }
    }
}
