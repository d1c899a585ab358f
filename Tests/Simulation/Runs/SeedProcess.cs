using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Akka.Simulation;

namespace Mooring.Tests.Simulation.Runs;

/// <summary>A process of the operating system that runs seeds, one after the other.</summary>
public static class SeedProcess
{
    /// <summary>The first argument of such a process.</summary>
    public const string Verb = "run-seeds";

    /// <summary>What the line with a run's result begins with.</summary>
    public const string ResultPrefix = "result ";

    private const string TraceFlag = "--trace";

    /// <summary>What the process does.</summary>
    /// <param name="arguments">The mutation, whether to trace, and the seeds.</param>
    /// <returns>0 when all went well, 1 when a check failed.</returns>
    public static int Run(List<string> arguments)
    {
        if (Determinism.Ensure(typeof(SeedProcess).Assembly, [Verb, .. arguments]) is { } exit)
            return exit;
        var trace = arguments.Remove(TraceFlag);
        var mutation = Enum.Parse<Mutation>(arguments[0]);
        var failed = false;
        foreach (var seed in arguments.Skip(1))
        {
            using var run = new SimulationRun(new SimulationOptions(long.Parse(seed, CultureInfo.InvariantCulture), mutation, trace), Console.Out.WriteLine);
            var result = run.Run();
            Console.Out.WriteLine(ResultPrefix + JsonSerializer.Serialize(result));
            failed |= result.Violations.Count > 0;
        }
        return failed ? 1 : 0;
    }

    /// <summary>Runs seeds in a child whose output is this process's.</summary>
    public static int RunInChild(IReadOnlyList<string> seeds, Mutation mutation, bool trace)
    {
        using var child = Process.Start(StartInfo(seeds, mutation, trace))!;
        child.WaitForExit();
        return child.ExitCode;
    }

    /// <summary>How to start such a process.</summary>
    public static ProcessStartInfo StartInfo(IReadOnlyList<string> seeds, Mutation mutation, bool trace) =>
        Determinism.StartInfo(typeof(SeedProcess).Assembly, [Verb, .. trace ? [TraceFlag] : Array.Empty<string>(), mutation.ToString(), .. seeds]);
}
