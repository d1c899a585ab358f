namespace Petabridge.Cmd;

/// <summary>A group of commands under one name: the first word of a command line.</summary>
public sealed class CommandPalette
{
    /// <summary>Makes one.</summary>
    /// <exception cref="ArgumentException">The name is none, or two commands have the same name.</exception>
    public CommandPalette(string moduleName, IEnumerable<CommandDefinition> commands)
    {
        if (string.IsNullOrEmpty(moduleName) || moduleName.Any(char.IsWhiteSpace))
            throw new ArgumentException($"'{moduleName}' is not the name of a palette: it is not empty and has no blanks", nameof(moduleName));
        ModuleName = moduleName;
        Commands = [.. commands];
        if (Commands.GroupBy(c => c.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Skip(1).Any()) is { } twice)
            throw new ArgumentException($"palette '{moduleName}' has two commands '{twice.Key}'", nameof(commands));
    }

    /// <summary>Its name.</summary>
    public string ModuleName { get; }

    /// <summary>Its commands.</summary>
    public IReadOnlyList<CommandDefinition> Commands { get; }
}
