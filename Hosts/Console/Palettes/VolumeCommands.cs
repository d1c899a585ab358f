using Akka.Actor;
using Mooring.Actors;
using Mooring.Messages;
using Mooring.Operations;
using Petabridge.Cmd;
using Petabridge.Cmd.Host;

namespace Mooring.Palettes;

/// <summary>The palette <c>volume</c>.</summary>
internal sealed class VolumeCommands : CommandPaletteHandler
{
    private const string List = "list";
    private const string Show = "show";

    private const string Pool = "pool";
    private const string Volume = "volume";

    private const string VolumeText = "pool[/namespace]/image, or image in the pool rbd.";

    // A console has no files to send.
    private static readonly IReadOnlyList<Operation> Operations =
        [.. OperationCatalog.All.Where(o => !o.TakesContent && o.Kind.StartsWith(Volume + ".", StringComparison.Ordinal))];

    private static readonly IReadOnlyList<Read> Reads = [.. ReadCatalog.All.Where(r => r.Kind.StartsWith(Volume + ".", StringComparison.Ordinal))];

    private static readonly CommandPalette Commands = new(Volume,
    [
        new CommandDefinitionBuilder().WithName(List).WithDescription("Lists the volumes of a pool.")
            .WithValue(Pool, "pool[/namespace]; default rbd.", mandatory: false)
            .WithValue(CommonArguments.After, "Begin after this name.", mandatory: false)
            .WithValue(CommonArguments.Limit, "At most so many; default 1000.", mandatory: false)
            .Build(),
        new CommandDefinitionBuilder().WithName(Show).WithDescription("Shows a volume.").WithValue(Volume, VolumeText, mandatory: true).Build(),
        .. Operations.Select(operation => operation.Definition()),
        .. Reads.Select(read => read.Definition()),
    ]);

    public VolumeCommands(MooringCluster mooring, ConsoleSettings settings)
        : base(Commands) => HandlerProps = Props.Create(() => new Handler(mooring, settings));

    public override Props HandlerProps { get; }

    private sealed class Handler : MooringCommandHandlerActor
    {
        private const int ListLimit = 1000;

        public Handler(MooringCluster mooring, ConsoleSettings settings)
            : base(Commands, mooring, settings)
        {
            Process(List, OnList);
            Process(Show, OnShow);
            foreach (var operation in Operations)
                Process(operation.CommandName(), command => OnChange(command, operation));
            foreach (var read in Reads)
                Process(read.CommandName(), command => OnRead(command, read));
        }

        private void OnList(Command command)
        {
            var parts = (Given(command, Pool) ?? VolumeId.DefaultPool).Split('/', 2);
            if (new VolumeId(parts[0], parts.ElementAtOrDefault(1) ?? "", "any").Validate(namespaceNamed: parts.Length > 1) is { } problem)
                Wrong(problem);
            else if (TryLimit(command, ListLimit, out var limit))
            {
                Ask(Mooring.Dispatcher, new GetVolumes(parts[0], parts.ElementAtOrDefault(1) ?? "", Given(command, CommonArguments.After), limit), answer =>
                    answer is VolumesListed page ? Texts.Volumes(page.Items, page.Next) : null);
            }
        }

        private void OnShow(Command command)
        {
            if (TryVolume(command, Volume, out var volume))
                Ask(Mooring.Dispatcher, new GetVolume(volume), answer => answer is VolumeFound found ? Texts.Volume(found.Info) : null);
        }
    }
}
