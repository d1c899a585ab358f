using System.Text;

namespace Mooring.Storage.Files;

/// <summary>Paths within an area: <c>/</c> is the root, names are separated by single slashes.</summary>
public static class AreaPath
{
    /// <summary>The longest name, in bytes of UTF-8.</summary>
    public const int NameBytesMax = 255;

    /// <summary>The longest path, in bytes of UTF-8.</summary>
    public const int PathBytesMax = 4096;

    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The path in its one form: absolute, no empty names, no slash at its end.</summary>
    /// <param name="path">What a user gave; a leading slash may be missing.</param>
    /// <returns>As in <c>/a/b</c>.</returns>
    /// <exception cref="BlockStoreException"><see cref="Messages.ErrorKind.InvalidArgument"/> for a name that cannot be: empty path, too long, with
    /// NUL, <c>.</c> or <c>..</c>, or not valid Unicode.</exception>
    public static string Normalize(string path) => Join(Split(path));

    /// <summary>The names of a path, none for the root.</summary>
    /// <param name="path">As in <see cref="Normalize"/>.</param>
    /// <returns>The names from the root on.</returns>
    /// <exception cref="BlockStoreException">As in <see cref="Normalize"/>.</exception>
    public static string[] Split(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0)
            throw AreaErrors.Invalid("a path is empty");
        if (path.Length > PathBytesMax || ByteCount(path) > PathBytesMax)
            throw AreaErrors.TooLong($"a path has at most {PathBytesMax} bytes: {AreaErrors.Shown(path)}");
        var names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        foreach (var name in names)
            RequireName(name);
        return names;
    }

    /// <summary>Puts names together to a path.</summary>
    /// <param name="names">The names from the root on.</param>
    /// <returns>The path.</returns>
    public static string Join(IEnumerable<string> names) => "/" + string.Join('/', names);

    /// <summary>The path of something within a directory.</summary>
    /// <param name="directory">The directory's path.</param>
    /// <param name="name">A name.</param>
    /// <returns>The path.</returns>
    public static string Combine(string directory, string name) => directory is "/" ? "/" + name : $"{directory}/{name}";

    /// <summary>Whether a name can stand in a directory.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="BlockStoreException"><see cref="Messages.ErrorKind.InvalidArgument"/> when it cannot.</exception>
    public static void RequireName(string name)
    {
        if (name is "" or "." or "..")
            throw AreaErrors.Invalid($"'{name}' is not a name");
        if (name.AsSpan().ContainsAny('/', '\0'))
            throw AreaErrors.Invalid($"a name has no '/' and no NUL: {AreaErrors.Shown(name)}");
        if (ByteCount(name) > NameBytesMax)
            throw AreaErrors.TooLong($"a name has at most {NameBytesMax} bytes: {AreaErrors.Shown(name)}");
    }

    private static int ByteCount(string text)
    {
        try
        {
            return _strict.GetByteCount(text);
        }
        catch (EncoderFallbackException)
        {
            throw AreaErrors.Invalid($"not valid Unicode: {AreaErrors.Shown(text)}");
        }
    }
}
