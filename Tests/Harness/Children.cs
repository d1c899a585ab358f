using System.Collections.Concurrent;
using System.Diagnostics;

namespace Mooring.Harness;

/// <summary>
/// Starts programs that end with this one, however it ends: the kernel kills them when it is gone (PR_SET_PDEATHSIG). They run in sessions of
/// their own, so that Ctrl-C at a terminal reaches this program alone, which ends them in order.
/// </summary>
public static class Children
{
    // The shell replaces itself, so the process that is started is the program. Its parent may have died before the kernel was told.
    private const string Script = "[ \"$PPID\" = \"$0\" ] || exit 1; if [ -n \"$MOORING_OUTPUT\" ]; then exec \"$@\" >> \"$MOORING_OUTPUT\" 2>&1; else exec \"$@\"; fi";

    private static readonly BlockingCollection<Action> _starts = [];

    // The kernel looks at the thread that forked, not at the process: this one lives as long as the process.
    static Children() => new Thread(() =>
    {
        foreach (var start in _starts.GetConsumingEnumerable())
            start();
    })
    {
        IsBackground = true, Name = "children",
    }.Start();

    /// <summary>Starts a program.</summary>
    /// <param name="start">The program, its arguments, environment and streams. Standard input is closed.</param>
    /// <param name="output">The file that all its output is appended to; null when the streams are redirected or this program's own.</param>
    /// <returns>The process.</returns>
    /// <exception cref="HarnessException">It does not start.</exception>
    public static Process Start(ProcessStartInfo start, string? output = null)
    {
        ArgumentNullException.ThrowIfNull(start);
        string[] guard = ["--pdeathsig", "KILL", "setsid", "sh", "-c", Script, $"{Environment.ProcessId}"];
        var guarded = new ProcessStartInfo("setpriv", [.. guard, start.FileName, .. start.ArgumentList])
        {
            RedirectStandardInput = true, RedirectStandardOutput = start.RedirectStandardOutput, RedirectStandardError = start.RedirectStandardError,
        };
        foreach (var (key, value) in start.Environment)
            guarded.Environment[key] = value;
        guarded.Environment["MOORING_OUTPUT"] = output ?? "";
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        _starts.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(guarded)!);
            }
            catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
            {
                started.SetException(new HarnessException($"{start.FileName} does not start: {e.Message}", e));
            }
        });
        var process = started.Task.GetAwaiter().GetResult();
        process.StandardInput.Close();
        return process;
    }
}
