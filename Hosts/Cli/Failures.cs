using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Unicode;
using Mooring.Client;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Storage;

namespace Mooring.Cli;

/// <summary>Every way in which a command can end badly: one line on stderr, with <c>--json</c> one problem on stdout, and an exit status.</summary>
internal static class Failures
{
    // More than two letters wrong is another word.
    private const int TypoMax = 2;

    private const int ErrnoMax = 4096;

    /// <summary>Runs a command.</summary>
    /// <param name="json">Whether problems are printed as JSON, too.</param>
    /// <param name="run">The command.</param>
    /// <returns>The exit status.</returns>
    public static async Task<int> GuardAsync(bool json, Func<Output, Task<int>> run)
    {
        var output = new Output(json);
        try
        {
            return await run(output);
        }
        catch (Exception e) when (e is UsageException or FormatException)
        {
            output.Problem(ProblemOf(ErrorKind.InvalidArgument, e.Message));
            return ExitStatus.WrongUsage;
        }
        catch (MooringException e)
        {
            output.Problem(e.Problem);
            return Commands.StatusOf(e);
        }
        catch (BlockStoreException e)
        {
            output.Problem(ProblemOf(e.Kind, e.Message));
            return e.Kind switch
            {
                ErrorKind.Unavailable or ErrorKind.TimedOut => ExitStatus.Unreachable,
                ErrorKind.PermissionDenied or ErrorKind.Fenced => ExitStatus.Refused,
                _ => ExitStatus.Failed,
            };
        }
        catch (MooringUnreachableException e)
        {
            output.Problem(ProblemOf(
                ErrorKind.Unavailable, e.RequestId is { } id ? $"{e.Message} (request id {id}: ask again with --request-id {id})" : e.Message, e.RequestId));
            return ExitStatus.Unreachable;
        }
        catch (ServedException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return e.Status;
        }
        catch (Exception e) when (IsOfThisMachine(e))
        {
            output.Problem(ProblemOf(ErrorKind.Internal, e.Message));
            return ExitStatus.Failed;
        }
        catch (IOException e)
        {
            output.Problem(ProblemOf(ErrorKind.Unavailable, e.Message));
            return ExitStatus.Unreachable;
        }
        catch (Exception e) when (Kept(e) is var trace)
        {
            output.Problem(ProblemOf(ErrorKind.Internal, $"an error of this program: {e.Message} (its trace is in {trace})"));
            return ExitStatus.Failed;
        }
    }

    // A file that is not there, may not be read, or has no room: .NET gives such exceptions the system's number, and those of connections another one.
    private static bool IsOfThisMachine(Exception e) =>
        e is UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException or PathTooLongException
        || e is IOException { InnerException: null, HResult: > 0 and < ErrnoMax };

    /// <summary>Whether the words of a command line are what was typed: bytes that are not UTF-8 would all become the same sign, and different names one.</summary>
    /// <param name="args">The words.</param>
    /// <returns>Whether they are.</returns>
    public static bool AreText(IReadOnlyList<string> args)
    {
        const string raw = "/proc/self/cmdline";
        return !args.Any(word => word.Contains('\uFFFD')) || !File.Exists(raw) || Utf8.IsValid(File.ReadAllBytes(raw));
    }

    /// <summary>Says that they are not.</summary>
    /// <param name="json">Whether it is printed as JSON, too.</param>
    /// <returns>The exit status.</returns>
    public static int NotText(bool json)
    {
        new Output(json).Problem(ProblemOf(ErrorKind.InvalidArgument, "an argument contains bytes that are not UTF-8"));
        return ExitStatus.WrongUsage;
    }

    /// <summary>Says what is wrong with a command line, with the nearest right word.</summary>
    /// <param name="parsed">A command line with errors.</param>
    /// <param name="json">Whether it is printed as JSON, too.</param>
    /// <returns>The exit status.</returns>
    public static int WrongUsage(ParseResult parsed, bool json)
    {
        new Output(json).Problem(ProblemOf(ErrorKind.InvalidArgument, Explain(parsed)));
        Console.Error.WriteLine($"Try '{PathOf(parsed.CommandResult)} --help'.");
        return ExitStatus.WrongUsage;
    }

    /// <summary>One line about a command line with errors.</summary>
    /// <param name="parsed">The command line.</param>
    /// <returns>What is wrong.</returns>
    internal static string Explain(ParseResult parsed)
    {
        var (at, path) = (parsed.CommandResult.Command, PathOf(parsed.CommandResult));
        var known = at.Subcommands.Where(c => !c.Hidden).Select(c => c.Name).Order(StringComparer.Ordinal).ToList();
        if (parsed.UnmatchedTokens.FirstOrDefault() is not { } token)
        {
            return known.Count > 0 && at.Action is null ? $"'{path}' needs a command: {string.Join(", ", known)}"
                : Missing(parsed.CommandResult) is { } missing ? $"'{path}' needs {missing}"
                // One line of the several that it may have.
                : string.Join(' ', parsed.Errors[0].Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        }
        if (token.StartsWith('-'))
        {
            var options = parsed.CommandResult.Chain().SelectMany(c => c.Command.Options.Where(o => c == parsed.CommandResult || o.Recursive)).Select(o => o.Name);
            return $"'{path}' has no option '{token}'{Nearest(token.Split('=')[0], options)}";
        }
        return known.Count == 0 ? $"'{path}' takes no more arguments: '{token}'"
            : $"'{path}' has no command '{token}'{(Nearest(token, known) is { Length: > 0 } near ? near : $"; it has {string.Join(", ", known)}")}";
    }

    private static IEnumerable<CommandResult> Chain(this CommandResult result)
    {
        for (SymbolResult? at = result; at is not null; at = at.Parent)
        {
            if (at is CommandResult command)
                yield return command;
        }
    }

    private static string? Missing(CommandResult result) =>
        result.Command.Arguments.FirstOrDefault(a => a.Arity.MinimumNumberOfValues > 0 && result.GetResult(a) is not { Tokens.Count: > 0 }) is { } argument
            ? argument.Name.ToUpperInvariant()
            : result.Command.Options.FirstOrDefault(o => o.Required && result.GetResult(o) is not { Implicit: false })?.Name;

    private static string PathOf(CommandResult result) =>
        string.Join(' ', result.Chain().Reverse().Select(c => c.Command is RootCommand ? "mooring" : c.Command.Name));

    private static string Nearest(string word, IEnumerable<string> known) =>
        known.Select(k => (Word: k, Distance: Distance(word, k))).Where(k => k.Distance <= TypoMax && k.Distance < k.Word.Length - 1)
            .OrderBy(k => k.Distance).Select(k => $"; did you mean '{k.Word}'?").FirstOrDefault() ?? "";

    // How many letters have to be added, left out or changed (Levenshtein).
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }
        return row[^1];
    }

    private static string Kept(Exception e)
    {
        var file = Path.Combine(Path.GetTempPath(), $"mooring-{Guid.CreateVersion7():N}.trace");
        try
        {
            File.WriteAllText(file, $"{e}\n");
            return file;
        }
        catch (Exception other) when (other is IOException or UnauthorizedAccessException)
        {
            return $"no file: {other.Message}";
        }
    }

    private static ProblemShape ProblemOf(ErrorKind kind, string detail, string? requestId = null)
    {
        var error = new OperationError(kind, detail);
        return new ProblemShape(error.Type, error.Title, 0, detail, null, requestId);
    }
}
