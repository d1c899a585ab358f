using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using Petabridge.Cmd.Wire;

namespace Petabridge.Cmd.Host;

/// <summary>
/// Keeps the palettes and their handlers, accepts consoles up to the limit, and hands checked commands to the handlers. Handlers are its
/// children: one that fails starts again.
/// </summary>
internal sealed class CmdHostActor : ReceiveActor, IWithTimers
{
    // So many times as many may be about to say who they are; a further one takes the place of the one that has been silent for longest.
    private const int WaitingFactor = 4;

    private static readonly TimeSpan AcceptRetryPause = TimeSpan.FromMilliseconds(100);

    private readonly CmdSettings _settings;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly SortedDictionary<string, (CommandPalette Palette, IActorRef Handler)> _palettes = new(StringComparer.Ordinal);
    private readonly LinkedList<IActorRef> _waiting = [];
    private readonly HashSet<IActorRef> _letIn = [];
    private Socket? _listener;
    private IConsoleGate _gate = new OpenGate();

    public CmdHostActor(CmdSettings settings)
    {
        _settings = settings;
        Receive<Register>(OnRegister);
        Receive<Serve>(OnServe);
        Receive<Accepted>(OnAccepted);
        Receive<AcceptFailed>(failed =>
        {
            _log.Warning("the console endpoint could not accept a connection: {0}", failed.Cause.Message);
            Timers.StartSingleTimer("accept", Accept.Instance, AcceptRetryPause);
        });
        Receive<Accept>(_ => AcceptNext());
        Receive<LetIn>(_ => OnLetIn());
        Receive<Dispatch>(OnDispatch);
        Receive<Terminated>(ended =>
        {
            if (!_letIn.Remove(ended.ActorRef))
                _waiting.Remove(ended.ActorRef);
        });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PostStop()
    {
        _listener?.Dispose();
        base.PostStop();
    }

    private void OnRegister(Register register)
    {
        var palette = register.Handler.Palette;
        _palettes[palette.ModuleName] = (palette, Context.ActorOf(register.Handler.HandlerProps, "palette-" + Uri.EscapeDataString(palette.ModuleName)));
        if (_listener is not null && _settings.LogPalettes)
            _log.Info("console palette {0} is served", palette.ModuleName);
    }

    private void OnServe(Serve serve)
    {
        (_listener, _gate) = (serve.Listener, serve.Gate);
        _log.Info("consoles are served on {0}", _listener.LocalEndPoint);
        if (_settings.LogPalettes)
            _log.Info("console palettes: {0}", string.Join(", ", _palettes.Values.Select(p => $"{p.Palette.ModuleName} ({p.Palette.Commands.Count} commands)")));
        AcceptNext();
    }

    private void AcceptNext() =>
        _listener!.AcceptAsync().PipeTo(Self, success: socket => new Accepted(socket), failure: e => new AcceptFailed(e));

    private void OnAccepted(Accepted accepted)
    {
        if (_waiting.Count >= WaitingFactor * _settings.ConnectionCountMax)
        {
            Context.Stop(_waiting.First!.Value);
            _waiting.RemoveFirst();
        }
        _waiting.AddLast(Context.Watch(Context.ActorOf(CmdConnectionActor.Props(accepted.Socket, _settings, _gate, Self))));
        AcceptNext();
    }

    private void OnLetIn()
    {
        if (_letIn.Count >= _settings.ConnectionCountMax)
        {
            Sender.Tell(new Full($"{_letIn.Count} consoles are connected already"));
            return;
        }
        if (_waiting.Remove(Sender))
            _letIn.Add(Sender);
        Sender.Tell(new PalettesListed([.. _palettes.Values.Select(p => Shape(p.Palette))]));
    }

    private void OnDispatch(Dispatch run)
    {
        if (!_palettes.TryGetValue(run.Palette, out var known))
            Sender.Tell(new Refused(run.Palette.Length == 0 ? "no command" : $"there is no palette '{run.Palette}': {string.Join(", ", _palettes.Keys)}"));
        else if (known.Palette.Commands.FirstOrDefault(c => c.Name == run.Command) is not { } definition)
            Sender.Tell(new Refused($"palette '{run.Palette}' has no command '{run.Command}': {string.Join(", ", known.Palette.Commands.Select(c => c.Name))}"));
        else if (!ArgumentParser.TryParse(run.Palette, definition, run.Words, out var command, out var problem))
            Sender.Tell(new Refused(problem));
        else
            known.Handler.Forward(command);
    }

    private static PaletteShape Shape(CommandPalette palette) => new(palette.ModuleName, [.. palette.Commands.Select(c => new CommandShape(
        c.Name,
        c.Description,
        [.. c.Arguments.Select(a => new ArgumentShape(a.Name, a.Description, a.Mandatory, a.CanOccurMultipleTimes, a.Switches, a.DefaultValues))]))]);

    internal sealed record Register(CommandPaletteHandler Handler) : INoSerializationVerificationNeeded;

    internal sealed record Serve(Socket Listener, IConsoleGate Gate) : INoSerializationVerificationNeeded;

    /// <summary>A console has said who it is; answered with <see cref="PalettesListed"/> or <see cref="Full"/>.</summary>
    internal sealed record LetIn : INoSerializationVerificationNeeded
    {
        public static readonly LetIn Instance = new();
    }

    internal sealed record Full(string Why) : INoSerializationVerificationNeeded;

    internal sealed record PalettesListed(IReadOnlyList<PaletteShape> Items) : INoSerializationVerificationNeeded;

    /// <summary>A command line to be checked and handed on; the sender gets what its handler says.</summary>
    internal sealed record Dispatch(string Palette, string Command, IReadOnlyList<string> Words) : INoSerializationVerificationNeeded
    {
        /// <summary>As it could have been typed.</summary>
        public string Line => string.Join(' ', Words.Select(Quoted).Prepend(Command).Prepend(Palette));

        private static string Quoted(string word) => word.Length > 0 && !word.Any(c => char.IsWhiteSpace(c) || c is '"' or '\'' or '\\')
            ? word
            : $"\"{word.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
    }

    /// <summary>The command line is wrong.</summary>
    internal sealed record Refused(string Problem) : INoSerializationVerificationNeeded;

    private sealed record Accepted(Socket Socket) : INoSerializationVerificationNeeded;

    private sealed record AcceptFailed(Exception Cause) : INoSerializationVerificationNeeded;

    private sealed record Accept : INoSerializationVerificationNeeded
    {
        public static readonly Accept Instance = new();
    }
}
