using System.Diagnostics;
using Mooring.Actors.Operations;
using Mooring.Messages;

namespace Mooring.StorageNode;

/// <summary>
/// Stops this process dead (SIGKILL) at a named crash point, for tests: <c>MOORING_CRASH_AT=point:kind</c>, such as
/// <c>after-intent:volume.copy</c>, and only while the file <c>MOORING_CRASH_ONCE</c> exists, which the process removes first: of all
/// nodes exactly one dies.
/// </summary>
internal sealed class ProcessCrashPoints : ICrashPoints
{
    private readonly CrashPoint _point;
    private readonly string _kind;
    private readonly string _once;

    private ProcessCrashPoints(CrashPoint point, string kind, string once) => (_point, _kind, _once) = (point, kind, once);

    public static ICrashPoints FromEnvironment()
    {
        var (at, once) = (Environment.GetEnvironmentVariable("MOORING_CRASH_AT"), Environment.GetEnvironmentVariable("MOORING_CRASH_ONCE"));
        if (at?.Split(':') is not [var point, var kind] || once is null)
            return new NoCrashPoints();
        return Enum.TryParse<CrashPoint>(point.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var known)
            ? new ProcessCrashPoints(known, kind, once)
            : throw new ArgumentException($"MOORING_CRASH_AT names no crash point: {at}");
    }

    /// <inheritdoc/>
    public void Pass(CrashPoint point, OperationId operation, string kind)
    {
        if (point != _point || kind != _kind || !File.Exists(_once))
            return;
        try
        {
            // Renaming is atomic: only one process finds the file.
            File.Move(_once, $"{_once}.{Environment.ProcessId}");
        }
        catch (IOException)
        {
            return;
        }
        Process.GetCurrentProcess().Kill();
        Thread.Sleep(Timeout.Infinite);
    }
}
