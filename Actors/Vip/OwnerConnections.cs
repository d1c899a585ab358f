using Mooring.Actors.Membership;
using Mooring.Messages;
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
internal sealed record OwnerConnections(IBlockStore Lease, IBlockStore Work, LeaseHolder Self, LeaseOwnership? Before) : IAsyncDisposable
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
            var before = (await work.GetLeaseHistoryAsync(services.Settings.LeaseName, cancellationToken)).FirstOrDefault();
            return new OwnerConnections(lease, work, new LeaseHolder(services.Settings.Node, services.Incarnation, lease.Address), before);
        }
        catch
        {
            await lease.DisposeAsync();
            if (work is not null)
                await work.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whether nobody has owned the address since the cluster was founded.</summary>
    /// <param name="epoch">This node's ownership.</param>
    /// <returns>Whether it is the first.</returns>
    public bool IsFirst(Epoch epoch) => Before is null || (Before.Reason == JoinActor.FoundingReason && Before.Epoch.Next == epoch);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Lease.DisposeAsync();
        await Work.DisposeAsync();
    }
}
