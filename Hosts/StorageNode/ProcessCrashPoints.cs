using System.Diagnostics;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.StorageNode;

/// <summary>
/// Stops this process dead (SIGKILL) at named crash points, for tests: <c>MOORING_CRASH_POINTS</c> names a directory, and each file in it a point and a kind,
/// such as <c>after-intent:volume.copy</c>. Whoever passes takes the file away: of all nodes exactly one. It goes no further, and its process dies when
/// no point is left, so that several operations can be stopped in one node, each at a point of its own.
/// </summary>
internal sealed class ProcessCrashPoints(string directory) : ICrashPoints
{
    // The points that are left are passed by other nodes, then.
    private static readonly TimeSpan OthersMax = TimeSpan.FromSeconds(30);

    public static ICrashPoints FromEnvironment() =>
        Environment.GetEnvironmentVariable("MOORING_CRASH_POINTS") is { } directory ? new ProcessCrashPoints(directory) : new NoCrashPoints();

    /// <inheritdoc/>
    public void Pass(CrashPoint point, OperationId operation, string kind)
    {
        var passed = $"{point}:{kind}".Replace("-", "", StringComparison.Ordinal);
        var file = Wanted().FirstOrDefault(wanted => Path.GetFileName(wanted).Replace("-", "", StringComparison.Ordinal).Equals(passed, StringComparison.OrdinalIgnoreCase));
        if (file is null)
            return;
        try
        {
            // Renaming is atomic: only one process finds the file.
            File.Move(file, $"{directory}.{Environment.ProcessId}", overwrite: true);
        }
        catch (IOException)
        {
            return;
        }
        // Waits as a task, for which the runtime makes another thread.
        Task.Run(DieAsync).Wait();
    }

    private IEnumerable<string> Wanted() => Directory.EnumerateFiles(directory);

    private async Task DieAsync()
    {
        for (var clock = Stopwatch.StartNew(); Wanted().Any() && clock.Elapsed < OthersMax;)
            await Task.Delay(10);
        Process.GetCurrentProcess().Kill();
    }
}
