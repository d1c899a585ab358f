using System.Runtime.InteropServices;
using Petabridge.Cmd.Wire;

namespace Mooring.Cli.Interactive;

/// <summary>The console on a terminal: a line editor with history and completion, and one command after the other.</summary>
internal static class Terminal
{
    private const string Prompt = "mooring> ";
    private const int HistoryCountMax = 500;

    private static string HistoryFile => Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "mooring", "console-history");

    public static async Task<int> RunAsync(ConsoleSession session)
    {
        await session.ConnectAsync(CancellationToken.None);
        Console.WriteLine($"connected to {session.Node}; help lists the commands, Tab completes, exit ends");
        var history = LoadHistory();
        while (ReadLine(session, history) is { } line)
        {
            if (line.Trim() is "exit" or "quit")
                break;
            if (line.Trim().Length == 0)
                continue;
            if (history.Count == 0 || history[^1] != line)
                history.Add(line);
            await RunAsync(session, line);
        }
        SaveHistory(history);
        return ExitStatus.Done;
    }

    private static async Task RunAsync(ConsoleSession session, string line)
    {
        using var cancel = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            signal.Cancel = true;
            cancel.Cancel();
        });
        try
        {
            var (status, error) = await session.RunAsync(CommandLine.Split(line), Console.Out, bounded: false, cancel.Token);
            if (status is WireNames.Failed or WireNames.Usage)
                Output.Error(error);
        }
        catch (Exception e) when (e is FormatException or IOException or UsageException)
        {
            Output.Error(e.Message);
        }
    }

    private static string? ReadLine(ConsoleSession session, List<string> history)
    {
        var buffer = new LineBuffer(history);
        Console.TreatControlCAsInput = true;
        try
        {
            while (true)
            {
                Draw(buffer);
                switch (buffer.Apply(Console.ReadKey(intercept: true)))
                {
                    case LineEvent.Entered:
                        Console.WriteLine();
                        return buffer.Text;
                    case LineEvent.Abandoned:
                        Console.WriteLine("^C");
                        buffer = new LineBuffer(history);
                        break;
                    case LineEvent.Ended:
                        Console.WriteLine();
                        return null;
                    case LineEvent.Completing:
                        Complete(session, buffer);
                        break;
                }
            }
        }
        finally
        {
            Console.TreatControlCAsInput = false;
        }
    }

    private static void Complete(ConsoleSession session, LineBuffer buffer)
    {
        var before = buffer.Text[..buffer.Cursor];
        var proposals = Completer.Propose(before, session.Palettes);
        if (proposals.Count == 0)
            return;
        var typed = before.Length - (before.LastIndexOf(' ') + 1);
        var common = Completer.Common(proposals);
        buffer.Insert(proposals.Count == 1 ? common[typed..] + " " : common[typed..]);
        if (proposals.Count == 1 || common.Length > typed)
            return;
        Console.WriteLine();
        Console.WriteLine(string.Join("  ", proposals));
    }

    // A line that is longer than the terminal is shown around its cursor.
    private static void Draw(LineBuffer buffer)
    {
        var width = Math.Max(10, Console.WindowWidth - Prompt.Length - 1);
        var start = Math.Max(0, buffer.Cursor - width);
        var shown = buffer.Text.Substring(start, Math.Min(width, buffer.Text.Length - start));
        var column = Prompt.Length + buffer.Cursor - start;
        Console.Write($"\r{Prompt}{shown}\u001b[K\r\u001b[{column}C");
    }

    private static List<string> LoadHistory()
    {
        try
        {
            return [.. File.ReadLines(HistoryFile).TakeLast(HistoryCountMax)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static void SaveHistory(List<string> history)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(HistoryFile)!);
            File.WriteAllLines(HistoryFile, history.TakeLast(HistoryCountMax));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A history that cannot be kept is no reason to fail.
        }
    }
}
