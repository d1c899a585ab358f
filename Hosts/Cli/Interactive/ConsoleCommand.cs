using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using Petabridge.Cmd.Wire;

namespace Mooring.Cli.Interactive;

/// <summary><c>mooring console</c>: the palettes that storage nodes serve, on a terminal, from a pipe, or one command for a script.</summary>
internal static class ConsoleCommand
{
    private const int PortDefault = 9110;

    public static Command Create(Option<string?> endpoint, Option<bool> json, Option<string> timeout)
    {
        var line = new Option<string?>("--command") { Description = "Run this one command line and end with its status." };
        var node = new Option<string?>("--node") { Description = "The node to connect to, HOST or HOST:PORT; default the owner of the virtual IP." };
        var port = new Option<int>("--port") { Description = "The console port of the nodes.", DefaultValueFactory = _ => PortDefault };
        var command = new Command("console", "An interactive console of a storage node: cluster, sharding, actors, volumes.") { line, node, port };
        command.SetAction((parsed, _) => Failures.GuardAsync(parsed.GetValue(json), async output =>
        {
            var limit = Commands.Duration(parsed.GetValue(timeout)!);
            var finder = new NodeFinder(parsed.GetValue(node), parsed.GetValue(port), parsed.GetValue(endpoint), limit);
            await using var session = new ConsoleSession(finder, limit);
            if (parsed.GetValue(line) is { } one)
                return await OnceAsync(session, one, output.Json);
            return Console.IsInputRedirected ? await ScriptAsync(session) : await Terminal.RunAsync(session);
        }));
        return command;
    }

    /// <summary>The exit status of a command's end. Errors begin with their stable name, as in <c>not-found: …</c>.</summary>
    public static int ExitOf(string status, string error) => status switch
    {
        WireNames.Ok => ExitStatus.Done,
        WireNames.Usage => ExitStatus.WrongUsage,
        _ => error.Split(':', 2)[0] switch
        {
            "invalid-argument" => ExitStatus.WrongUsage,
            "timed-out" or "unavailable" => ExitStatus.Unreachable,
            "permission-denied" or "fenced" or "no-space" => ExitStatus.Refused,
            _ => ExitStatus.Failed,
        },
    };

    private static async Task<int> OnceAsync(ConsoleSession session, string line, bool json)
    {
        var text = new StringWriter();
        var (status, error) = await RunAsync(session, line, json ? text : Console.Out);
        if (json)
        {
            using var stream = Console.OpenStandardOutput();
            using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            {
                writer.WriteStartObject();
                writer.WriteString("command", line);
                writer.WriteString("status", status);
                writer.WriteString("output", text.ToString());
                writer.WriteString("error", error.Length > 0 ? error : null);
                writer.WriteEndObject();
            }
            stream.Write("\n"u8);
        }
        return Conclude(status, error);
    }

    private static async Task<int> ScriptAsync(ConsoleSession session)
    {
        while (await Console.In.ReadLineAsync() is { } line)
        {
            if (line.TrimStart() is "" or ['#', ..])
                continue;
            var (status, error) = await RunAsync(session, line, Console.Out);
            if (Conclude(status, error) is var exit && exit != ExitStatus.Done)
                return exit;
        }
        return ExitStatus.Done;
    }

    private static async Task<(string Status, string Error)> RunAsync(ConsoleSession session, string line, TextWriter output)
    {
        using var cancel = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            signal.Cancel = true;
            cancel.Cancel();
        });
        return await session.RunAsync(CommandLine.Split(line), output, bounded: true, cancel.Token);
    }

    private static int Conclude(string status, string error)
    {
        if (status == WireNames.Cancelled)
            Output.Error("cancelled");
        else if (status != WireNames.Ok)
            Output.Error(error);
        return ExitOf(status, error);
    }
}
