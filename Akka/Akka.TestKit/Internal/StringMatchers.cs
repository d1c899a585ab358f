using System.Text.RegularExpressions;

namespace Akka.TestKit.Internal.StringMatcher;

/// <summary>Decides whether a text is meant.</summary>
public interface IStringMatcher
{
    bool IsMatch(string s);
}

/// <summary>Any text.</summary>
internal sealed class MatchesAll : IStringMatcher
{
    public static readonly IStringMatcher Instance = new MatchesAll();

    public bool IsMatch(string s) => true;

    public override string ToString() => "";
}

/// <summary>One text.</summary>
internal sealed class EqualsString(string text) : IStringMatcher
{
    public bool IsMatch(string s) => string.Equals(text, s, StringComparison.OrdinalIgnoreCase);

    public override string ToString() => "== \"" + text + "\"";
}

/// <summary>A text that begins so.</summary>
internal sealed class StartsWithString(string start) : IStringMatcher
{
    public bool IsMatch(string s) => s is not null && s.StartsWith(start, StringComparison.Ordinal);

    public override string ToString() => "starts with \"" + start + "\"";
}

/// <summary>A text that contains it.</summary>
internal sealed class ContainsString(string part) : IStringMatcher
{
    public bool IsMatch(string s) => s is not null && s.Contains(part, StringComparison.Ordinal);

    public override string ToString() => "contains \"" + part + "\"";
}

/// <summary>The path of an actor, with or without its address, or the text of a log source.</summary>
internal sealed class EqualsSource(string source) : IStringMatcher
{
    public bool IsMatch(string s) =>
        s is not null && (string.Equals(source, s, StringComparison.OrdinalIgnoreCase)
            || s.EndsWith(source, StringComparison.OrdinalIgnoreCase) && source.StartsWith('/')
            || s.StartsWith(source + " (", StringComparison.OrdinalIgnoreCase));

    public override string ToString() => "== \"" + source + "\"";
}

/// <summary>A text that the expression matches.</summary>
internal sealed class RegexMatcher(Regex regex) : IStringMatcher
{
    public bool IsMatch(string s) => s is not null && regex.IsMatch(s);

    public override string ToString() => "matches regex \"" + regex + "\"";
}
