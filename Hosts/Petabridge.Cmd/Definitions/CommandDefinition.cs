namespace Petabridge.Cmd;

/// <summary>A command that a palette offers.</summary>
public sealed class CommandDefinition
{
    internal CommandDefinition(string name, string description, IReadOnlyList<CommandArgument> arguments)
    {
        Name = name;
        Description = description;
        Arguments = arguments;
    }

    /// <summary>Its name within the palette.</summary>
    public string Name { get; }

    /// <summary>One line for a person.</summary>
    public string Description { get; }

    /// <summary>Its arguments, in the order in which values without a switch are taken.</summary>
    public IReadOnlyList<CommandArgument> Arguments { get; }
}
