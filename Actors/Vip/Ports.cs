using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Actors.Vip;

/// <summary>Puts the virtual IP on this node and takes it off again.</summary>
public interface IVirtualAddress
{
    /// <summary>The address and port that clients use, <c>host:port</c>.</summary>
    string Endpoint { get; }

    /// <summary>
    /// Makes sure that nobody else has the address, puts it on this node, announces it, and opens the gateway on it.
    /// </summary>
    /// <param name="epoch">The ownership that this is for.</param>
    /// <param name="isFirst">Whether nobody has ever had the address: nobody is kept waiting who was served before.</param>
    /// <param name="isFree">
    /// Called once, when nothing else is left to do but to put it on: completes when nobody has it any more who hands it over; cancelled when this node is
    /// not to have it after all.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Completes when clients reach the gateway.</returns>
    /// <exception cref="VirtualAddressTakenException">Somebody who is no node of this cluster has the address or the port.</exception>
    Task AcquireAsync(Epoch epoch, bool isFirst, Func<Task> isFree, CancellationToken cancellationToken);

    /// <summary>Why clients cannot reach the address while it is on this node, as far as this node can know: one line, or null. Never throws.</summary>
    string? Problem => null;

    /// <summary>
    /// This node may have to take the address in a moment: whatever can be found out of it before, is, beside whatever else runs. Callable from any
    /// thread; never blocks and never throws.
    /// </summary>
    void LookAhead()
    {
    }

    /// <summary>
    /// Takes the address off and closes the gateway and its connections at once. Callable from any thread, any number of times; never
    /// blocks for long and never throws.
    /// </summary>
    void Release();
}

/// <summary>Somebody else has the virtual IP or its port.</summary>
public sealed class VirtualAddressTakenException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="message">One line: which address and port, and what was seen.</param>
    /// <param name="inner">What led to it.</param>
    public VirtualAddressTakenException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

/// <summary>
/// Renews the lease behind the virtual IP, and takes the address off when that does not succeed in time: on threads of its own, so that a
/// busy process keeps its lease, and one whose actor system hangs, or that was stopped and goes on, loses the address.
/// </summary>
public interface ILeaseKeeper
{
    /// <summary>The lease was lost and the address has been taken off; raised on a thread of the keeper's.</summary>
    event Action<LeaseLost>? Lost;

    /// <summary>A point in time on the keeper's clock, which goes on while the process is stopped.</summary>
    TimeSpan Now { get; }

    /// <summary>Keeps a lease that was just taken; what was kept before counts no more.</summary>
    /// <param name="lease">The lease.</param>
    void Keep(HeldLease lease);

    /// <summary>Nothing is renewed any more, since another may have the lease by agreement; the address is taken off in time all the same.</summary>
    void LetRunOut();

    /// <summary>The lease is given up: nothing is renewed or watched any more.</summary>
    void Stop();
}

/// <summary>A lease that was taken.</summary>
/// <param name="Store">The connection that holds it; nothing else may keep it busy.</param>
/// <param name="Holder">The holder.</param>
/// <param name="Epoch">The ownership.</param>
/// <param name="AskedAt">When it was asked for, on the clock of <see cref="ILeaseKeeper.Now"/>: it holds for its duration from then on.</param>
public sealed record HeldLease(IBlockStore Store, LeaseHolder Holder, Epoch Epoch, TimeSpan AskedAt);

/// <summary>A lease was lost.</summary>
/// <param name="Epoch">The ownership.</param>
/// <param name="Reason">Why, one line.</param>
public sealed record LeaseLost(Epoch Epoch, string Reason);
