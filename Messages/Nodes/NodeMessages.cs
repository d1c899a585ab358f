namespace Mooring.Messages;

/// <summary>What one node reports of itself to all others (V5).</summary>
/// <param name="Node">Its name.</param>
/// <param name="Address">Where its HTTP endpoint listens, <c>host:port</c>.</param>
/// <param name="DispatcherOk">Whether its dispatcher answers within the period (V4).</param>
/// <param name="RbdLinkOk">Whether its link to the block store answers within the bound (V7).</param>
/// <param name="Since">Since when the verdicts are as they are.</param>
/// <param name="VipEpoch">Its epoch when it owns the virtual IP; null otherwise.</param>
/// <param name="Incarnation">Unique for each start of the node.</param>
public sealed record NodeHealthReport(
    NodeName Node, string Address, bool DispatcherOk, bool RbdLinkOk, DateTimeOffset Since, Epoch? VipEpoch, string Incarnation = "")
{
    /// <summary>Whether the node is fit to own the virtual IP.</summary>
    public bool Healthy => DispatcherOk && RbdLinkOk && VipLinkOk;

    /// <summary>Whether clients would reach the virtual IP on it, as far as it can know: its interface is connected.</summary>
    public bool VipLinkOk { get; init; } = true;

    /// <summary>What is wrong, in one line; null for a healthy node, and from one that does not say it.</summary>
    public string? Problem { get; init; }

    /// <summary>Whether it is about to own the virtual IP: it waits for the lease, or puts the address on.</summary>
    public bool VipTaking { get; init; }

    /// <summary>Which of the members that there have been under its cluster address it is; null from one that does not say it.</summary>
    public int? Uid { get; init; }
}

/// <summary>A node tells the others what it sees of a member (V5).</summary>
/// <param name="Address">The member's cluster address.</param>
/// <param name="Uid">Which incarnation of it.</param>
/// <param name="Verdict">What is seen.</param>
/// <param name="ByAddress">The cluster address of who says so.</param>
/// <param name="ByUid">Which incarnation of it.</param>
public sealed record PeerVote(string Address, int Uid, PeerVerdict Verdict, string ByAddress, int ByUid);

/// <summary>What is seen of a member that is out of reach. The names are stable.</summary>
public enum PeerVerdict
{
    /// <summary>Its cluster endpoint refuses connections: its process has ended.</summary>
    Refuses = 0,

    /// <summary>Its heartbeats stay away: its process or its host has stopped, or the way to it is cut.</summary>
    Silent = 1,
}

/// <summary>A node that starts asks another one whether it is in a cluster; answered with <see cref="MembershipTold"/>.</summary>
public sealed record GetMembership
{
    /// <summary>The question.</summary>
    public static GetMembership Instance { get; } = new();
}

/// <summary>Whether a node is in a cluster.</summary>
/// <param name="Address">Its cluster address.</param>
/// <param name="InCluster">Whether it has come up in one.</param>
public sealed record MembershipTold(string Address, bool InCluster)
{
    /// <summary>The latest epoch of an owner of the virtual IP that the node knows in its cluster; null when it knows none, or does not say so.</summary>
    public Epoch? VipEpoch { get; init; }
}

/// <summary>Asks a dispatcher for what it knows of all nodes; answered with <see cref="NodesListed"/>.</summary>
public sealed record GetNodes;

/// <summary>All nodes.</summary>
/// <param name="Items">In order of their names.</param>
public sealed record NodesListed(IReadOnlyList<NodeView> Items);

/// <summary>A node as the outside sees it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Where its HTTP endpoint listens; its cluster address until it has reported.</param>
/// <param name="State">One of <see cref="NodeStates"/>.</param>
/// <param name="Health">Its latest report; null until it has reported.</param>
/// <param name="VipOwner">Whether it owns the virtual IP.</param>
public sealed record NodeView(string Name, string Address, string State, NodeHealthReport? Health, bool VipOwner)
{
    /// <summary>Its cluster address; null when it is no member.</summary>
    public string? Member { get; init; }

    /// <summary>Why it is away and since when, in one line; null when it is not.</summary>
    public string? Away { get; init; }

    /// <summary>What is wrong with it, as it reports it or the others see it, in one line; null when nothing is.</summary>
    public string? Problem => Away ?? Health?.Problem;
}

/// <summary>An order for a whole node, for the owner of the virtual IP; <see cref="ResumeNode"/> for any dispatcher, too. Safe to send again. Refused with <see cref="QueryFailed"/>.</summary>
public interface INodeOrder;

/// <summary>
/// Asks that a node carry nothing any more: its volumes, files and the virtual IP go to others, and it stays out of the cluster, over restarts, until it is
/// told to resume. Answered with <see cref="NodeOrdered"/> when that is written down; <see cref="GetNodes"/> tells when it is <c>drained</c>.
/// </summary>
/// <param name="Node">The node.</param>
public sealed record DrainNode(NodeName Node) : INodeOrder;

/// <summary>Asks that a node that was drained join the cluster again. Answered with <see cref="NodeOrdered"/> when that is written down.</summary>
/// <param name="Node">The node.</param>
public sealed record ResumeNode(NodeName Node) : INodeOrder;

/// <summary>
/// Asks that another node own the virtual IP. Answered with <see cref="VipMoving"/> when it is decided which; the nodes that have been in the cluster for
/// longer than that one begin anew, one after the other, the owner last.
/// </summary>
/// <param name="From">Only if this node owns it; null for any.</param>
/// <param name="To">The next owner; null for the node that has been in the cluster the longest.</param>
public sealed record MoveVip(NodeName? From, NodeName? To) : INodeOrder;

/// <summary>An order for a node stands.</summary>
/// <param name="Node">The node as it was then.</param>
public sealed record NodeOrdered(NodeView Node);

/// <summary>The virtual IP is about to move.</summary>
/// <param name="To">Its next owner; the present one when there is nothing to do.</param>
public sealed record VipMoving(NodeName To);

/// <summary>The owner of the virtual IP asks a node to begin anew, so that another one is the oldest.</summary>
/// <param name="Other">The node that the virtual IP is to go to.</param>
public sealed record LeaveForOther(NodeName Other);

/// <summary>Asks the owner of the virtual IP for its history; answered with <see cref="VipHistory"/>.</summary>
public sealed record GetVipHistory;

/// <summary>The virtual IP and its owners.</summary>
/// <param name="Endpoint">The address and port that clients use, <c>host:port</c>.</param>
/// <param name="Ownerships">Newest first; the first one is the present owner.</param>
public sealed record VipHistory(string Endpoint, IReadOnlyList<VipOwnership> Ownerships);

/// <summary>One ownership of the virtual IP.</summary>
/// <param name="Node">The owner.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Since">Since when, by the owner's clock.</param>
/// <param name="Reason">Why it became the owner.</param>
public sealed record VipOwnership(NodeName Node, Epoch Epoch, DateTimeOffset Since, string Reason);
