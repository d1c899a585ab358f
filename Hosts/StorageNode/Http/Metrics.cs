using System.Globalization;
using System.Text;
using Mooring.Messages;

namespace Mooring.StorageNode.Http;

/// <summary>The Prometheus text format (version 0.0.4).</summary>
internal static class Metrics
{
    public static string Text(NodesListed nodes)
    {
        var text = new StringBuilder();
        Gauge(text, "mooring_node_up", "Whether the cluster sees the node as up.", nodes, n => n.State == NodeStates.Up);
        Gauge(text, "mooring_node_rbd_link_up", "Whether the node's link to the block store answers.", nodes, n => n.Health is { RbdLinkOk: true });
        Gauge(text, "mooring_node_vip_owner", "Whether the node owns the virtual IP.", nodes, n => n.VipOwner);
        text.Append("# HELP process_resident_memory_bytes Resident memory of this node.\n# TYPE process_resident_memory_bytes gauge\n");
        text.Append(CultureInfo.InvariantCulture, $"process_resident_memory_bytes {Environment.WorkingSet}\n");
        return text.ToString();
    }

    private static void Gauge(StringBuilder text, string name, string help, NodesListed nodes, Func<NodeView, bool> value)
    {
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} gauge\n");
        foreach (var node in nodes.Items)
            text.Append(CultureInfo.InvariantCulture, $"{name}{{node=\"{node.Name}\"}} {(value(node) ? 1 : 0)}\n");
    }
}
