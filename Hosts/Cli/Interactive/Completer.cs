using Petabridge.Cmd.Wire;

namespace Mooring.Cli.Interactive;

/// <summary>What may stand where the cursor is.</summary>
internal static class Completer
{
    private static readonly string[] OwnCommands = ["exit", "help"];

    /// <summary>Proposes ends for the last word of a line.</summary>
    /// <param name="line">The line up to the cursor.</param>
    /// <param name="palettes">What the node offers.</param>
    /// <returns>Whole words that begin as the last one does, in order; empty when nothing is known.</returns>
    public static IReadOnlyList<string> Propose(string line, IReadOnlyList<PaletteShape> palettes)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToList();
        var last = line.Length == 0 || line[^1] == ' ' ? "" : words[^1];
        if (last.Length > 0)
            words.RemoveAt(words.Count - 1);
        var helping = words.Count > 0 && words[0] == "help";
        if (helping)
            words.RemoveAt(0);
        IEnumerable<string> candidates = words switch
        {
            [] when helping => palettes.Select(p => p.Name),
            [] => palettes.Select(p => p.Name).Concat(OwnCommands),
            [var palette] => palettes.FirstOrDefault(p => p.Name == palette)?.Commands.Select(c => c.Name) ?? [],
            _ when helping => [],
            _ => Arguments(palettes.FirstOrDefault(p => p.Name == words[0])?.Commands.FirstOrDefault(c => c.Name == words[1]), words, last),
        };
        return [.. candidates.Where(c => c.StartsWith(last, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }

    /// <summary>The longest beginning that all proposals share.</summary>
    /// <param name="proposals">At least one.</param>
    /// <returns>The beginning.</returns>
    public static string Common(IReadOnlyList<string> proposals)
    {
        var length = proposals.Min(p => p.Length);
        while (length > 0 && proposals.Any(p => !p.StartsWith(proposals[0][..length], StringComparison.Ordinal)))
            length--;
        return proposals[0][..length];
    }

    private static IEnumerable<string> Arguments(CommandShape? command, List<string> words, string last)
    {
        if (command is null)
            return [];
        // After a switch come its values; those of a flag may be left out.
        if (words.Count > 2 && command.Arguments.FirstOrDefault(a => a.Switches.Contains(words[^1])) is { } before && (!before.Values.Contains("true") || last is not ("" or ['-', ..])))
            return before.Values;
        var left = command.Arguments.Where(a => a.Multiple || !a.Switches.Any(words.Contains)).ToList();
        var single = last.Length == 2 && last[0] == '-' && last[1] != '-';
        return left.SelectMany(a => single ? a.Switches : a.Switches.Where(s => s.StartsWith("--", StringComparison.Ordinal)).DefaultIfEmpty(a.Switches[0]));
    }
}
