namespace Mooring.Mount.Fuse;

/// <summary>
/// A directory that somebody reads: what was found of it so far, so that each entry keeps its place however often and from where on it is read. From its
/// begin it is read anew.
/// </summary>
internal sealed class OpenDirectory(ulong node) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly List<(string Name, ulong Node, uint Mode)> _entries = [];
    private bool _complete;

    /// <summary>A page in the kernel's form.</summary>
    /// <param name="files">Where entries come from.</param>
    /// <param name="from">The place that an entry was given with; 0 for the begin.</param>
    /// <param name="bytesMax">How large the page may be.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The page; empty at the end.</returns>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(IMountedFiles files, ulong from, int bytesMax, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (from == 0)
            {
                _entries.Clear();
                _entries.AddRange([(".", node, Linux.TypeDirectory), ("..", node, Linux.TypeDirectory)]);
                _complete = false;
            }
            var (page, used) = (new byte[bytesMax], 0);
            for (var at = from; await IsThereAsync(files, at, cancellationToken).ConfigureAwait(false); at++)
            {
                var (name, number, mode) = _entries[(int)at];
                if (!FuseReply.TryAddEntry(page, ref used, number, mode, name, at + 1))
                    break;
            }
            return page.AsMemory(0, used);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private async Task<bool> IsThereAsync(IMountedFiles files, ulong at, CancellationToken cancellationToken)
    {
        while (at >= (ulong)_entries.Count && !_complete)
        {
            var after = _entries.Count <= 2 ? "" : _entries[^1].Name;
            var (entries, more) = await files.ListAsync(node, after, cancellationToken).ConfigureAwait(false);
            _entries.AddRange(entries.Select(entry => (entry.Name, entry.Attributes.Node, entry.Attributes.Mode)));
            _complete = !more || entries.Count == 0;
        }
        return at < (ulong)_entries.Count;
    }
}
