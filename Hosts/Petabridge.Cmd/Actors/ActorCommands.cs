using System.Globalization;
using System.Text;
using Akka.Actor;
using Petabridge.Cmd.Host;

namespace Petabridge.Cmd.Actors;

/// <summary>The palette <c>actor</c>, which every endpoint has.</summary>
internal sealed class ActorCommands : CommandPaletteHandler
{
    public static readonly ActorCommands Instance = new();

    private const string HierarchyName = "hierarchy";

    private ActorCommands()
        : base(new CommandPalette("actor",
        [
            new CommandDefinitionBuilder()
                .WithName(HierarchyName)
                .WithDescription("Shows the tree of this node's actors.")
                .WithArgument(a => a.WithName("start").WithDescription("The actor to begin at, such as /user; default /.").WithSwitch("-s").WithSwitch("--start")
                    .WithDefaultValues("/", "/user", "/system"))
                .WithArgument(a => a.WithName("depth").WithDescription("How many levels to show; default 5.").WithSwitch("-d").WithSwitch("--depth"))
                .Build(),
        ]))
    {
    }

    public override Props HandlerProps { get; } = Props.Create(() => new Handler());

    private sealed class Handler : CommandHandlerActor
    {
        private const int DepthDefault = 5;
        private const int DepthMax = 100;
        private const int LineCountMax = 2000;

        public Handler()
            : base(Instance.Palette) => Process(HierarchyName, ShowHierarchy);

        private void ShowHierarchy(Command command)
        {
            var depth = DepthDefault;
            if (command.ArgumentValues("depth").FirstOrDefault() is { } text
                && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out depth) || depth is < 1 or > DepthMax))
            {
                Sender.Tell(new ErroredCommandResponse($"invalid-argument: depth '{text}' is not a whole number from 1 to {DepthMax}"));
                return;
            }
            var start = command.ArgumentValues("start").FirstOrDefault() ?? "/";
            if (Find(start) is not { } first)
            {
                Sender.Tell(new ErroredCommandResponse($"not-found: there is no actor {start} on this node"));
                return;
            }
            var lines = new List<string>();
            Draw(first, 0, depth, lines);
            if (lines.Count == LineCountMax)
                lines.Add($"… only the first {LineCountMax} lines are shown");
            Sender.Tell(new CommandResponse(string.Join('\n', lines)));
        }

        private static ActorRefWithCell? Find(string path)
        {
            var provider = ((ExtendedActorSystem)Context.System).Provider;
            var names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
            return names.Aggregate(provider.RootGuardian as ActorRefWithCell, (at, name) => at?.GetSingleChild(name) as ActorRefWithCell);
        }

        private static void Draw(ActorRefWithCell actor, int level, int depth, List<string> lines)
        {
            if (lines.Count >= LineCountMax)
                return;
            var children = actor.Children.OfType<ActorRefWithCell>().OrderBy(c => c.Path.Name, StringComparer.Ordinal).ToList();
            var line = new StringBuilder().Append(' ', level * 2).Append(level == 0 ? actor.Path.ToStringWithoutAddress() : actor.Path.Name);
            if (level == depth - 1 && children.Count > 0)
                line.Append(CultureInfo.InvariantCulture, $" ({children.Count} more below)");
            lines.Add(line.ToString());
            if (level == depth - 1)
                return;
            foreach (var child in children)
                Draw(child, level + 1, depth, lines);
        }
    }
}
