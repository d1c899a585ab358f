using System.Text.RegularExpressions;

namespace Akka.Util;

/// <summary>Matching with <c>*</c> and <c>?</c>.</summary>
public static class WildcardMatch
{
    public static bool Like(this string text, string pattern, bool caseSensitive = false)
    {
        var expression = Regex.Escape(pattern).Replace(@"\*", ".*").Replace(@"\?", ".");
        var options = RegexOptions.Singleline | (caseSensitive ? RegexOptions.None : RegexOptions.IgnoreCase);
        return Regex.IsMatch(text, $"^{expression}$", options);
    }
}
