using System.Collections.Frozen;
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

    private FrozenDictionary<string, ClientToken> _known = FrozenDictionary<string, ClientToken>.Empty;

    /// <summary>The token that a client shows.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The token; null when it is none, was revoked, has ended, or cannot be looked up.</returns>
    public async Task<ClientToken?> FindAsync(string text, CancellationToken cancellationToken)
    {
        if (!ClientToken.TryRead(text, out var name, out var secret))
            return null;
        if (_known.GetValueOrDefault(name) is { } known && known.IsShownBy(secret, clock.GetUtcNow()))
            return known;
        // Also one that was revoked and made anew.
        return await LookUpAsync(name, cancellationToken) is { } found && found.IsShownBy(secret, clock.GetUtcNow()) ? found : null;
    }

    /// <summary>Reads all of them now.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Them, by name.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    public async Task<IReadOnlyList<ClientToken>> ReadAsync(CancellationToken cancellationToken)
    {
        var all = await mooring().FileStore.UseAsync(store => ClientTokens.ListAsync(store, cancellationToken));
        _known = all.ToFrozenDictionary(t => t.Name);
        return all;
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

    private async Task<ClientToken?> LookUpAsync(string name, CancellationToken cancellationToken)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bounded.CancelAfter(LookUpMax);
        try
        {
            return await mooring().FileStore.UseAsync(store => ClientTokens.FindAsync(store, name, bounded.Token)).WaitAsync(bounded.Token);
        }
        catch (Exception e) when (e is BlockStoreException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
