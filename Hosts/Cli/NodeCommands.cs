using System.CommandLine;
using Mooring.Messages.Http;

namespace Mooring.Cli;

/// <summary><c>mooring node</c> and <c>mooring vip</c>: what carries the volumes, and where clients find it.</summary>
internal static class NodeCommands
{
    private static readonly Option<bool> NoWait = new("--no-wait") { Description = "Return as soon as it is written down." };

    public static Command Nodes() => new("node", "Look at the storage nodes, and take them out of service.") { List(), Drain(), Resume() };

    public static Command Vip() => new("vip", "Look at the virtual IP, and move it.") { Show(), Move() };

    private static Command List() => Commands.Asking("list", "List the storage nodes.", [], [], async (client, _, output) =>
        output.Value(new NodePage(await client.ListNodesAsync(), null), HttpJson.Default.NodePage, page => Output.Table(
            ["name", "address", "state", "dispatcher", "rbd link", "vip owner", "problem"],
            page.Items.Select(n => (IReadOnlyList<string>)[
                n.Name, n.Address, n.State, n.Health?.Dispatcher ?? "-", n.Health?.RbdLink ?? "-", n.VipOwner ? "yes" : n.VipTaking ? "takes it" : "",
                n.Away ?? (n.Health?.Problem is { } problem ? $"{problem}, since {Output.Time(n.Health.Since)}" : "")]))));

    private static Command Drain()
    {
        var node = Name();
        return Commands.Asking("drain", "Move the virtual IP, volumes and files away from a node, and keep it out of the cluster until it is resumed.", [node], [NoWait],
            async (client, parsed, output) => Show(await client.DrainNodeAsync(parsed.GetValue(node)!, !parsed.GetValue(NoWait)), output));
    }

    private static Command Resume()
    {
        var node = Name();
        return Commands.Asking("resume", "Let a node that was drained join the cluster again.", [node], [NoWait],
            async (client, parsed, output) => Show(await client.ResumeNodeAsync(parsed.GetValue(node)!, !parsed.GetValue(NoWait)), output));
    }

    private static Command Show() => Commands.Asking("show", "Show the virtual IP and its owners.", [], [], async (client, _, output) =>
        output.Value(await client.GetVipAsync(), HttpJson.Default.VipShape, vip =>
        {
            Output.Fields(("address", $"{vip.Address}:{vip.Port}"), ("owner", vip.Owner ?? "-"), ("epoch", $"{vip.Epoch}"), ("since", Output.Time(vip.Since)));
            Console.WriteLine();
            Output.Table(["epoch", "owner", "since", "reason"], vip.History.Select(h => (IReadOnlyList<string>)[$"{h.Epoch}", h.Owner, Output.Time(h.Since), h.Reason]));
        }));

    private static Command Move()
    {
        var to = new Option<string?>("--to") { Description = "Its next owner; without it, the node that has been in the cluster the longest." };
        return Commands.Asking("move", "Move the virtual IP to another node; nodes that have been in the cluster for longer than that one leave it and come back.", [], [to, NoWait],
            async (client, parsed, output) => output.Value(
                new VipMoveShape(await client.MoveVipAsync(parsed.GetValue(to), !parsed.GetValue(NoWait))), HttpJson.Default.VipMoveShape,
                move => Console.WriteLine(parsed.GetValue(NoWait) ? $"the virtual IP moves to {move.To}" : $"the virtual IP is on {move.To}")));
    }

    private static Argument<string> Name() => new("node") { Description = "The node's name." };

    private static void Show(NodeShape node, Output output) => output.Value(node, HttpJson.Default.NodeShape, n => Console.WriteLine($"{n.Name} is {n.State}"));
}
