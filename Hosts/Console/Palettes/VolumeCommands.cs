using Akka.Actor;
using Mooring.Actors;
using Mooring.Messages;
using Petabridge.Cmd;
using Petabridge.Cmd.Host;

namespace Mooring.Palettes;

/// <summary>The palette <c>volume</c>.</summary>
internal sealed class VolumeCommands : CommandPaletteHandler
{
    private const string List = "list";
    private const string Show = "show";
    private const string Create = "create";
    private const string Copy = "copy";
    private const string Resize = "resize";
    private const string Delete = "delete";

    private const string Pool = "pool";
    private const string After = "after";
    private const string Volume = "volume";
    private const string Source = "source";
    private const string Target = "target";
    private const string Size = "size";
    private const string AllowShrink = "allow-shrink";

    private const string VolumeText = "pool[/namespace]/image, or image in the pool rbd.";

    private static readonly CommandPalette Commands = new(Volume,
    [
        new CommandDefinitionBuilder().WithName(List).WithDescription("Lists the volumes of a pool.")
            .WithValue(Pool, "pool[/namespace]; default rbd.", mandatory: false)
            .WithValue(After, "Begin after this name.", mandatory: false)
            .WithValue(CommonArguments.Limit, "At most so many; default 1000.", mandatory: false)
            .Build(),
        new CommandDefinitionBuilder().WithName(Show).WithDescription("Shows a volume.").WithValue(Volume, VolumeText, mandatory: true).Build(),
        new CommandDefinitionBuilder().WithName(Create).WithDescription("Makes an empty volume.")
            .WithValue(Volume, VolumeText, mandatory: true)
            .WithValue(Size, "Its size, such as 10G or 512M (binary).", mandatory: true)
            .BuildChanging(),
        new CommandDefinitionBuilder().WithName(Copy).WithDescription("Makes a volume with all the data of another.")
            .WithValue(Source, VolumeText, mandatory: true)
            .WithValue(Target, VolumeText, mandatory: true)
            .BuildChanging(),
        new CommandDefinitionBuilder().WithName(Resize).WithDescription("Sets a volume's size.")
            .WithValue(Volume, VolumeText, mandatory: true)
            .WithValue(Size, "The new size.", mandatory: true)
            .WithFlag(AllowShrink, "Allow a smaller size; the data beyond it are lost.")
            .BuildChanging(),
        new CommandDefinitionBuilder().WithName(Delete).WithDescription("Removes a volume and its data.")
            .WithValue(Volume, VolumeText, mandatory: true)
            .BuildChanging(),
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
            Process(Create, OnCreate);
            Process(Copy, OnCopy);
            Process(Resize, OnResize);
            Process(Delete, OnDelete);
        }

        private void OnList(Command command)
        {
            var parts = (Given(command, Pool) ?? VolumeId.DefaultPool).Split('/', 2);
            if (new VolumeId(parts[0], parts.ElementAtOrDefault(1) ?? "", "any").Validate(namespaceNamed: parts.Length > 1) is { } problem)
                Wrong(problem);
            else if (TryLimit(command, ListLimit, out var limit))
            {
                Ask(Mooring.Dispatcher, new GetVolumes(parts[0], parts.ElementAtOrDefault(1) ?? "", Given(command, After), limit), answer =>
                    answer is VolumesListed page ? Texts.Volumes(page.Items, page.Next) : null);
            }
        }

        private void OnShow(Command command)
        {
            if (TryVolume(command, Volume, out var volume))
                Ask(Mooring.Dispatcher, new GetVolume(volume), answer => answer is VolumeFound found ? Texts.Volume(found.Info) : null);
        }

        private void OnCreate(Command command)
        {
            if (TryVolume(command, Volume, out var volume) && TrySize(command, Size, out var size))
                Submit(command, new CreateVolume(volume, size));
        }

        private void OnCopy(Command command)
        {
            if (TryVolume(command, Source, out var source) && TryVolume(command, Target, out var target))
                Submit(command, new CopyVolume(target, source));
        }

        private void OnResize(Command command)
        {
            if (TryVolume(command, Volume, out var volume) && TrySize(command, Size, out var size) && TryFlag(command, AllowShrink, out var shrink))
                Submit(command, new ResizeVolume(volume, size, shrink));
        }

        private void OnDelete(Command command)
        {
            if (TryVolume(command, Volume, out var volume))
                Submit(command, new DeleteVolume(volume));
        }
    }
}
