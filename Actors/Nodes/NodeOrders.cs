using Mooring.Messages;

namespace Mooring.Actors.Nodes;

/// <summary>What operators ask of whole nodes, and when it is refused. Pure.</summary>
public static class NodeOrders
{
    /// <summary>All nodes, by what is known now of those that are to carry nothing.</summary>
    /// <param name="nodes">All nodes, as they were known a moment ago.</param>
    /// <param name="drains">Those that are to carry nothing.</param>
    /// <returns>All nodes.</returns>
    public static IReadOnlyList<NodeView> With(IReadOnlyList<NodeView> nodes, IReadOnlyList<Drain> drains)
    {
        bool IsDrained(string node) => drains.Any(drain => drain.Node.Value == node);
        return
        [
            .. nodes.Where(n => n.State != NodeStates.Drained).Select(n => n.State switch
            {
                NodeStates.Up when IsDrained(n.Name) => n with { State = NodeStates.Draining },
                NodeStates.Draining when !IsDrained(n.Name) => n with { State = NodeStates.Up },
                NodeStates.Away when IsDrained(n.Name) => n with { State = NodeStates.Drained },
                _ => n,
            }),
            .. drains.Where(drain => nodes.All(n => n.Name != drain.Node.Value || n.State == NodeStates.Drained)).Select(drain => new NodeView(drain.Node.Value, drain.Address, NodeStates.Drained, null, false)),
        ];
    }

    /// <summary>Why a node may not be drained.</summary>
    /// <param name="node">The node.</param>
    /// <param name="nodes">All nodes.</param>
    /// <returns>The reason; null when it may, or is drained already.</returns>
    public static OperationError? ForbidsDrain(NodeName node, IReadOnlyList<NodeView> nodes) =>
        Find(node, nodes) is not { } found ? Unknown(node)
        : found.State is NodeStates.Draining or NodeStates.Drained || nodes.Any(other => other.Name != node.Value && Serves(other)) ? null
        : new OperationError(ErrorKind.Busy, $"no node but {node} can serve: start or resume another one first");

    /// <summary>Why a node may not resume.</summary>
    /// <param name="node">The node.</param>
    /// <param name="nodes">All nodes.</param>
    /// <returns>The reason; null when it may, or is not drained.</returns>
    public static OperationError? ForbidsResume(NodeName node, IReadOnlyList<NodeView> nodes) => Find(node, nodes) is null ? Unknown(node) : null;

    /// <summary>Where the virtual IP is to go.</summary>
    /// <param name="move">What was asked.</param>
    /// <param name="owner">Who owns it.</param>
    /// <param name="byAge">All members, the oldest first.</param>
    /// <returns>The node, which may be the owner; or why it goes nowhere.</returns>
    public static (NodeName To, OperationError? Error) Target(MoveVip move, NodeName owner, IReadOnlyList<NodeView> byAge)
    {
        if (move.To is { } to)
        {
            return Find(to, byAge) is not { } node ? (to, Unknown(to))
                : to == owner || Serves(node) ? (to, null)
                : (to, new OperationError(ErrorKind.Busy, $"{to} cannot own the virtual IP: {(node.State == NodeStates.Up ? node.Health?.Problem ?? "it has not reported yet" : $"it is {node.State}")}"));
        }
        // It has moved since: the question was sent again.
        if (move.From is { } from && from != owner)
            return (owner, null);
        return byAge.FirstOrDefault(n => n.Name != owner.Value && Serves(n)) is { } next
            ? (new NodeName(next.Name), null)
            : (owner, new OperationError(ErrorKind.Busy, $"no node but {owner} can own the virtual IP"));
    }

    /// <summary>Whether a node can carry what others give up.</summary>
    /// <param name="node">The node.</param>
    /// <returns>Whether it can.</returns>
    public static bool Serves(NodeView node) => node is { State: NodeStates.Up, Health.Healthy: true };

    private static NodeView? Find(NodeName node, IReadOnlyList<NodeView> nodes) => nodes.FirstOrDefault(n => n.Name == node.Value);

    private static OperationError Unknown(NodeName node) => new(ErrorKind.NotFound, $"there is no node {node}");
}
