using Mooring.Messages;

namespace Mooring.Storage.Embedded;

/// <summary>
/// Shows that a session lives: a file that its process holds locked. The kernel gives the lock up when the process ends, in whatever
/// way, and not before; unlike a process id it is never used again.
/// </summary>
internal sealed class SessionLock : IDisposable
{
    private readonly string _path;
    private readonly FileStream _file;

    /// <summary>Takes the lock of a new session.</summary>
    public SessionLock(string directory, FenceAddress address)
    {
        _path = PathOf(directory, address.Value);
        _file = new FileStream(_path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
    }

    /// <summary>Whether the session's process may still act. Never says no for one that lives.</summary>
    public static bool IsAlive(string directory, string address)
    {
        try
        {
            // A shared lock for a moment: fails while the session has its own, never disturbs others who ask.
            using var probe = File.OpenHandle(PathOf(directory, address), FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Removes what a dead session has left.</summary>
    public static void Forget(string directory, string address) => File.Delete(PathOf(directory, address));

    public void Dispose()
    {
        File.Delete(_path);
        _file.Dispose();
    }

    // Addresses that were never given out (tests, other stores) map to a file that is not there.
    private static string PathOf(string directory, string address)
    {
        var id = address[(address.LastIndexOf(':') + 1)..];
        return Path.Combine(directory, "sessions", (Guid.TryParseExact(id, "N", out _) ? id : "none") + ".lock");
    }
}
