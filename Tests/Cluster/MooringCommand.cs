using System.Diagnostics;
using Mooring.Harness;

namespace Mooring.Tests.Cluster;

/// <summary>The command <c>mooring</c>, as a process.</summary>
internal static class MooringCommand
{
    /// <summary>Runs it to its end.</summary>
    public static Task<(int Exit, string Output, string Errors)> RunAsync(TestCluster cluster, params IEnumerable<string> arguments) =>
        RunAsync(cluster, Programs.Mooring, arguments);

    /// <summary>Runs a line of the shell, in which it is <c>$MOORING</c>.</summary>
    public static Task<(int Exit, string Output, string Errors)> ShellAsync(TestCluster cluster, string line) => RunAsync(cluster, "bash", ["-c", line]);

    private static async Task<(int Exit, string Output, string Errors)> RunAsync(TestCluster cluster, string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        (start.Environment["MOORING_ENDPOINT"], start.Environment["MOORING"]) = (cluster.Nodes.Endpoint, Programs.Mooring);
        using var process = Children.Start(start);
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TestCluster.Limit);
        return (process.ExitCode, await output, await errors);
    }
}
