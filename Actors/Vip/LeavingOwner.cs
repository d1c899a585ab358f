using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Actors.Vip;

/// <summary>
/// What stays of an owner of the virtual IP that hands it over: the address, until its successor says that it is ready, or the time that the lease has left
/// is over. For any thread.
/// </summary>
/// <param name="services">The node's services.</param>
public sealed class LeavingOwner(MooringServices services)
{
    // What does not answer within this time keeps no node from ending: the lease runs out by itself.
    private static readonly TimeSpan GiveBackMax = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private TaskCompletionSource? _owned;
    private (OwnerConnections Connections, Epoch Epoch)? _stays;

    /// <summary>Completes when nothing of an owner is on this node.</summary>
    public Task Ended
    {
        get
        {
            lock (_gate)
                return _owned?.Task ?? Task.CompletedTask;
        }
    }

    /// <summary>This node has an owner now.</summary>
    internal void Begin()
    {
        lock (_gate)
            _owned ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>The owner ends, and the address stays.</summary>
    /// <param name="connections">What it has open; this one's from now on.</param>
    /// <param name="epoch">Its epoch.</param>
    internal void Stay(OwnerConnections connections, Epoch epoch)
    {
        services.LeaseKeeper.LetRunOut();
        lock (_gate)
            _stays = (connections, epoch);
    }

    /// <summary>Takes the address off, if it has stayed, and gives the lease back. Does nothing while there is an owner.</summary>
    internal void End()
    {
        (OwnerConnections Connections, Epoch Epoch) stays;
        TaskCompletionSource? owned;
        lock (_gate)
        {
            if (_stays is not { } staying)
                return;
            (stays, owned, _stays, _owned) = (staying, _owned, null, null);
        }
        services.VirtualAddress.Release();
        services.LeaseKeeper.Stop();
        _ = EndAsync(stays.Connections, stays.Epoch, owned);
    }

    /// <summary>The owner has ended, and nothing of it stays.</summary>
    internal void EndWithoutStay()
    {
        lock (_gate)
        {
            if (_stays is not null)
                return;
            _owned?.TrySetResult();
            _owned = null;
        }
    }

    // A node that ends waits for it, so that another need not wait for the lease to run out.
    private async Task EndAsync(OwnerConnections connections, Epoch epoch, TaskCompletionSource? owned)
    {
        await GiveBackAsync(services.Settings.LeaseName, connections, epoch).WaitAsync(GiveBackMax, services.Clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        owned?.TrySetResult();
    }

    /// <summary>Gives a lease back and closes what was open for it.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="connections">What is open.</param>
    /// <param name="epoch">The epoch; 0 when it was not taken.</param>
    /// <returns>Completes when it is given back, or will run out by itself.</returns>
    internal static async Task GiveBackAsync(string lease, OwnerConnections connections, Epoch epoch)
    {
        try
        {
            if (epoch.Value > 0)
                await connections.Lease.ReleaseLeaseAsync(lease, connections.Self, epoch, CancellationToken.None);
        }
        catch (BlockStoreException)
        {
            // It runs out by itself.
        }
        finally
        {
            _ = connections.DisposeAsync().AsTask();
        }
    }
}

/// <summary>Tells the standby of this node that the owner has ended and that the address stays.</summary>
/// <param name="Epoch">Its epoch.</param>
internal sealed record OwnerStays(Epoch Epoch) : Akka.Actor.INoSerializationVerificationNeeded;

/// <summary>What an owner that hands over has agreed to.</summary>
/// <param name="Epoch">Its epoch.</param>
/// <param name="From">Whom to tell that the address is to be taken off.</param>
internal sealed record VipOffer(Epoch Epoch, Akka.Actor.IActorRef From);

/// <summary>The owner with this epoch agrees to the lease's being taken from it, and has the address until it is told to take it off.</summary>
/// <param name="Epoch">The epoch.</param>
internal sealed record VipOffered(Epoch Epoch);

/// <summary>Tells who has offered the virtual IP to take it off.</summary>
/// <param name="Epoch">The epoch of the offer.</param>
internal sealed record TakeVipOff(Epoch Epoch);

/// <summary>The virtual IP is off, as was asked.</summary>
/// <param name="Epoch">The epoch of the offer.</param>
internal sealed record VipIsOff(Epoch Epoch);
