using Mooring.Messages;

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
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Completes when clients reach the gateway.</returns>
    /// <exception cref="VirtualAddressTakenException">Somebody who is no node of this cluster has the address or the port.</exception>
    Task AcquireAsync(Epoch epoch, CancellationToken cancellationToken);

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
/// Takes the virtual IP off when the lease was not renewed in time, on a thread of its own, even when the actor system hangs or the
/// process was stopped and goes on.
/// </summary>
public interface ILeaseWatchdog
{
    /// <summary>The lease was not renewed in time and the address has been taken off; raised on the watchdog's thread.</summary>
    event Action<Epoch>? Expired;

    /// <summary>A point in time on the watchdog's clock, which goes on while the process is stopped.</summary>
    TimeSpan Now { get; }

    /// <summary>The lease is held until then; moves the moment of release.</summary>
    /// <param name="epoch">The ownership.</param>
    /// <param name="until">On the clock of <see cref="Now"/>, measured from before the renewal was asked for.</param>
    void Arm(Epoch epoch, TimeSpan until);

    /// <summary>The lease was given up: nothing needs to be watched.</summary>
    void Disarm();
}
