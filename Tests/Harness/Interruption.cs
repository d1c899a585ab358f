using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Mooring.Harness;

/// <summary>
/// What this program has started runs in sessions of its own, because it may outlive the program. When the program is interrupted (Ctrl-C, SIGTERM)
/// in the middle of its work, this ends it.
/// </summary>
public static class Interruption
{
    private const int Interrupted = 130;

    private static readonly ConcurrentBag<ProcessIdentity> _processes = [];
    private static readonly ConcurrentBag<string> _directories = [];

    /// <summary>Ends everything that was named, and this program, when it is interrupted.</summary>
    /// <returns>Interruptions are handled until it is disposed.</returns>
    public static IDisposable Handle() => new Handlers(PosixSignalRegistration.Create(PosixSignal.SIGINT, End), PosixSignalRegistration.Create(PosixSignal.SIGTERM, End));

    /// <summary>Names a process.</summary>
    /// <param name="process">The process.</param>
    public static void Ends(ProcessIdentity process) => _processes.Add(process);

    /// <summary>Names a directory, which is removed.</summary>
    /// <param name="path">The directory.</param>
    public static void Removes(string path) => _directories.Add(path);

    private static void End(PosixSignalContext signal)
    {
        signal.Cancel = true;
        Task.WhenAll(_processes.Select(p => p.KillAsync())).GetAwaiter().GetResult();
        foreach (var directory in _directories.Where(Directory.Exists))
            Directory.Delete(directory, recursive: true);
        Environment.Exit(Interrupted);
    }

    private sealed record Handlers(IDisposable First, IDisposable Second) : IDisposable
    {
        public void Dispose()
        {
            First.Dispose();
            Second.Dispose();
        }
    }
}
