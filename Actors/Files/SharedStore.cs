using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Actors.Files;

/// <summary>One connection for the small records of a node's file plane, opened when it is first needed and again when it has broken. Thread-safe.</summary>
/// <param name="provider">Opens connections.</param>
/// <param name="purpose">What it is for.</param>
/// <param name="slots">How many calls may run at once.</param>
public sealed class SharedStore(IBlockStoreProvider provider, string purpose, int slots) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _closed = new();
    private Task<IBlockStore>? _store;

    /// <summary>Does something with the connection; one that broke or was fenced is replaced before the next call.</summary>
    /// <typeparam name="T">What it gives.</typeparam>
    /// <param name="work">What to do.</param>
    /// <returns>Its result.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached, or the work's own failure.</exception>
    public async Task<T> UseAsync<T>(Func<IBlockStore, Task<T>> work)
    {
        Task<IBlockStore> connecting;
        lock (_lock)
            connecting = _store ??= provider.ConnectAsync(purpose, slots, _closed.Token);
        try
        {
            return await work(await connecting.ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (BlockStoreException e) when (e.Kind is ErrorKind.Fenced or ErrorKind.TimedOut or ErrorKind.Unavailable or ErrorKind.PermissionDenied)
        {
            Forget(connecting);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync().ConfigureAwait(false);
        Task<IBlockStore>? store;
        lock (_lock)
            (store, _store) = (_store, null);
        if (store is not null)
            await CloseAsync(store).ConfigureAwait(false);
        _closed.Dispose();
    }

    private void Forget(Task<IBlockStore> broken)
    {
        lock (_lock)
        {
            if (_store != broken)
                return;
            _store = null;
        }
        _ = CloseAsync(broken);
    }

    private static async Task CloseAsync(Task<IBlockStore> opened)
    {
        try
        {
            await (await opened.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is BlockStoreException or OperationCanceledException)
        {
            // It was never open, or is gone already.
        }
    }
}
