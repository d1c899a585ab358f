namespace Petabridge.Cmd;

/// <summary>A command line that was checked against its definition; what a handler gets.</summary>
public sealed class Command
{
    internal Command(string moduleName, string name, IReadOnlyList<Tuple<string, string>> arguments)
    {
        ModuleName = moduleName;
        Name = name;
        Arguments = arguments;
    }

    /// <summary>The palette's name.</summary>
    public string ModuleName { get; }

    /// <summary>The command's name.</summary>
    public string Name { get; }

    /// <summary>The arguments by their names, in the order given.</summary>
    public IReadOnlyList<Tuple<string, string>> Arguments { get; }

    /// <summary>The values of an argument; empty when it was not given.</summary>
    public IEnumerable<string> ArgumentValues(string argumentName) =>
        Arguments.Where(a => a.Item1 == argumentName).Select(a => a.Item2);
}
