namespace Petabridge.Cmd;

/// <summary>Describes one argument of a command, see <see cref="CommandDefinitionBuilder.WithArgument"/>.</summary>
public sealed class CommandArgumentBuilder
{
    private readonly List<string> _switches = [];
    private readonly List<string> _defaultValues = [];
    private string _name = "";
    private string _description = "";
    private bool _mandatory;
    private bool _multiple;

    /// <summary>The name of the argument.</summary>
    public CommandArgumentBuilder WithName(string name)
    {
        _name = name;
        return this;
    }

    /// <summary>What it means, in one line.</summary>
    public CommandArgumentBuilder WithDescription(string description)
    {
        _description = description;
        return this;
    }

    /// <summary>One more switch that it is given by.</summary>
    public CommandArgumentBuilder WithSwitch(string argSwitch)
    {
        _switches.Add(argSwitch);
        return this;
    }

    /// <summary>Values that a console proposes.</summary>
    public CommandArgumentBuilder WithDefaultValues(params string[] defaultValues)
    {
        _defaultValues.AddRange(defaultValues);
        return this;
    }

    /// <summary>Whether the command is refused without it.</summary>
    public CommandArgumentBuilder IsMandatory(bool isMandatory)
    {
        _mandatory = isMandatory;
        return this;
    }

    /// <summary>Whether it may be given more than once.</summary>
    public CommandArgumentBuilder CanOccurMultipleTimes(bool canOccurMultipleTimes)
    {
        _multiple = canOccurMultipleTimes;
        return this;
    }

    /// <summary>The argument.</summary>
    /// <exception cref="InvalidOperationException">It has no name, no switch, or a switch that does not begin with a dash.</exception>
    public CommandArgument Build()
    {
        if (_name.Length == 0)
            throw new InvalidOperationException("an argument needs a name");
        if (_switches.Count == 0)
            throw new InvalidOperationException($"argument '{_name}' needs a switch");
        if (_switches.Find(s => s.Length < 2 || s[0] != '-' || s.Any(char.IsWhiteSpace)) is { } wrong)
            throw new InvalidOperationException($"switch '{wrong}' of argument '{_name}' is not one: it begins with - and has no blanks");
        return new CommandArgument(_name, _description, _mandatory, _multiple, [.. _switches], [.. _defaultValues]);
    }
}
