using System.Diagnostics.CodeAnalysis;

namespace Petabridge.Cmd;

/// <summary>
/// Reads the words behind a command: <c>SWITCH VALUE</c>, <c>SWITCH=VALUE</c>, and values without a switch, which go to the arguments in the
/// order of the definition. A switch whose argument proposes <c>true</c> may stand alone.
/// </summary>
internal static class ArgumentParser
{
    public static bool TryParse(
        string palette, CommandDefinition definition, IReadOnlyList<string> words, [NotNullWhen(true)] out Command? command, out string problem)
    {
        (command, problem) = (null, "");
        var given = new List<Tuple<string, string>>();
        for (var i = 0; i < words.Count; i++)
        {
            CommandArgument? argument;
            string? value;
            if (words[i].Length > 1 && words[i][0] == '-' && !char.IsAsciiDigit(words[i][1]))
            {
                var cut = words[i].IndexOf('=', StringComparison.Ordinal);
                var name = cut > 0 ? words[i][..cut] : words[i];
                argument = Find(definition, name);
                if (argument is null)
                {
                    problem = $"'{palette} {definition.Name}' has no switch '{name}'";
                    return false;
                }
                var alone = argument.DefaultValues.Contains("true");
                value = cut > 0 ? words[i][(cut + 1)..]
                    : i + 1 < words.Count && Find(definition, words[i + 1]) is null && (!alone || words[i + 1] is "true" or "false") ? words[++i]
                    : alone ? "true"
                    : null;
            }
            else
            {
                value = words[i];
                argument = definition.Arguments.FirstOrDefault(a => a.CanOccurMultipleTimes || given.TrueForAll(g => g.Item1 != a.Name));
                if (argument is null)
                {
                    problem = $"'{palette} {definition.Name}' does not expect '{value}'";
                    return false;
                }
            }
            if (value is null)
            {
                problem = $"argument '{argument.Name}' of '{palette} {definition.Name}' needs a value";
                return false;
            }
            if (!argument.CanOccurMultipleTimes && given.Exists(g => g.Item1 == argument.Name))
            {
                problem = $"argument '{argument.Name}' of '{palette} {definition.Name}' is given twice";
                return false;
            }
            given.Add(Tuple.Create(argument.Name, value));
        }
        if (definition.Arguments.FirstOrDefault(a => a.Mandatory && given.TrueForAll(g => g.Item1 != a.Name)) is { } missing)
        {
            problem = $"'{palette} {definition.Name}' needs argument '{missing.Name}' ({string.Join(", ", missing.Switches)})";
            return false;
        }
        command = new Command(palette, definition.Name, given);
        return true;
    }

    private static CommandArgument? Find(CommandDefinition definition, string argSwitch) =>
        definition.Arguments.FirstOrDefault(a => a.Switches.Contains(argSwitch));
}
