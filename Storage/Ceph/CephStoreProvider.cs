using System.Collections.Concurrent;

namespace Mooring.Storage.Ceph;

/// <summary>Opens connections to a Ceph cluster through librados and librbd (Ceph 16 or newer).</summary>
public sealed class CephStoreProvider : IBlockStoreProvider, IEventLogProvider
{
    private readonly CephStoreOptions _options;
    private readonly BoundedThreads _control;
    private readonly CephFencing _fencing;
    private readonly ConcurrentDictionary<CephConnection, IAsyncDisposable> _open = new();

    /// <summary>Makes a provider; nothing is connected yet.</summary>
    /// <param name="options">How to reach the cluster.</param>
    public CephStoreProvider(CephStoreOptions options)
    {
        _options = options;
        // Waiting control calls are bounded by the callers' own bounds; each holds one connection or one fence.
        _control = new BoundedThreads("ceph control", options.ControlThreadsMax, 4096);
        _fencing = new CephFencing(new FenceBarrier(options));
    }

    /// <inheritdoc/>
    public string Backend => "ceph";

    /// <inheritdoc/>
    public async Task<IBlockStore> ConnectAsync(string purpose, int slots, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slots, 1);
        var connection = await CephConnection.ConnectAsync(_options, _control, purpose, cancellationToken).ConfigureAwait(false);
        var store = new CephStore(connection, _options, slots, _fencing, () => _open.TryRemove(connection, out _));
        _open[connection] = store;
        return store;
    }

    /// <inheritdoc/>
    public async Task<IEventLogConnection> OpenEventLogAsync(string purpose, CancellationToken cancellationToken)
    {
        var connection = await CephConnection.ConnectAsync(_options, _control, purpose, cancellationToken).ConfigureAwait(false);
        var log = new CephEventLog(connection, _options, () => _open.TryRemove(connection, out _));
        _open[connection] = log;
        return log;
    }

    /// <summary>Closes every connection that is still open.</summary>
    /// <returns>Completes when they are closed, or left behind after <see cref="CephStoreOptions.CloseTimeout"/>.</returns>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_open.Values.Select(open => open.DisposeAsync().AsTask())).ConfigureAwait(false);
        _control.Dispose();
    }
}
