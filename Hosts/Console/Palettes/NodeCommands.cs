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
    private const string Name = "name";

    private static readonly CommandPalette Commands = new("node",
    [
        new CommandDefinitionBuilder().WithName(List).WithDescription("Lists the storage nodes.").Build(),
        new CommandDefinitionBuilder().WithName(Show).WithDescription("Shows a storage node; without a name, the one that serves this console.")
            .WithValue(Name, "The node's name.", mandatory: false)
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
