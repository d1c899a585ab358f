using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Akka.Simulation;
using Mooring.Tests.Simulation.Stories;

namespace Mooring.Tests.Simulation.Runs;

/// <summary>A process of the operating system that runs seeds, one after the other.</summary>
public static class SeedProcess
{
    /// <summary>The first argument of such a process.</summary>
    public const string Verb = "run-seeds";

    /// <summary>The first argument of one that tells the story of the engine alone.</summary>
    public const string StoryVerb = "tell-story";

    /// <summary>What the line with a run's result begins with.</summary>
    public const string ResultPrefix = "result ";

    private const string TraceFlag = "--trace";
    private const string RoundsOption = "--rounds";

    // The copy of this program among rewritten assemblies.
    private static readonly string Simulated = Determinism.ProgramIn(AppContext.BaseDirectory, typeof(SeedProcess).Assembly);

    /// <summary>What the process does.</summary>
    /// <param name="arguments">Whether to trace, the rounds, the mutation, and the seeds.</param>
    /// <returns>0 when all went well, 1 when a check failed.</returns>
    public static int Run(List<string> arguments)
    {
        if (Determinism.Ensure(Simulated, [Verb, .. arguments]) is { } exit)
            return exit;
        var trace = arguments.Remove(TraceFlag);
        var rounds = TakeRounds(arguments);
        var mutation = Enum.Parse<Mutation>(arguments[0]);
        var failed = false;
        foreach (var seed in arguments.Skip(1))
        {
            using var run = new SimulationRun(new SimulationOptions(long.Parse(seed, CultureInfo.InvariantCulture), mutation, trace) { Rounds = rounds }, Console.Out.WriteLine);
            var result = run.Run();
            Console.Out.WriteLine(ResultPrefix + JsonSerializer.Serialize(result));
            failed |= result.Violations.Count > 0;
        }
        return failed ? 1 : 0;
    }

    /// <summary>Tells the engine's story (<see cref="ThreeNodes"/>), for each of some seeds.</summary>
    public static int TellStory(List<string> arguments)
    {
        if (Determinism.Ensure(Simulated, [StoryVerb, .. arguments]) is { } exit)
            return exit;
        var trace = arguments.Remove(TraceFlag);
        foreach (var seed in arguments)
        {
            using var story = new ThreeNodes(long.Parse(seed, CultureInfo.InvariantCulture), trace ? Console.Out.WriteLine : null);
            foreach (var line in story.Run())
                Console.Out.WriteLine(line);
        }
        return 0;
    }

    /// <summary>Takes the option out of arguments that says how often each node is made to begin anew.</summary>
    /// <returns>How often; 0 when it is not there.</returns>
    public static int TakeRounds(List<string> arguments)
    {
        var at = arguments.IndexOf(RoundsOption);
        if (at < 0 || at + 1 >= arguments.Count)
            return 0;
        var rounds = int.Parse(arguments[at + 1], CultureInfo.InvariantCulture);
        arguments.RemoveRange(at, 2);
        return rounds;
    }

    /// <summary>Runs seeds in a child whose output is this process's.</summary>
    public static int RunInChild(IReadOnlyList<string> seeds, Mutation mutation, bool trace, int rounds)
    {
        using var child = Process.Start(StartInfo(seeds, mutation, trace, rounds))!;
        child.WaitForExit();
        return child.ExitCode;
    }

    /// <summary>How to start such a process.</summary>
    public static ProcessStartInfo StartInfo(IReadOnlyList<string> seeds, Mutation mutation, bool trace, int rounds = 0) =>
        Determinism.StartInfo(Simulated, [Verb, .. Flags(trace), RoundsOption, rounds.ToString(CultureInfo.InvariantCulture), mutation.ToString(), .. seeds]);

    /// <summary>How to start one that tells the engine's story.</summary>
    public static ProcessStartInfo StartInfoOfStory(IReadOnlyList<string> seeds, bool trace) => Determinism.StartInfo(Simulated, [StoryVerb, .. Flags(trace), .. seeds]);

    private static string[] Flags(bool trace) => trace ? [TraceFlag] : [];
}
