using System.Text;

namespace Akka.Configuration.Hocon;

/// <summary>Dotted paths whose elements may be quoted: <c>a."b.c".d</c>.</summary>
internal static class HoconPath
{
    /// <summary>Cuts the first element off a path. A quoted element comes back without its quotes.</summary>
    public static ReadOnlySpan<char> Next(ref ReadOnlySpan<char> path)
    {
        if (path.Length > 0 && path[0] == '"')
        {
            var end = path[1..].IndexOf('"');
            if (end >= 0 && (end + 2 == path.Length || path[end + 2] == '.'))
            {
                var quoted = path.Slice(1, end);
                path = end + 2 == path.Length ? default : path[(end + 3)..];
                return quoted;
            }
        }

        var dot = path.IndexOf('.');
        var key = dot < 0 ? path : path[..dot];
        path = dot < 0 ? default : path[(dot + 1)..];
        return key;
    }

    public static string Join(IEnumerable<string> keys) => string.Join('.', keys.Select(Quote));

    public static string Quote(string key)
    {
        foreach (var c in key)
        {
            if (!char.IsLetterOrDigit(c) && c is not ('-' or '_' or '/')) return $"\"{key}\"";
        }

        return key.Length == 0 ? "\"\"" : key;
    }

    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => escaped.Append("\\\""),
                '\\' => escaped.Append("\\\\"),
                '\n' => escaped.Append("\\n"),
                '\r' => escaped.Append("\\r"),
                '\t' => escaped.Append("\\t"),
                _ => escaped.Append(c),
            };
        }

        return escaped.Append('"').ToString();
    }
}
