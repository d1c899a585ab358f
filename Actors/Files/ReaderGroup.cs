using Mooring.Messages;
using Mooring.Messages.Wire;
using Mooring.Storage.Files;

namespace Mooring.Actors.Files;

/// <summary>The readers that a writer hands its metadata to: those that the name node has told it and those that clients name (F4, F11). Thread-safe.</summary>
internal sealed class ReaderGroup(Func<DataNodeAddress, string> sign, ConnectData connect, FileSettings settings, TimeProvider clock) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private Dictionary<NodeName, ReaderLink> _links = [];
    private bool _closed;

    /// <summary>The readers that have been out of reach for too long.</summary>
    public IReadOnlyList<NodeName> Lagging
    {
        get
        {
            lock (_lock)
                return [.. _links.Values.Where(l => l.Lags).Select(l => l.Reader.Node)];
        }
    }

    /// <summary>Adds a reader, if it is not there.</summary>
    /// <param name="reader">The reader.</param>
    public void Add(DataNodeAddress reader)
    {
        ReaderLink? replaced = null;
        lock (_lock)
        {
            if (_closed || (_links.TryGetValue(reader.Node, out var known) && known.Reader == reader) || _links.Count >= WriteOpen.ReadersMax)
                return;
            replaced = known;
            // Readers of this are not locked: it is replaced, never changed.
            _links = new Dictionary<NodeName, ReaderLink>(_links) { [reader.Node] = new ReaderLink(reader, () => sign(reader), connect, settings, clock) };
        }
        if (replaced is not null)
            _ = replaced.DisposeAsync().AsTask();
    }

    /// <summary>Sets who the readers are, as the name node says.</summary>
    /// <param name="readers">The readers.</param>
    public void Set(IReadOnlyList<DataNodeAddress> readers)
    {
        List<ReaderLink> gone = [];
        lock (_lock)
        {
            var kept = new Dictionary<NodeName, ReaderLink>();
            foreach (var (node, link) in _links)
            {
                if (readers.Contains(link.Reader))
                    kept[node] = link;
                else
                    gone.Add(link);
            }
            _links = kept;
        }
        gone.ForEach(link => _ = link.DisposeAsync().AsTask());
        foreach (var reader in readers)
            Add(reader);
    }

    /// <summary>Hands a batch to all of them and waits until each has it or is passed over.</summary>
    /// <param name="batch">The batch.</param>
    /// <returns>Completes then.</returns>
    public Task PushAsync(AreaBatch batch)
    {
        Dictionary<NodeName, ReaderLink> links;
        lock (_lock)
            links = _links;
        return links.Count switch
        {
            0 => Task.CompletedTask,
            _ => Task.WhenAll(links.Values.Select(l => l.PushAsync(batch))),
        };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Dictionary<NodeName, ReaderLink> links;
        lock (_lock)
            (links, _links, _closed) = (_links, [], true);
        foreach (var link in links.Values)
            await link.DisposeAsync().ConfigureAwait(false);
    }
}
