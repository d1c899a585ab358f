using System.Security.Cryptography;
using System.Text;

namespace Mooring.Harness;

/// <summary>Tells whether the sources of the programs have changed: a hash of their names, lengths and times of change.</summary>
public static class SourcesStamp
{
    private static readonly string[] Folders = ["Actors", "Hosts", "Messages", "Storage"];

    /// <summary>The stamp of the sources as they are now.</summary>
    /// <param name="root">The repository's root.</param>
    /// <returns>A SHA-256 as hexadecimal digits; the same as long as nothing has changed.</returns>
    public static string Of(string root)
    {
        var files = Folders
            .SelectMany(folder => new DirectoryInfo(Path.Combine(root, folder)).EnumerateFiles("*", SearchOption.AllDirectories))
            .Concat(new DirectoryInfo(root).EnumerateFiles())
            .Select(file => (File: file, Name: Path.GetRelativePath(root, file.FullName)))
            .Where(file => !file.Name.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .Select(file => $"{file.Name} {file.File.Length} {file.File.LastWriteTimeUtc.Ticks}\n")
            .Order(StringComparer.Ordinal);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(files))));
    }
}
