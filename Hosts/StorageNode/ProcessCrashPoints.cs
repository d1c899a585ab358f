using System.Diagnostics;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.StorageNode;

/// <summary>
/// Stops this process dead (SIGKILL) at a named crash point, for tests: while the file that <c>MOORING_CRASH_FILE</c> names says <c>point:kind</c>, such as
/// <c>after-intent:volume.copy</c>. The process takes the file away first: of all nodes exactly one dies.
/// </summary>
internal sealed class ProcessCrashPoints(string file) : ICrashPoints
{
    public static ICrashPoints FromEnvironment() =>
        Environment.GetEnvironmentVariable("MOORING_CRASH_FILE") is { } file ? new ProcessCrashPoints(file) : new NoCrashPoints();

    /// <inheritdoc/>
    public void Pass(CrashPoint point, OperationId operation, string kind)
    {
        if (!File.Exists(file))
            return;
        try
        {
            var wanted = File.ReadAllText(file).Replace("-", "", StringComparison.Ordinal);
            if (!wanted.Equals($"{point}:{kind}".Replace("-", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase))
                return;
            // Renaming is atomic: only one process finds the file.
            File.Move(file, $"{file}.{Environment.ProcessId}", overwrite: true);
        }
        catch (IOException)
        {
            return;
        }
        Process.GetCurrentProcess().Kill();
        Thread.Sleep(Timeout.Infinite);
    }
}
