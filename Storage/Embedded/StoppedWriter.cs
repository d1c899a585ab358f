using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Mooring.Storage.Embedded;

/// <summary>
/// A process that is stopped (SIGSTOP) in the middle of a transaction holds SQLite's write lock until it goes on, and nobody could even fence it.
/// So whoever waits for it ends it: the kernel takes its locks back, and what it had not committed has never been. Linux alone shows who holds what.
/// </summary>
internal static class StoppedWriter
{
    // SQLite's write lock of a write-ahead log is this byte of the -shm file (os_unix.c: UNIX_SHM_BASE, wal.c: WAL_WRITE_LOCK).
    private const string WriteLockByte = "120";

    /// <summary>Ends the process that holds a database's write lock if it is stopped.</summary>
    /// <param name="sharedMemory">The -shm file, without symbolic links on the way to it.</param>
    /// <returns>Its process id, or null when there is none.</returns>
    public static int? End(string sharedMemory)
    {
        try
        {
            foreach (var line in File.ReadLines("/proc/locks"))
            {
                // "5: POSIX  ADVISORY  WRITE 4242 fe:00:131090 120 120"
                if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [_, "POSIX", _, "WRITE", var holder, _, WriteLockByte, ..]
                    || !int.TryParse(holder, CultureInfo.InvariantCulture, out var pid) || !IsStopped(pid) || !HasOpen(pid, sharedMemory))
                {
                    continue;
                }
                using var process = Process.GetProcessById(pid);
                process.Kill();
                return pid;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or Win32Exception or InvalidOperationException)
        {
            // It has ended meanwhile, or is not ours to end: then the wait goes on.
        }
        return null;
    }

    private static bool IsStopped(int pid)
    {
        // "4242 (name) T …"; a name may hold anything.
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].StartsWith('T');
    }

    private static bool HasOpen(int pid, string file) =>
        Directory.EnumerateFiles($"/proc/{pid}/fd").Any(descriptor => new FileInfo(descriptor).LinkTarget == file);
}
