using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>Shutting a dead or replaced connection out of the store. No call uses a slot.</summary>
public interface IFencing
{
    /// <summary>
    /// After this completes no changing call of that connection takes effect any more, and what it held open no longer counts
    /// (its watches, its locks on images). Fencing twice is fencing once. On Ceph: the OSD blocklist, up to one second.
    /// </summary>
    /// <param name="address">The connection; may be gone for long.</param>
    /// <param name="duration">For how long at least; a connection that sleeps longer must be stopped by its epoch.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Completes when it is shut out.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached, or refuses.</exception>
    Task FenceAsync(FenceAddress address, TimeSpan duration, CancellationToken cancellationToken);

    /// <summary>Whether a connection is shut out now.</summary>
    /// <param name="address">The connection.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Whether it is.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    Task<bool> IsFencedAsync(FenceAddress address, CancellationToken cancellationToken);
}
