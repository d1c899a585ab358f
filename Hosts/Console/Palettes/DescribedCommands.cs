using Akka.Actor;
using Mooring.Actors;
using Mooring.Operations;
using Petabridge.Cmd;
using Petabridge.Cmd.Host;

namespace Mooring.Palettes;

/// <summary>The palette of a noun, such as <c>trash</c>, of which all is described: its operations and its reads.</summary>
internal sealed class DescribedCommands : CommandPaletteHandler
{
    private const string Volume = "volume";

    private readonly IReadOnlyList<Operation> _operations;
    private readonly IReadOnlyList<Read> _reads;

    private DescribedCommands(string noun, IReadOnlyList<Operation> operations, IReadOnlyList<Read> reads, MooringCluster mooring, ConsoleSettings settings)
        : base(new CommandPalette(noun, [.. operations.Select(operation => operation.Definition()), .. reads.Select(read => read.Definition())]))
    {
        (_operations, _reads) = (operations, reads);
        var palette = Palette;
        HandlerProps = Props.Create(() => new Handler(this, palette, mooring, settings));
    }

    public override Props HandlerProps { get; }

    /// <summary>A palette for each noun but <c>volume</c>, which has commands beside these.</summary>
    public static IEnumerable<DescribedCommands> All(MooringCluster mooring, ConsoleSettings settings) =>
        OperationCatalog.All.Select(operation => operation.Kind).Concat(ReadCatalog.All.Select(read => read.Kind))
            .Select(NounOf)
            .Distinct()
            .Where(noun => noun != Volume)
            .Select(noun => new DescribedCommands(
                noun, [.. OperationCatalog.All.Where(operation => NounOf(operation.Kind) == noun)], [.. ReadCatalog.All.Where(read => NounOf(read.Kind) == noun)], mooring, settings));

    private static string NounOf(string kind) => kind.Split('.')[0];

    private sealed class Handler : MooringCommandHandlerActor
    {
        public Handler(DescribedCommands commands, CommandPalette palette, MooringCluster mooring, ConsoleSettings settings)
            : base(palette, mooring, settings)
        {
            foreach (var operation in commands._operations)
                Process(operation.CommandName(), command => OnChange(command, operation));
            foreach (var read in commands._reads)
                Process(read.CommandName(), command => OnRead(command, read));
        }
    }
}
