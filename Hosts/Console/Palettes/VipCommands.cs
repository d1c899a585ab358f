using Akka.Actor;
using Mooring.Actors;
using Mooring.Messages;
using Petabridge.Cmd;
using Petabridge.Cmd.Host;

namespace Mooring.Palettes;

/// <summary>The palette <c>vip</c>.</summary>
internal sealed class VipCommands : CommandPaletteHandler
{
    private const string Show = "show";

    private static readonly CommandPalette Commands = new("vip",
        [new CommandDefinitionBuilder().WithName(Show).WithDescription("Shows the virtual IP and its owners.").Build()]);

    public VipCommands(MooringCluster mooring, ConsoleSettings settings)
        : base(Commands) => HandlerProps = Props.Create(() => new Handler(mooring, settings));

    public override Props HandlerProps { get; }

    private sealed class Handler : MooringCommandHandlerActor
    {
        public Handler(MooringCluster mooring, ConsoleSettings settings)
            : base(Commands, mooring, settings) =>
            Process(Show, _ => Ask(Mooring.Owner, new GetVipHistory(), answer => answer is VipHistory history ? Texts.Vip(history) : null));
    }
}
