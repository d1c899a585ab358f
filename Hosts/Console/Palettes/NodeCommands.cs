using Akka.Actor;
using Mooring.Actors;
using Mooring.Messages;
using Petabridge.Cmd;
using Petabridge.Cmd.Host;

namespace Mooring.Palettes;

/// <summary>The palette <c>node</c>.</summary>
internal sealed class NodeCommands : CommandPaletteHandler
{
    private const string List = "list";
    private const string Show = "show";
    private const string Drain = "drain";
    private const string Resume = "resume";
    private const string Name = "name";

    private static readonly CommandPalette Commands = new("node",
    [
        new CommandDefinitionBuilder().WithName(List).WithDescription("Lists the storage nodes.").Build(),
        new CommandDefinitionBuilder().WithName(Show).WithDescription("Shows a storage node; without a name, the one that serves this console.")
            .WithValue(Name, "The node's name.", mandatory: false)
            .Build(),
        new CommandDefinitionBuilder().WithName(Drain).WithDescription("Moves the virtual IP, volumes and files away from a node, and keeps it out of the cluster.")
            .WithValue(Name, "The node's name.", mandatory: true)
            .Build(),
        new CommandDefinitionBuilder().WithName(Resume).WithDescription("Lets a node that was drained join the cluster again.")
            .WithValue(Name, "The node's name.", mandatory: true)
            .Build(),
    ]);

    public NodeCommands(MooringCluster mooring, ConsoleSettings settings)
        : base(Commands) => HandlerProps = Props.Create(() => new Handler(mooring, settings));

    public override Props HandlerProps { get; }

    private sealed class Handler : MooringCommandHandlerActor
    {
        public Handler(MooringCluster mooring, ConsoleSettings settings)
            : base(Commands, mooring, settings)
        {
            Process(List, _ => Ask(Mooring.Dispatcher, new GetNodes(), answer => answer is NodesListed nodes ? Texts.Nodes(nodes.Items) : null));
            Process(Show, OnShow);
            Process(Drain, command => Order(command, name => new DrainNode(name), "is to carry nothing any more; node list tells when it is drained"));
            Process(Resume, command => Order(command, name => new ResumeNode(name), "may join the cluster again; node list tells when it is up"));
        }

        private void Order(Command command, Func<NodeName, INodeOrder> order, string then)
        {
            if (NodeName.TryParse(Given(command, Name), out var name, out var problem))
                Ask(order(name) is ResumeNode ? Mooring.Dispatcher : Mooring.Owner, order(name), answer => answer is NodeOrdered ordered ? $"{ordered.Node.Name} {then}" : null);
            else
                Wrong(problem);
        }

        private void OnShow(Command command)
        {
            var name = Given(command, Name) ?? Mooring.Node.Value;
            AskFor(Mooring.Dispatcher, new GetNodes(), CommandResponse? (answer) => answer switch
            {
                NodesListed nodes => nodes.Items.FirstOrDefault(n => n.Name == name) is { } node
                    ? new CommandResponse(Texts.Node(node))
                    : Replies.Of(new OperationError(ErrorKind.NotFound, $"there is no node {name}")),
                _ => null,
            });
        }
    }
}
