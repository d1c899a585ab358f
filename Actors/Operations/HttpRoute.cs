using System.Text.RegularExpressions;

namespace Mooring.Operations;

/// <summary>
/// An operation's HTTP method and path, with parameters in braces. The first of them is the volume that it is about, as
/// <c>{pool}/{image}</c> with its namespace in the query; others are text.
/// </summary>
/// <param name="Method">The method.</param>
/// <param name="Path">The path.</param>
/// <param name="Names">The names of the parameters in the path, the volume first.</param>
public sealed partial record HttpRoute(string Method, string Path, IReadOnlyList<string> Names)
{
    /// <summary>The name of the volume in the path; null when none is there.</summary>
    public string? VolumeName => Names.Count > 0 ? Names[0] : null;

    /// <summary>Whether what does not stand in the path stands in the query instead of a body.</summary>
    public bool HasNoBody => Method == "DELETE";

    /// <summary>The path as ASP.NET's routing reads it.</summary>
    public string Pattern => VolumeName is null ? Path : Path.Replace($"{{{VolumeName}}}", "{pool}/{image}", StringComparison.Ordinal);

    internal static HttpRoute Parse(string text)
    {
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        return new HttpRoute(text[..space], text[(space + 1)..], [.. Placeholder().Matches(text).Select(match => match.Groups[1].Value)]);
    }

    [GeneratedRegex(@"\{([^}]+)\}")]
    private static partial Regex Placeholder();
}
