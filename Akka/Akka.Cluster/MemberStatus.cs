namespace Akka.Cluster;

/// <summary>Where a member stands in its life in the cluster.</summary>
public enum MemberStatus
{
    Joining,
    Up,
    Leaving,
    Exiting,
    Down,
    Removed,
    WeaklyUp,
}
