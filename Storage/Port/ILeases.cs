using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>
/// Leases with epochs: who may act. At most one holder at any time by the store's own clock, and beside it one that has agreed to its taking it; each new holder
/// gets a higher epoch.
/// No call uses a slot.
/// </summary>
public interface ILeases
{
    /// <summary>Takes the lease if nobody holds it or its time has run out; a holder that asks again keeps it, and gets a new epoch.</summary>
    /// <param name="name">The lease, 1 to 64 letters, digits, <c>. _ -</c>.</param>
    /// <param name="holder">Who takes it: unique for each incarnation of a process.</param>
    /// <param name="duration">How long it holds unless it is renewed.</param>
    /// <param name="reason">Why it is taken, one line, kept in the history.</param>
    /// <param name="agreed">
    /// The epoch of a holder that has agreed to give it up, or the default for none: if it is the current one, the lease is taken although that one holds
    /// it. That one's renewals fail from then on. It may act until the time it has left is over or it releases the lease, and nobody but a taker to whom
    /// it has agreed gets the lease until then: that taker acts when it says that it does not any more, or when that time is over.
    /// </param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Taken, with the epoch; or not, with who holds it.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached or the connection is fenced.</exception>
    Task<LeaseAttempt> AcquireLeaseAsync(string name, LeaseHolder holder, TimeSpan duration, string reason, Epoch agreed, CancellationToken cancellationToken);

    /// <summary>
    /// Holds the lease for another <paramref name="duration"/> from now, only if it has not run out and is this holder's with this epoch.
    /// Blocks, and needs no thread of the pool: for a thread of its own, which renews however busy the process is.
    /// </summary>
    /// <param name="name">The lease.</param>
    /// <param name="holder">The holder.</param>
    /// <param name="epoch">The epoch that acquiring it gave.</param>
    /// <param name="duration">How long it holds from now.</param>
    /// <returns>Whether it is still held; false is final: acquire it again.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached: the lease may or may not be renewed; or the connection is fenced:
    /// it is not.</exception>
    bool RenewLease(string name, LeaseHolder holder, Epoch epoch, TimeSpan duration);

    /// <summary>
    /// Gives the lease up so that another can have it at once; or what is left of it, when another has taken it by agreement. Does nothing when it is not
    /// this holder's.
    /// </summary>
    /// <param name="name">The lease.</param>
    /// <param name="holder">The holder.</param>
    /// <param name="epoch">The epoch that acquiring it gave.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Completes when it is given up.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached or the connection is fenced.</exception>
    Task ReleaseLeaseAsync(string name, LeaseHolder holder, Epoch epoch, CancellationToken cancellationToken);

    /// <summary>
    /// Ends the lease of a holder that is known to be dead: shuts its connection out first, so that it can neither renew nor change anything
    /// any more, then frees the lease. Does nothing to a lease that is another's by then.
    /// </summary>
    /// <param name="name">The lease.</param>
    /// <param name="holder">The dead holder.</param>
    /// <param name="fenceDuration">For how long its connection is shut out (<see cref="IFencing.FenceAsync"/>).</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Completes when it is shut out and the lease is not its any more.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached or this connection is fenced.</exception>
    Task EvictAsync(string name, LeaseHolder holder, TimeSpan fenceDuration, CancellationToken cancellationToken);

    /// <summary>The lease's latest ownerships, newest first, at most 32.</summary>
    /// <param name="name">The lease.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The ownerships; none before the first.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    Task<IReadOnlyList<LeaseOwnership>> GetLeaseHistoryAsync(string name, CancellationToken cancellationToken);
}

/// <summary>Who holds a lease.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Incarnation">Unique for each start of the node's actor system.</param>
/// <param name="Fence">The connection to fence before what this holder may have left half done is touched.</param>
public sealed record LeaseHolder(NodeName Node, string Incarnation, FenceAddress Fence);

/// <summary>One ownership in the history of a lease.</summary>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Holder">Who.</param>
/// <param name="Since">Since when, by the new holder's clock.</param>
/// <param name="Reason">Why it was taken.</param>
public sealed record LeaseOwnership(Epoch Epoch, LeaseHolder Holder, DateTimeOffset Since, string Reason);

/// <summary>The outcome of taking a lease.</summary>
/// <param name="Acquired">Whether it was taken.</param>
/// <param name="Epoch">The new epoch when it was; the current one otherwise.</param>
/// <param name="Current">Who holds it now when it was not taken; otherwise the holder before, also when it had given the lease up or is
/// the same (null for none): whom the new holder may have to fence.</param>
public sealed record LeaseAttempt(bool Acquired, Epoch Epoch, LeaseHolder? Current);
