using System.Collections.Immutable;
using Mooring.Actors;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.StorageNode.Http.Access;

/// <summary>
/// The tokens of clients as this node knows them: read again after a while, so that no request waits for the block store, and who is known stays so
/// while it is away. One that is not known is looked up, since another node may have made it a moment ago.
/// </summary>
internal sealed class TokenBook(Func<MooringCluster> mooring, TimeSpan refreshInterval, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan LookUpMax = TimeSpan.FromSeconds(2);

    // One after another: what was read before a token was revoked must not be taken for what there is afterwards.
    private readonly SemaphoreSlim _reading = new(1);
    private ImmutableDictionary<string, ClientToken> _known = ImmutableDictionary<string, ClientToken>.Empty;

    /// <summary>The token that a client shows, if this node knows it.</summary>
    /// <param name="text">Its text.</param>
    /// <returns>The token; null when it has to be looked up.</returns>
    public ClientToken? Known(string text) =>
        ClientToken.TryRead(text, out var name, out var secret) && _known.GetValueOrDefault(name) is { } known && known.IsShownBy(secret, clock.GetUtcNow()) ? known : null;

    /// <summary>The token that a client shows, as it is in the block store. One look-up at a time.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="mayAsk">Whether the store may be asked, when its turn has come.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The token; null when it is none, was revoked or has ended.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    /// <exception cref="OperationCanceledException">It does not answer.</exception>
    public async Task<ClientToken?> LookUpAsync(string text, Func<bool> mayAsk, CancellationToken cancellationToken)
    {
        if (!ClientToken.TryRead(text, out var name, out _))
            return null;
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bounded.CancelAfter(LookUpMax);
        return await AloneAsync(
            async () =>
            {
                // Others have shown the same at the same time.
                if (Known(text) is { } known)
                    return known;
                if (mayAsk() && await mooring().FileStore.UseAsync(store => ClientTokens.FindAsync(store, name, bounded.Token)).WaitAsync(bounded.Token) is { } found)
                    _known = _known.SetItem(name, found);
                return Known(text);
            },
            bounded.Token);
    }

    /// <summary>Reads all of them now.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Them, by name.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    public Task<IReadOnlyList<ClientToken>> ReadAsync(CancellationToken cancellationToken) => AloneAsync(
        async () =>
        {
            var all = await mooring().FileStore.UseAsync(store => ClientTokens.ListAsync(store, cancellationToken));
            _known = all.ToImmutableDictionary(t => t.Name);
            return all;
        },
        cancellationToken);

    /// <summary>Ends a token: here at once, and at other nodes when they read again.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The token; null when there was none.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    public Task<ClientToken?> RevokeAsync(string name, CancellationToken cancellationToken) => AloneAsync(
        async () =>
        {
            var revoked = await mooring().FileStore.UseAsync(store => ClientTokens.RevokeAsync(store, name, cancellationToken));
            _known = _known.Remove(name);
            return revoked;
        },
        cancellationToken);

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _reading.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(refreshInterval, clock);
        do
        {
            try
            {
                await ReadAsync(stoppingToken);
            }
            catch (BlockStoreException)
            {
                // The store is away: what was known stands.
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<T> AloneAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken);
        try
        {
            return await work();
        }
        finally
        {
            _reading.Release();
        }
    }
}
