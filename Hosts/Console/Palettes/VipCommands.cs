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
    private const string Move = "move";
    private const string To = "to";

    private static readonly CommandPalette Commands = new("vip",
    [
        new CommandDefinitionBuilder().WithName(Show).WithDescription("Shows the virtual IP and its owners.").Build(),
        new CommandDefinitionBuilder().WithName(Move).WithDescription("Moves the virtual IP; nodes that are older in the cluster than its next owner leave and come back.")
            .WithValue(To, "Its next owner.", mandatory: true)
            .Build(),
    ]);

    public VipCommands(MooringCluster mooring, ConsoleSettings settings)
        : base(Commands) => HandlerProps = Props.Create(() => new Handler(mooring, settings));

    public override Props HandlerProps { get; }

    private sealed class Handler : MooringCommandHandlerActor
    {
        public Handler(MooringCluster mooring, ConsoleSettings settings)
            : base(Commands, mooring, settings)
        {
            Process(Show, _ => Ask(Mooring.Owner, new GetVipHistory(), answer => answer is VipHistory history ? Texts.Vip(history) : null));
            Process(Move, OnMove);
        }

        private void OnMove(Command command)
        {
            if (NodeName.TryParse(Given(command, To), out var to, out var problem))
                Ask(Mooring.Owner, new MoveVip(null, to), answer => answer is VipMoving moving ? $"the virtual IP moves to {moving.To}" : null);
            else
                Wrong(problem);
        }
    }
}
