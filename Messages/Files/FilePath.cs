using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Mooring.Messages;

/// <summary>The rules of paths in a file system: absolute, parts between single slashes, no <c>.</c> and <c>..</c>.</summary>
public static class FilePath
{
    /// <summary>The longest name of a file or directory, in bytes of UTF-8, as on Linux.</summary>
    public const int NameBytesMax = 255;

    /// <summary>The longest path, in bytes of UTF-8, as on Linux.</summary>
    public const int PathBytesMax = 4096;

    /// <summary>The root of every file system.</summary>
    public const string Root = "/";

    /// <summary>Brings a path into its one form: one slash in front, none at the end, none doubled.</summary>
    /// <param name="text">What somebody typed.</param>
    /// <param name="path">The path, when it is well formed.</param>
    /// <param name="problem">What is wrong, in one line, otherwise.</param>
    /// <returns>Whether it is well formed.</returns>
    public static bool TryNormalize(string? text, out string path, [NotNullWhen(false)] out string? problem)
    {
        path = Root;
        var parts = (text ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        foreach (var part in parts)
        {
            if (NameProblem(part) is { } wrong)
            {
                problem = wrong;
                return false;
            }
        }
        path = Root + string.Join('/', parts);
        problem = Encoding.UTF8.GetByteCount(path) > PathBytesMax ? $"the path is longer than {PathBytesMax} bytes" : null;
        return problem is null;
    }

    /// <summary>What is wrong with the name of one file or directory, or null.</summary>
    /// <param name="name">The name.</param>
    /// <returns>One line, or null.</returns>
    public static string? NameProblem(string name)
    {
        if (name.Length == 0)
            return "a name is empty";
        if (name is "." or "..")
            return $"'{name}' is not a name";
        if (Encoding.UTF8.GetByteCount(name) > NameBytesMax)
            return $"a name is {Encoding.UTF8.GetByteCount(name)} bytes long; at most {NameBytesMax} are allowed";
        foreach (var c in name)
        {
            if (c is '/' or '\0')
                return $"a name contains {(c == '/' ? "'/'" : "a NUL character")}, which is not allowed";
            if (char.IsSurrogate(c) && !IsWellFormed(name))
                return "a name is not valid Unicode";
        }
        return null;
    }

    /// <summary>Whether a path is a directory's own path or lies below it.</summary>
    /// <param name="path">The path, normalized.</param>
    /// <param name="directory">The directory, normalized.</param>
    /// <returns>Whether it is.</returns>
    public static bool IsWithin(string path, string directory) => directory == Root
        || (path.StartsWith(directory, StringComparison.Ordinal) && (path.Length == directory.Length || path[directory.Length] == '/'));

    private static bool IsWellFormed(string name)
    {
        for (var rest = name.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var used) != System.Buffers.OperationStatus.Done)
                return false;
            rest = rest[used..];
        }
        return true;
    }
}
