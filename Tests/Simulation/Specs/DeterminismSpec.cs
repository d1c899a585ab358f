using System.Diagnostics;
using Mooring.Tests.Simulation.Runs;

namespace Mooring.Tests.Simulation.Specs;

/// <summary>One seed, one trace.</summary>
public sealed class DeterminismSpec
{
    private const string Seed = "7";

    [Fact]
    public async Task The_same_seed_gives_the_same_trace_byte_for_byte()
    {
        var traces = await Task.WhenAll(OutputAsync([Seed], trace: true), OutputAsync([Seed], trace: true));

        Assert.True(traces[0].Count(c => c == '\n') > 10_000, "there is hardly any trace");
        Assert.Equal(traces[0], traces[1]);
    }

    [Fact]
    public async Task What_was_run_before_in_the_process_and_whether_it_is_traced_change_nothing()
    {
        var outputs = await Task.WhenAll(OutputAsync([Seed], trace: true), OutputAsync(["1", Seed], trace: false));

        Assert.Equal(LastLine(outputs[0]), LastLine(outputs[1]));
    }

    private static string LastLine(string text) => text.TrimEnd().Split('\n')[^1];

    private static async Task<string> OutputAsync(string[] seeds, bool trace)
    {
        var start = SeedProcess.StartInfo(seeds, Mutation.None, trace);
        start.RedirectStandardOutput = true;
        using var child = Process.Start(start)!;
        var output = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        Assert.Equal(0, child.ExitCode);
        return output;
    }
}
