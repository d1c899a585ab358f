namespace Petabridge.Cmd;

/// <summary>An argument of a command: a name, the switches that it is given by, and what is known of its values.</summary>
public sealed class CommandArgument
{
    internal CommandArgument(
        string name, string description, bool mandatory, bool canOccurMultipleTimes, IReadOnlyList<string> switches, IReadOnlyList<string> defaultValues)
    {
        Name = name;
        Description = description;
        Mandatory = mandatory;
        CanOccurMultipleTimes = canOccurMultipleTimes;
        Switches = switches;
        DefaultValues = defaultValues;
    }

    /// <summary>The name that <see cref="Command.ArgumentValues"/> takes.</summary>
    public string Name { get; }

    /// <summary>One line for a person.</summary>
    public string Description { get; }

    /// <summary>Whether the command is refused without it.</summary>
    public bool Mandatory { get; }

    /// <summary>Whether it may be given more than once.</summary>
    public bool CanOccurMultipleTimes { get; }

    /// <summary>What it is given by, such as <c>-a</c> and <c>--address</c>.</summary>
    public IReadOnlyList<string> Switches { get; }

    /// <summary>Values that a console proposes.</summary>
    public IReadOnlyList<string> DefaultValues { get; }
}
