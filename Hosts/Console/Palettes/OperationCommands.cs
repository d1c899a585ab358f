using Akka.Actor;
using Mooring.Actors;
using Mooring.Messages;
using Petabridge.Cmd;
using Petabridge.Cmd.Host;

namespace Mooring.Palettes;

/// <summary>The palette <c>operation</c>.</summary>
internal sealed class OperationCommands : CommandPaletteHandler
{
    private const string List = "list";
    private const string Show = "show";
    private const string Wait = "wait";
    private const string Watch = "watch";
    private const string Cancel = "cancel";
    private const string State = "state";
    private const string Volume = "volume";
    private const string Id = "id";

    private static readonly CommandPalette Commands = new("operation",
    [
        new CommandDefinitionBuilder().WithName(List).WithDescription("Lists operations, newest first.")
            .WithValue(State, "Only those in this state.", mandatory: false, values: [.. Enum.GetValues<OperationState>().Select(Texts.Name)])
            .WithValue(Volume, "Only those of this volume.", mandatory: false)
            .WithValue(CommonArguments.Limit, "At most so many; default 50.", mandatory: false)
            .Build(),
        new CommandDefinitionBuilder().WithName(Show).WithDescription("Shows an operation.").WithValue(Id, "The operation's id.", mandatory: true).Build(),
        new CommandDefinitionBuilder().WithName(Wait).WithDescription("Waits until an operation has ended.").WithValue(Id, "The operation's id.", mandatory: true).Build(),
        new CommandDefinitionBuilder().WithName(Watch).WithDescription("Shows every step of an operation until it has ended.")
            .WithValue(Id, "The operation's id.", mandatory: true)
            .Build(),
        new CommandDefinitionBuilder().WithName(Cancel).WithDescription("Asks that an operation be cancelled, and shows how it stands.")
            .WithValue(Id, "The operation's id.", mandatory: true)
            .Build(),
    ]);

    public OperationCommands(MooringCluster mooring, ConsoleSettings settings)
        : base(Commands) => HandlerProps = Props.Create(() => new Handler(mooring, settings));

    public override Props HandlerProps { get; }

    private sealed class Handler : MooringCommandHandlerActor
    {
        private const int ListLimit = 50;

        public Handler(MooringCluster mooring, ConsoleSettings settings)
            : base(Commands, mooring, settings)
        {
            Process(List, OnList);
            Process(Show, command => With(command, id =>
                Ask(Mooring.Owner, new GetOperation(id), answer => answer is OperationFound found ? Texts.Operation(found.Operation) : null)));
            Process(Cancel, command => With(command, id =>
                Ask(Mooring.Owner, new CancelOperation(id), answer => answer is OperationFound found ? Texts.Operation(found.Operation) : null)));
            Process(Wait, command => With(command, id => Pursue(id, everyStep: false)));
            Process(Watch, command => With(command, id => Pursue(id, everyStep: true)));
        }

        private void OnList(Command command)
        {
            OperationState? state = null;
            if (Given(command, State) is { } name)
            {
                state = Enum.GetValues<OperationState>().Where(s => Texts.Name(s) == name).Cast<OperationState?>().FirstOrDefault();
                if (state is null)
                {
                    Wrong($"state '{name}' is not one of {string.Join(", ", Enum.GetValues<OperationState>().Select(Texts.Name))}");
                    return;
                }
            }
            VolumeId? target = null;
            if (Given(command, Volume) is not null)
            {
                if (!TryVolume(command, Volume, out var volume))
                    return;
                target = volume;
            }
            if (TryLimit(command, ListLimit, out var limit))
                Ask(Mooring.Owner, new GetOperations(state, target, null, limit), answer => answer is OperationsListed page ? Texts.Operations(page.Items) : null);
        }

        private void With(Command command, Action<OperationId> goOn)
        {
            if (OperationId.TryParse(Given(command, Id), out var id, out var problem))
                goOn(id);
            else
                Wrong(problem);
        }
    }
}
