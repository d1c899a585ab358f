using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Mooring.Harness;

/// <summary>
/// When this program is interrupted (Ctrl-C, SIGTERM) in the middle of its work, or <c>dotnet</c>, which it was started by, is gone, this ends
/// what it has started. What is killed with -9 leaves that to the kernel (<see cref="Children"/>) and its directories to the next start
/// (<see cref="WorkDirectory"/>).
/// </summary>
public static partial class Interruption
{
    private const int Interrupted = 130;

    private static readonly TimeSpan _parentInterval = TimeSpan.FromMilliseconds(200);
    private static readonly ConcurrentDictionary<ProcessIdentity, bool> _processes = new();
    private static readonly ConcurrentDictionary<string, bool> _directories = new();

    /// <summary>Ends everything that was named, and this program, when it is interrupted.</summary>
    /// <returns>Interruptions are handled until it is disposed.</returns>
    public static IDisposable Handle()
    {
        var parent = ParentId();
        var ended = 0;
        void End()
        {
            if (Interlocked.Exchange(ref ended, 1) == 0)
                EndAll();
        }
        void OnSignal(PosixSignalContext signal)
        {
            signal.Cancel = true;
            End();
        }
        void OnInterval(object? _)
        {
            if (ParentId() != parent)
                End();
        }
        // Other parents, such as a shell, may end before it.
        var interval = ProcessIdentity.NameOf(parent) == "dotnet" ? _parentInterval : Timeout.InfiniteTimeSpan;
        return new Handlers(
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
            new Timer(OnInterval, null, interval, interval));
    }

    /// <summary>Names a process.</summary>
    /// <param name="process">The process.</param>
    public static void Ends(ProcessIdentity process) => _processes.TryAdd(process, true);

    /// <summary>Names a directory, which is removed.</summary>
    /// <param name="path">The directory.</param>
    public static void Removes(string path) => _directories.TryAdd(path, true);

    private static void EndAll()
    {
        Task.WhenAll(_processes.Keys.Select(p => p.KillAsync())).GetAwaiter().GetResult();
        foreach (var directory in _directories.Keys.Where(Directory.Exists))
            Directory.Delete(directory, recursive: true);
        Environment.Exit(Interrupted);
    }

    [LibraryImport("libc", EntryPoint = "getppid")]
    private static partial int ParentId();

    private sealed record Handlers(params IDisposable[] All) : IDisposable
    {
        public void Dispose()
        {
            foreach (var handler in All)
                handler.Dispose();
        }
    }
}
