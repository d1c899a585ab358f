namespace Petabridge.Cmd;

/// <summary>Describes a command.</summary>
public sealed class CommandDefinitionBuilder
{
    private readonly List<CommandArgument> _arguments = [];
    private string _name = "";
    private string _description = "";

    /// <summary>The name within the palette.</summary>
    public CommandDefinitionBuilder WithName(string name)
    {
        _name = name;
        return this;
    }

    /// <summary>What it does, in one line.</summary>
    public CommandDefinitionBuilder WithDescription(string description)
    {
        _description = description;
        return this;
    }

    /// <summary>One more argument.</summary>
    public CommandDefinitionBuilder WithArgument(Func<CommandArgumentBuilder, CommandArgumentBuilder> argument)
    {
        _arguments.Add(argument(new CommandArgumentBuilder()).Build());
        return this;
    }

    /// <summary>The command.</summary>
    /// <exception cref="InvalidOperationException">It has no name, or two arguments share a name or a switch.</exception>
    public CommandDefinition Build()
    {
        if (_name.Length == 0 || _name.Any(char.IsWhiteSpace))
            throw new InvalidOperationException($"'{_name}' is not the name of a command: it is not empty and has no blanks");
        if (Twice(_arguments.Select(a => a.Name)) is { } name)
            throw new InvalidOperationException($"command '{_name}' has two arguments '{name}'");
        if (Twice(_arguments.SelectMany(a => a.Switches)) is { } argSwitch)
            throw new InvalidOperationException($"command '{_name}' has two switches '{argSwitch}'");
        return new CommandDefinition(_name, _description, [.. _arguments]);
    }

    private static string? Twice(IEnumerable<string> names) =>
        names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Skip(1).Any())?.Key;
}
