namespace Mooring.Harness;

/// <summary>
/// Directories of programs that run something: each names the process that it belongs to, so that the next start removes what a killed one has left.
/// </summary>
public static class WorkDirectory
{
    private const string OwnerFile = ".owner";

    /// <summary>Makes one below the system's folder for temporary files.</summary>
    /// <param name="prefix">What its name begins with.</param>
    /// <returns>Its path.</returns>
    public static string Create(string prefix) => Create(Path.GetTempPath(), prefix);

    /// <summary>Makes one, and removes those beside it whose process is gone.</summary>
    /// <param name="parent">The folder for it.</param>
    /// <param name="prefix">What its name begins with.</param>
    /// <returns>Its full path.</returns>
    public static string Create(string parent, string prefix)
    {
        Directory.CreateDirectory(parent);
        foreach (var left in Directory.EnumerateDirectories(parent, $"{prefix}*").Where(IsLeft))
            Remove(left);
        var directory = Path.GetFullPath(Path.Combine(parent, $"{prefix}{Guid.NewGuid():N}"[..(prefix.Length + 8)]));
        Directory.CreateDirectory(directory);
        var owner = ProcessIdentity.Own();
        File.WriteAllText(Path.Combine(directory, OwnerFile), $"{owner.Pid} {owner.StartTicks}");
        Interruption.Removes(directory);
        return directory;
    }

    private static bool IsLeft(string directory)
    {
        try
        {
            return File.ReadAllText(Path.Combine(directory, OwnerFile)).Split(' ') is [var pid, var ticks]
                && !new ProcessIdentity(int.Parse(pid, null), long.Parse(ticks, null)).IsAlive;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            // Nobody's, somebody else's, or just being made.
            return false;
        }
    }

    private static void Remove(string directory)
    {
        try
        {
            Directory.Delete(directory, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody else removes it at the same time.
        }
    }
}
