using Petabridge.Cmd.Wire;

namespace Mooring.Cli.Interactive;

/// <summary>What <c>help</c>, <c>help PALETTE</c> and <c>help PALETTE COMMAND</c> print.</summary>
internal static class CommandHelp
{
    public static string Text(IReadOnlyList<PaletteShape> palettes, IReadOnlyList<string> words)
    {
        if (palettes.FirstOrDefault(p => p.Name == words.ElementAtOrDefault(1)) is not { } palette)
        {
            return Columns(palettes.Select(p => (p.Name, string.Join(", ", p.Commands.Select(c => c.Name)))))
                + "\n\nhelp PALETTE [COMMAND] says more; exit ends; Ctrl-C stops a running command.";
        }
        if (palette.Commands.FirstOrDefault(c => c.Name == words.ElementAtOrDefault(2)) is not { } command)
            return Columns(palette.Commands.Select(c => ($"{palette.Name} {c.Name}", c.Description)));
        var usage = string.Join(' ', command.Arguments.Select(a => a.Mandatory ? a.Name.ToUpperInvariant() : $"[{a.Switches[^1]} {a.Name.ToUpperInvariant()}]"));
        var head = $"{palette.Name} {command.Name} {usage}".TrimEnd() + $"\n{command.Description}";
        return command.Arguments.Count == 0 ? head : head + "\n\n" + Columns(command.Arguments.Select(a => (string.Join(", ", a.Switches), a.Description)));
    }

    private static string Columns(IEnumerable<(string Left, string Right)> rows)
    {
        var all = rows.ToList();
        var width = all.Max(r => r.Left.Length) + 2;
        return string.Join('\n', all.Select(r => r.Left.PadRight(width) + r.Right));
    }
}
