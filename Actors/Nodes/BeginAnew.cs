using Akka.Actor;
using Akka.Cluster;

namespace Mooring.Actors.Nodes;

/// <summary>
/// Told that this node is good for nothing until it begins anew, in a new actor system: its link to the block store is lost, it belongs to another
/// cluster than the owner of the virtual IP, a part of it has ended, or nobody lets it in. Returns at once. (That the others have removed it is
/// Akka.NET's to tell: <c>Cluster.RegisterOnMemberRemoved</c>, <c>akka.cluster.run-coordinated-shutdown-when-down</c>.)
/// </summary>
/// <param name="system">The actor system that Mooring runs in.</param>
/// <param name="cause">Why.</param>
public delegate void BeginAnew(ActorSystem system, BeginAnewCause cause);

/// <summary>Why a node must begin anew.</summary>
/// <param name="Detail">What an operator should know.</param>
/// <param name="How">How it leaves the cluster.</param>
public sealed record BeginAnewCause(string Detail, Departure How);

/// <summary>How a node leaves the cluster.</summary>
public enum Departure
{
    /// <summary>As one that has failed: the others take over what it had when they have removed it.</summary>
    Down,

    /// <summary>At once, with the consent of the others.</summary>
    Leave,

    /// <summary>When it has handed over what it has: its volumes and file systems first, the singletons last.</summary>
    HandOver,
}

/// <summary>What a node does that runs nothing but Mooring.</summary>
public static class LeaveCluster
{
    /// <summary>See <see cref="BeginAnew"/>: leaves the cluster; that ends the actor system, and whoever runs the process starts it again.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="cause">Why.</param>
    public static void BeginAnew(ActorSystem system, BeginAnewCause cause)
    {
        ArgumentNullException.ThrowIfNull(cause);
        var cluster = Cluster.Get(system);
        if (cluster.SelfMember.Status == MemberStatus.Removed)
            CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClusterJoinUnsuccessfulReason.Instance);
        else if (cause.How == Departure.HandOver)
            CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClusterLeavingReason.Instance);
        else if (cause.How == Departure.Leave)
            cluster.Leave(cluster.SelfAddress);
        else
            cluster.Down(cluster.SelfAddress);
    }
}
