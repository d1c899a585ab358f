using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using Mooring.Cli.Interactive;
using Mooring.Client;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Operations;
using Spectre.Console;

namespace Mooring.Cli;

/// <summary>The command tree: <c>mooring NOUN VERB</c>.</summary>
internal static class Commands
{
    private static readonly Option<string?> Endpoint = new("--endpoint") { Description = "Where Mooring is, HOST:PORT.", Recursive = true };
    private static readonly Option<bool> Json = new("--json") { Description = "Print one JSON value.", Recursive = true };
    private static readonly Option<string> Timeout = new("--timeout") { Description = "How long to wait in all, such as 60s or 5m.", Recursive = true, DefaultValueFactory = _ => "60s" };
    private static readonly Option<string?> RequestIdOption = new("--request-id") { Description = "The id of this request: the same id always gets the same one result." };
    private static readonly Option<bool> NoWait = new("--no-wait") { Description = "Return as soon as the request is accepted." };

    // What one answer of the server may hold.
    private const int PageMax = 1000;

    /// <summary>Runs a command line.</summary>
    /// <param name="args">Its words.</param>
    /// <returns>The exit status.</returns>
    public static Task<int> RunAsync(IReadOnlyList<string> args)
    {
        var parsed = Root().Parse(args);
        return !Failures.AreText(args) ? Task.FromResult(Failures.NotText(args.Contains(Json.Name)))
            : parsed.Errors.Count > 0 ? Task.FromResult(Failures.WrongUsage(parsed, args.Contains(Json.Name))) : parsed.InvokeAsync();
    }

    public static RootCommand Root()
    {
        var root = new RootCommand("Manage volumes and files through Mooring. Exit status: 0 done, 1 failed, 2 wrong usage, 3 not reachable or timed out, 4 refused.")
        {
            Endpoint, Json, Timeout,
            new Command("volume", "Manage volumes.") { List(), Show(), ContentCommands.Export(), ContentCommands.ExportDiff() },
            new Command("operation", "Look at operations and wait for them.") { Operations(), Operation(), Wait(), Watch(), Cancel() },
            NodeCommands.Nodes(),
            NodeCommands.Vip(),
            Check(),
            ConsoleCommand.Create(Endpoint, Json, Timeout),
            FileCommands.FileSystems(),
            FileCommands.Files(),
            MountCommand.Create(),
            TokenCommands.Create(),
            AuditCommands.Create(),
            ClusterCommands.Create(),
        };
        foreach (var operation in OperationCatalog.All)
            Add(root, operation.Kind, verb => Changing(verb, operation));
        foreach (var read in ReadCatalog.All)
            Add(root, read.Kind, verb => Reading(verb, read));
        return root;
    }

    // volume.snapshot.create is the verb "snapshot create" of the noun "volume".
    private static void Add(RootCommand root, string kind, Func<string, Command> make)
    {
        var words = kind.Split('.');
        Command parent = root;
        foreach (var word in words[..^1])
        {
            var child = parent.Subcommands.FirstOrDefault(c => c.Name == word);
            if (child is null)
                parent.Add(child = new Command(word, ReferenceEquals(parent, root) ? $"All about each {word}." : $"Manage a {parent.Name}'s {word}."));
            parent = child;
        }
        parent.Add(make(words[^1]));
    }

    private static Command Reading(string verb, Read read)
    {
        var arguments = read.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Name == read.Route.VolumeName
            ? new Argument<string>(parameter.Name) { Description = parameter.Help }
            : new Argument<string>(parameter.Name) { Description = $"{parameter.Help} Default {VolumeId.DefaultPool}.", DefaultValueFactory = _ => VolumeId.DefaultPool });
        return Asking(verb, read.Summary, [.. arguments.Values], [], async (client, parsed, output) =>
        {
            var question = new GetRows(read.Kind, arguments.ToDictionary(a => a.Key, a => parsed.GetValue(a.Value)!), null, PageMax);
            var (rows, page) = (new List<JsonElement>(), (RowPage?)null);
            do
            {
                page = await client.ReadAsync(question with { After = page?.NextCursor });
                rows.AddRange(page.Items);
            }
            while (page.NextCursor is not null);
            output.Value(new RowPage(rows, null), HttpJson.Default.RowPage, p => Output.Rows(read.Fields, p.Items));
        });
    }

    private static Command Check()
    {
        var repair = new Option<bool>("--repair") { Description = "Remove what nobody can need any more." };
        return Alone("check", "Compare what lies in the block store with what the cluster knows; exits with 1 when something is not as it should be.", [], [repair],
            (parsed, output) => ConnectedAsync(parsed, async client =>
            {
                var (count, findings, cursor) = (0, new List<CheckFindingShape>(), (string?)null);
                do
                {
                    var page = await client.CheckAsync(cursor, parsed.GetValue(repair));
                    (count, cursor) = (count + page.ImageCount, page.NextCursor);
                    findings.AddRange(page.Items);
                }
                while (cursor is not null);
                output.Value(new CheckPage(count, findings, null), HttpJson.Default.CheckPage, page =>
                {
                    Output.Table(["found", "image", "what it is", "removed"], page.Items.Select(f => (IReadOnlyList<string>)[
                        f.Kind, f.Name, f.Detail, f.Repaired ? "yes" : f.CanRepair ? "with --repair" : ""]));
                    Console.WriteLine($"{page.ImageCount} images, {page.Items.Count} findings");
                });
                return findings.TrueForAll(f => f.Repaired) ? ExitStatus.Done : ExitStatus.Failed;
            }));
    }

    private static Command Changing(string verb, Operation operation)
    {
        var (arguments, options) = (new List<Argument>(), new List<Option>());
        var readers = new List<Action<ParseResult, Given>>();
        var file = new Argument<string>("file") { Description = "The local file that is sent; - for standard input." };
        if (operation.TakesContent)
            arguments.Add(file);
        foreach (var parameter in operation.Parameters.Where(p => !p.IsSuffix))
        {
            if (parameter.Positional)
            {
                var argument = new Argument<string>(parameter.Suffix is { } suffix ? $"{parameter.Name}@{suffix.Name}" : parameter.Name)
                {
                    Description = parameter.Suffix is null ? parameter.Help : "pool[/namespace]/image@snapshot, or image@snapshot in the pool rbd.",
                };
                arguments.Add(argument);
                readers.Add((parsed, given) => Give(parameter, parsed.GetValue(argument), given));
            }
            else if (parameter is Parameter<bool> flag)
            {
                var option = new Option<bool>("--" + parameter.Name) { Description = parameter.Help };
                options.Add(option);
                readers.Add((parsed, given) => given.Set(flag, parsed.GetValue(option)));
            }
            else
            {
                var option = new Option<string?>("--" + parameter.Name) { Description = parameter.Help, Required = parameter.Required };
                options.Add(option);
                readers.Add((parsed, given) => Give(parameter, parsed.GetValue(option), given));
            }
        }
        return Changing(verb, operation.Summary, [.. arguments], [.. options], (client, parsed, change) =>
        {
            var given = new Given();
            foreach (var read in readers)
                read(parsed, given);
            if (operation.TakesContent)
                change = ContentCommands.Take(operation, parsed.GetValue(file)!, given, change);
            return client.RunAsync(operation.Make(given), change);
        });
    }

    private static void Give(Parameter parameter, string? text, Given given)
    {
        if (text is not null && !parameter.TryGive(text, given, out var problem))
            throw new UsageException(problem);
    }

    private static Command List()
    {
        var pool = new Argument<string?>("pool") { Description = "pool[/namespace]; default rbd.", Arity = ArgumentArity.ZeroOrOne };
        return Asking("list", "List the volumes of a pool.", [pool], [], async (client, parsed, output) =>
        {
            var parts = (parsed.GetValue(pool) ?? VolumeId.DefaultPool).Split('/', 2);
            var (volumes, cursor) = (new List<VolumeShape>(), (string?)null);
            do
            {
                var page = await client.ListVolumesAsync(parts[0], parts.Length > 1 ? parts[1] : "", cursor, PageMax);
                volumes.AddRange(page.Items);
                cursor = page.NextCursor;
            }
            while (cursor is not null);
            output.Value(new VolumePage(volumes, null), HttpJson.Default.VolumePage, p => Output.Volumes(p.Items));
        });
    }

    private static Command Show()
    {
        var volume = VolumeArgument("volume");
        return Asking("show", "Show a volume.", [volume], [], async (client, parsed, output) =>
            output.Value(await client.GetVolumeAsync(Volume(parsed, volume)), HttpJson.Default.VolumeShape, Output.Volume));
    }

    private static Command Operations()
    {
        var state = new Option<string?>("--state") { Description = "Only those in this state: accepted, running, succeeded, failed or cancelled." };
        var target = new Option<string?>("--volume") { Description = "Only those of this volume." };
        var limit = new Option<int>("--limit") { Description = "At most so many, newest first.", DefaultValueFactory = _ => 50 };
        return Asking("list", "List operations, newest first.", [], [state, target, limit], async (client, parsed, output) =>
        {
            var (found, cursor, left) = (new List<OperationShape>(), (string?)null, parsed.GetValue(limit));
            do
            {
                var page = await client.ListOperationsAsync(parsed.GetValue(state), parsed.GetValue(target), cursor, Math.Min(left, PageMax));
                found.AddRange(page.Items);
                (cursor, left) = (page.NextCursor, left - page.Items.Count);
            }
            while (cursor is not null && left > 0);
            output.Value(new OperationPage(found, cursor), HttpJson.Default.OperationPage, p => Output.Operations(p.Items));
        });
    }

    private static Command Operation()
    {
        var id = new Argument<string>("id") { Description = "The operation's id." };
        return Asking("show", "Show an operation.", [id], [], async (client, parsed, output) =>
            output.Value(await client.GetOperationAsync(parsed.GetValue(id)!), HttpJson.Default.OperationShape, Output.Operation));
    }

    private static Command Wait()
    {
        var id = new Argument<string>("id") { Description = "The operation's id." };
        return Asking("wait", "Wait until an operation has ended; exits with its status.", [id], [], async (client, parsed, output) =>
            Ended(await Bar(output, progress => client.WaitAsync(parsed.GetValue(id)!, progress)), output));
    }

    private static Command Watch()
    {
        var id = new Argument<string>("id") { Description = "The operation's id." };
        return Asking("watch", "Print every step of an operation until it has ended.", [id], [], async (client, parsed, output) =>
        {
            var steps = new Steps(output);
            Ended(await client.WaitAsync(parsed.GetValue(id)!, steps), output.Json ? new Output(false) : output, print: false);
        });
    }

    private static Command Cancel()
    {
        var id = new Argument<string>("id") { Description = "The operation's id." };
        return Asking("cancel", "Cancel an operation that has not begun or can be stopped, and wait until it has ended; fails when it took effect.", [id], [],
            async (client, parsed, output) =>
            {
                var asked = await client.CancelAsync(parsed.GetValue(id)!);
                var ended = asked.Ended ? asked : await client.WaitAsync(asked.Id, null);
                output.Value(ended, HttpJson.Default.OperationShape, o => Console.WriteLine($"{o.Kind} of {o.Target} {o.State}"));
                if (ended.State != "cancelled")
                {
                    var error = new OperationError(ErrorKind.Busy, $"{ended.Kind} of {ended.Target} {ended.State} before it could be cancelled");
                    throw new MooringException(error, ended.RequestId, ended.Id);
                }
            });
    }

    private static Command Changing(
        string verb, string description, Argument[] arguments, Option[] options, Func<MooringClient, ParseResult, Change, Task<OperationShape>> run) =>
        Asking(verb, description, arguments, [.. options, RequestIdOption, NoWait], async (client, parsed, output) =>
        {
            var id = parsed.GetValue(RequestIdOption) ?? Guid.CreateVersion7().ToString("N");
            if (!RequestId.TryParse(id, out _, out var problem))
                throw new UsageException(problem);
            var noWait = parsed.GetValue(NoWait);
            var operation = await Bar(output, progress => run(client, parsed, new Change(id, noWait, noWait ? null : progress)));
            output.Value(operation, HttpJson.Default.OperationShape, o => Console.WriteLine(o.Ended
                ? $"{o.Kind} of {o.Target} {o.State} (executed by {o.ExecutedBy ?? "-"}, delivered by {o.DeliveredBy ?? "-"})"
                : $"{o.Kind} of {o.Target} {o.State}: {o.Id}"));
        });

    internal static Command Asking(
        string verb, string description, Argument[] arguments, Option[] options, Func<MooringClient, ParseResult, Output, Task> run) =>
        Alone(verb, description, arguments, options, (parsed, output) => ConnectedAsync(parsed, async client =>
        {
            await run(client, parsed, output);
            return ExitStatus.Done;
        }));

    internal static async Task<int> ConnectedAsync(ParseResult parsed, Func<MooringClient, Task<int>> run)
    {
        using var client = Connect(EndpointFinder.Find(parsed.GetValue(Endpoint)) with
        {
            Timeout = Duration(parsed.GetValue(Timeout)!),
            Unanswered = Output.Error,
        });
        return await run(client);
    }

    private static MooringClient Connect(MooringClientOptions options)
    {
        try
        {
            return new MooringClient(options);
        }
        catch (CryptographicException e)
        {
            throw new UsageException($"{options.CaFile} is not the certificate of a CA: {e.Message}");
        }
    }

    /// <summary>A command that needs no cluster.</summary>
    internal static Command Alone(
        string verb, string description, Argument[] arguments, Option[] options, Func<ParseResult, Output, Task<int>> run)
    {
        var command = new Command(verb, description);
        foreach (var argument in arguments)
            command.Add(argument);
        foreach (var option in options)
            command.Add(option);
        command.SetAction((parsed, _) => Failures.GuardAsync(parsed.GetValue(Json), output => run(parsed, output)));
        return command;
    }

    internal static int StatusOf(MooringException e) => e.Kind switch
    {
        ErrorKind.PermissionDenied or ErrorKind.Unauthenticated or ErrorKind.Fenced or ErrorKind.NoSpace => ExitStatus.Refused,
        ErrorKind.InvalidArgument when !e.Executed && !IsOfTheFiles(e) => ExitStatus.WrongUsage,
        _ => ExitStatus.Failed,
    };

    // A directory where a file is meant and the like: the command was well formed, the files are not so.
    private static bool IsOfTheFiles(MooringException e) => e.Problem.Errno is 18 or 20 or 21 or 39;

    private static void Ended(OperationShape operation, Output output, bool print = true)
    {
        MooringException.ThrowIfFailed(operation);
        if (print)
            output.Value(operation, HttpJson.Default.OperationShape, Output.Operation);
    }

    private static async Task<OperationShape> Bar(Output output, Func<IProgress<OperationShape>?, Task<OperationShape>> run)
    {
        if (!output.Interactive)
            return await run(null);
        return await AnsiConsole.Progress().AutoClear(true).HideCompleted(true).StartAsync(async context =>
        {
            ProgressTask? bar = null;
            return await run(new Progress<OperationShape>(operation =>
            {
                bar ??= context.AddTask(Markup.Escape($"{operation.Kind} {operation.Target}"));
                bar.Value = operation.Progress * bar.MaxValue;
            }));
        });
    }

    private static Argument<string> VolumeArgument(string name) => new(name) { Description = "pool[/namespace]/image, or image in the pool rbd." };

    private static VolumeId Volume(ParseResult parsed, Argument<string> argument) =>
        VolumeId.TryParse(parsed.GetValue(argument), out var volume, out var problem) ? volume : throw new UsageException(problem);

    internal static long Size(string text) => !SizeText.TryParse(text, out var bytes)
        ? throw new UsageException($"size '{text}' is not a size such as 10G, 512M or 4096")
        : bytes > 0 ? bytes : throw new UsageException($"size '{text}' is not above 0");

    internal static TimeSpan Duration(string text)
    {
        var number = text.TrimEnd('s', 'm', 'h');
        var unit = text[number.Length..] switch { "" or "s" => 1.0, "ms" => 0.001, "m" => 60, "h" => 3600, _ => double.NaN };
        return double.TryParse(number, System.Globalization.CultureInfo.InvariantCulture, out var value) && value * unit is > 0 and < 1e9
            ? TimeSpan.FromSeconds(value * unit)
            : throw new UsageException($"timeout '{text}' is not a duration such as 60s or 5m");
    }

    private sealed class Steps(Output output) : IProgress<OperationShape>
    {
        public void Report(OperationShape value)
        {
            if (output.Json)
                Console.WriteLine(System.Text.Json.JsonSerializer.Serialize(value, HttpJson.Default.OperationShape));
            else
                Console.WriteLine($"{Output.Time(DateTimeOffset.UtcNow)}  {value.State,-9}  {Output.Percent(value.Progress),7}  attempt {value.Attempts}  {value.ExecutedBy ?? "-"}");
        }
    }
}
