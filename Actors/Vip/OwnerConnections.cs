using Mooring.Actors.Membership;
using Mooring.Storage;

namespace Mooring.Actors.Vip;

/// <summary>
/// What an owner of the virtual IP has open. The lease has a connection of its own, so that nothing keeps its renewal waiting, and that fencing its
/// holder is fencing the lease.
/// </summary>
/// <param name="Lease">For the lease alone.</param>
/// <param name="Work">For the rest of the owner's work.</param>
/// <param name="Self">The holder that this node is by <paramref name="Lease"/>.</param>
/// <param name="Before">The latest ownership when they were opened; null when there has been none.</param>
/// <param name="IsFirst">Whether nobody had owned the address then: whoever founded a cluster only held its lease.</param>
internal sealed record OwnerConnections(IBlockStore Lease, IBlockStore Work, LeaseHolder Self, LeaseOwnership? Before, bool IsFirst) : IAsyncDisposable
{
    /// <summary>Opens them.</summary>
    /// <param name="services">The node's services.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The connections.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    public static async Task<OwnerConnections> OpenAsync(MooringServices services, CancellationToken cancellationToken)
    {
        var lease = await services.Store.ConnectAsync("vip-lease", 1, cancellationToken);
        IBlockStore? work = null;
        try
        {
            work = await services.Store.ConnectAsync("vip-owner", 1, cancellationToken);
            var history = await work.GetLeaseHistoryAsync(services.Settings.LeaseName, cancellationToken);
            return new OwnerConnections(
                lease, work, new LeaseHolder(services.Settings.Node, services.Incarnation, lease.Address), history.FirstOrDefault(), history.All(h => h.Reason == JoinActor.FoundingReason));
        }
        catch
        {
            await lease.DisposeAsync();
            if (work is not null)
                await work.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Lease.DisposeAsync();
        await Work.DisposeAsync();
    }
}
