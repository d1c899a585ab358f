namespace Mooring.Messages;

/// <summary>The states of a node, as <see cref="NodeView.State"/> names them. The names are stable.</summary>
public static class NodeStates
{
    /// <summary>It is being let into the cluster.</summary>
    public const string Joining = "joining";

    /// <summary>It is in the cluster.</summary>
    public const string Up = "up";

    /// <summary>It is to carry nothing and still does.</summary>
    public const string Draining = "draining";

    /// <summary>It is leaving the cluster.</summary>
    public const string Leaving = "leaving";

    /// <summary>It is in the cluster, and cannot be reached.</summary>
    public const string Unreachable = "unreachable";

    /// <summary>The cluster has given it up.</summary>
    public const string Down = "down";

    /// <summary>It was in the cluster and is not now.</summary>
    public const string Away = "away";

    /// <summary>It carries nothing and stays out of the cluster until it is told to resume, whether it runs or not.</summary>
    public const string Drained = "drained";
}
