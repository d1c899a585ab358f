using System.Collections.Concurrent;
using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Petabridge.Cmd;
using Petabridge.Cmd.Client;
using Petabridge.Cmd.Host;

namespace Mooring.Tests.Actors.PetabridgeCmdSpecs;

/// <summary>An actor system with an endpoint on loopback and a palette for tests.</summary>
internal sealed class ConsoleSystem : IAsyncDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public ConsoleSystem(string hocon = "", IConsoleGate? gate = null)
    {
        System = ActorSystem.Create("console", ConfigurationFactory.ParseString(hocon).WithFallback("""
            petabridge.cmd { host = "127.0.0.1", port = 0 }
            akka { loglevel = OFF, stdout-loglevel = OFF, log-dead-letters = off }
            """));
        Cmd = PetabridgeCmd.Get(System);
        Cmd.RegisterCommandPalette(new TestPalette(Ended));
        try
        {
            if (gate is null)
                Cmd.Start();
            else
                Cmd.Start(gate);
        }
        catch
        {
            _ = System.Terminate();
            throw;
        }
    }

    public ActorSystem System { get; }

    public PetabridgeCmd Cmd { get; }

    public int Port => ((IPEndPoint)Cmd.ListensOn!).Port;

    /// <summary>Gets a line for each console that a handler saw go away.</summary>
    public BlockingCollection<string> Ended { get; } = [];

    public async Task<CmdClient> ConnectAsync(string? token = null)
    {
        using var limit = new CancellationTokenSource(Limit);
        return await CmdClient.ConnectAsync("127.0.0.1", Port, token, null, limit.Token);
    }

    public static async Task<(string Status, string Error, string Output)> RunAsync(CmdClient client, params string[] words)
    {
        var output = new StringWriter();
        var (status, error) = await client.RunAsync(words, (text, more) => output.Write(more ? text : text + "\n"), CancellationToken.None).WaitAsync(Limit);
        return (status, error, output.ToString());
    }

    /// <summary>Characters of one, two and four bytes; the last kind is two in C#.</summary>
    public static string LongText(int length) => string.Concat(Enumerable.Repeat("aä😀", length / 4 + 1))[..(length / 4 * 4)];

    public async ValueTask DisposeAsync() => await System.Terminate().WaitAsync(Limit);

    private sealed class TestPalette : CommandPaletteHandler
    {
        private static readonly CommandPalette Commands = new("test",
        [
            Described("echo", multiple: true), Described("count"), Described("list"), Described("long"), Described("fail"), Described("piped"), Described("wait"), Described("flood"),
            Described("late"), Described("nobody"),
        ]);

        public TestPalette(BlockingCollection<string> ended)
            : base(Commands) => HandlerProps = Props.Create(() => new Handler(ended));

        public override Props HandlerProps { get; }

        private static CommandDefinition Described(string name, bool multiple = false) => new CommandDefinitionBuilder()
            .WithName(name)
            .WithArgument(a => a.WithName("value").WithSwitch("-v").CanOccurMultipleTimes(multiple))
            .Build();

        private sealed class Handler : CommandHandlerActor
        {
            public Handler(BlockingCollection<string> ended)
                : base(Commands)
            {
                Process("echo", command => Sender.Tell(new CommandResponse(string.Join(' ', command.ArgumentValues("value")))));
                Process("count", command => Count(int.Parse(command.ArgumentValues("value").Single())));
                Process("list", _ => Sender.Tell(new[] { new CommandResponse("one", false), new CommandResponse("two", false), CommandResponse.Empty }));
                Process("long", command => Sender.Tell(new CommandResponse(LongText(int.Parse(command.ArgumentValues("value").Single())))));
                Process("fail", _ => throw new InvalidOperationException("it broke\nat once"));
                Process("piped", _ => Task.FromException<object>(new InvalidOperationException("it broke later")).PipeTo(Sender));
                Process("wait", _ => Watcher(ended, flood: false));
                Process("flood", _ => Watcher(ended, flood: true));
                Process("late", _ =>
                {
                    Sender.Tell(new ErroredCommandResponse("no"));
                    Sender.Tell(new CommandResponse("too late"));
                });
            }

            private void Count(int to)
            {
                for (var i = 1; i < to; i++)
                    Sender.Tell(new CommandResponse($"{i}", final: false));
                Sender.Tell(new CommandResponse($"{to}"));
            }

            private void Watcher(BlockingCollection<string> ended, bool flood)
            {
                var console = Sender;
                Context.ActorOf(Props.Create(() => new Watching(console, ended, flood)));
            }
        }

        private sealed class Watching : ReceiveActor
        {
            private readonly IActorRef _console;

            public Watching(IActorRef console, BlockingCollection<string> ended, bool flood)
            {
                _console = console;
                Context.Watch(console);
                console.Tell(new CommandResponse("started", final: false));
                Receive<Terminated>(_ =>
                {
                    ended.Add("ended");
                    Context.Stop(Self);
                });
                Receive<string>(_ =>
                {
                    _console.Tell(new CommandResponse(new string('x', 10_000), final: false));
                    Self.Tell("more");
                });
                if (flood)
                    Self.Tell("more");
            }
        }
    }
}
