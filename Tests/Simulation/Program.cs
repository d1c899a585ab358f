using System.Globalization;
using Mooring.Tests.Simulation.Runs;

namespace Mooring.Tests.Simulation;

/// <summary>
/// The program behind <c>build.cs simulate</c>: <c>--seed N [--trace] [--mutation NAME]</c> runs one seed,
/// <c>--seeds COUNT [--first N] [--mutation NAME]</c> many, on all processors. <c>--rounds N</c>: each node is made to begin anew so often.
/// </summary>
public static class Program
{
    private const int CountDefault = 1000;

    public static async Task<int> Main(string[] args)
    {
        var arguments = args.ToList();
        if (arguments.Remove(SeedProcess.Verb))
            return SeedProcess.Run(arguments);
        if (arguments.Remove(SeedProcess.StoryVerb))
            return SeedProcess.TellStory(arguments);
        var trace = arguments.Remove("--trace");
        var rounds = SeedProcess.TakeRounds(arguments);
        var mutation = Value(arguments, "--mutation") is { } name ? Enum.Parse<Mutation>(name, ignoreCase: true) : Mutation.None;
        if (Value(arguments, "--seed") is { } seed)
            return SeedProcess.RunInChild([seed], mutation, trace, rounds);
        var count = Value(arguments, "--seeds") is { } many ? int.Parse(many, CultureInfo.InvariantCulture) : CountDefault;
        var first = Value(arguments, "--first") is { } given ? long.Parse(given, CultureInfo.InvariantCulture) : DateTime.UtcNow.Ticks % 1_000_000_000;
        if (arguments.Count > 0)
        {
            Console.Error.WriteLine($"simulate: {string.Join(' ', arguments)} is not understood");
            return 2;
        }
        var batch = new SeedBatch(mutation, Console.Out.WriteLine) { Rounds = rounds };
        await batch.RunAsync([.. Enumerable.Range(0, count).Select(i => first + i)], CancellationToken.None);
        foreach (var line in batch.Report())
            Console.Out.WriteLine(line);
        return batch.Failures.Count == 0 ? 0 : 1;
    }

    private static string? Value(List<string> arguments, string name)
    {
        var at = arguments.IndexOf(name);
        if (at < 0 || at + 1 >= arguments.Count)
            return null;
        var value = arguments[at + 1];
        arguments.RemoveRange(at, 2);
        return value;
    }
}
