using Akka.Simulation;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Simulation.Store;

/// <summary>The leases of the simulated store, by its clock.</summary>
public sealed class SimulatedLeases(SimulationWorld world)
{
    private readonly Dictionary<string, Lease> _leases = [];

    /// <summary>
    /// Whether an ownership is valid now: the lease is held, or is another's by agreement and there is time left. A late call may have taken the lease once
    /// more for the same node: nobody else has it.
    /// </summary>
    public bool IsHeld(string name, NodeName node, Epoch epoch) => _leases.TryGetValue(name, out var lease)
        && ((lease.Holder?.Node == node && lease.Epoch.CompareTo(epoch) >= 0 && world.Now < lease.Until)
            || (lease.Leaving is { } leaving && leaving.Holder.Node == node && leaving.Epoch == epoch && world.Now < leaving.Until));

    public LeaseAttempt Acquire(string name, LeaseHolder holder, TimeSpan duration, string reason, Epoch agreed)
    {
        if (!_leases.TryGetValue(name, out var lease))
            _leases[name] = lease = new Lease();
        var isAgreed = lease.Epoch == agreed;
        if (!isAgreed && lease.Holder is { } current && !IsSame(current, holder) && world.Now < lease.Until)
            return new LeaseAttempt(false, lease.Epoch, current);
        if (!isAgreed && lease.Leaving is { } leaving && world.Now < leaving.Until)
            return new LeaseAttempt(false, lease.Epoch, leaving.Holder);
        lease.Leaving = isAgreed && lease.Holder is { } agreeing ? (agreeing, lease.Epoch, lease.Until) : null;
        var before = lease.Latest;
        lease.Epoch = lease.Epoch.Next;
        (lease.Holder, lease.Latest, lease.Until) = (holder, holder, world.Now + duration);
        lease.History.Insert(0, new LeaseOwnership(lease.Epoch, holder, SimulationWorld.Beginning + world.Now, reason));
        return new LeaseAttempt(true, lease.Epoch, before);
    }

    public bool Renew(string name, LeaseHolder holder, Epoch epoch, TimeSpan duration)
    {
        if (!_leases.TryGetValue(name, out var lease) || !IsSame(lease.Holder, holder) || lease.Epoch != epoch || world.Now >= lease.Until)
            return false;
        lease.Until = world.Now + duration;
        return true;
    }

    public void Release(string name, LeaseHolder holder, Epoch epoch)
    {
        if (!_leases.TryGetValue(name, out var lease))
            return;
        if (IsSame(lease.Holder, holder) && lease.Epoch == epoch)
            lease.Holder = null;
        if (lease.Leaving is { } leaving && IsSame(leaving.Holder, holder) && leaving.Epoch == epoch)
            lease.Leaving = null;
    }

    public void Evict(string name, LeaseHolder holder)
    {
        if (!_leases.TryGetValue(name, out var lease))
            return;
        if (IsSame(lease.Holder, holder))
            lease.Holder = null;
        if (lease.Leaving is { } leaving && IsSame(leaving.Holder, holder))
            lease.Leaving = null;
    }

    private static bool IsSame(LeaseHolder? one, LeaseHolder other) => one?.Node == other.Node && one.Incarnation == other.Incarnation;

    public IReadOnlyList<LeaseOwnership> History(string name) =>
        _leases.TryGetValue(name, out var lease) ? [.. lease.History.Take(32)] : [];

    /// <summary>The epoch of the latest ownership.</summary>
    public Epoch EpochOf(string name) => _leases.TryGetValue(name, out var lease) ? lease.Epoch : default;

    private sealed class Lease
    {
        public Epoch Epoch { get; set; }

        public LeaseHolder? Holder { get; set; }

        public LeaseHolder? Latest { get; set; }

        public TimeSpan Until { get; set; }

        /// <summary>Who has agreed to another's taking it, and has not released it yet.</summary>
        public (LeaseHolder Holder, Epoch Epoch, TimeSpan Until)? Leaving { get; set; }

        public List<LeaseOwnership> History { get; } = [];
    }
}
