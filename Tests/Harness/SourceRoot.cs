using System.Runtime.CompilerServices;

namespace Mooring.Harness;

/// <summary>Where the repository lies.</summary>
public static class SourceRoot
{
    /// <summary>The root folder.</summary>
    public static string Path { get; } = Find();

    private static string Find([CallerFilePath] string file = "") => System.IO.Path.GetFullPath("../..", System.IO.Path.GetDirectoryName(file)!);
}
