using System.Diagnostics;

namespace Mooring.Tests.Common;

/// <summary>A directory for one test. What a stopped actor system had under way may still write to it: it goes when that has ended.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _directory;

    /// <summary>Makes the directory.</summary>
    /// <param name="purpose">What its name begins with, after the product's.</param>
    public TemporaryDirectory(string purpose) => _directory = Directory.CreateTempSubdirectory($"mooring-{purpose}-");

    /// <summary>The absolute path.</summary>
    public string Path => _directory.FullName;

    /// <summary>The path of a file in it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <exception cref="IOException">Something was still written after half a minute.</exception>
    public void Dispose()
    {
        var begin = Stopwatch.GetTimestamp();
        while (Directory.Exists(Path))
        {
            try
            {
                _directory.Delete(recursive: true);
            }
            catch (IOException) when (Stopwatch.GetElapsedTime(begin) < Limit)
            {
                Thread.Yield();
            }
        }
    }
}
