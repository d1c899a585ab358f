namespace Akka.Coordination;

/// <summary>
/// A lock with an owner that must be renewed: at most one owner holds it at a time, as far as the implementation can tell.
/// Implementations renew it by themselves while it is held.
/// </summary>
public abstract class Lease
{
    public Lease(LeaseSettings settings) => Settings = settings;

    /// <summary>Name, owner and time limits of this lease.</summary>
    public LeaseSettings Settings { get; }

    /// <summary>Tries to get the lease: true when it is held by this owner afterwards.</summary>
    /// <exception cref="LeaseTimeoutException">The outcome was not known within the operation timeout.</exception>
    public abstract Task<bool> Acquire();

    /// <summary>
    /// As <see cref="Acquire()"/>; <paramref name="leaseLostCallback"/> runs when the lease was held and is lost, with the reason or null.
    /// </summary>
    public abstract Task<bool> Acquire(Action<Exception?> leaseLostCallback);

    /// <summary>Gives the lease back. False (or a failure) means that it will run out by its own timeout.</summary>
    public abstract Task<bool> Release();

    /// <summary>Whether this owner holds the lease now, without I/O.</summary>
    public abstract bool CheckLease();
}
