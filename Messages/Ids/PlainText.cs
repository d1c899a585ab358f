using System.Globalization;
using System.Text;

namespace Mooring.Messages;

/// <summary>Text of others, such as the names of images, for people to read.</summary>
public static class PlainText
{
    /// <summary>Shows control characters as <c>\u000a</c>, so that the text stays one line and does nothing to a terminal.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The text itself when it has none.</returns>
    public static string Line(string text)
    {
        if (!text.Any(IsControl))
            return text;
        var line = new StringBuilder(text.Length + 16);
        foreach (var c in text)
            _ = IsControl(c) ? line.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") : line.Append(c);
        return line.ToString();
    }

    private static bool IsControl(char c) => char.IsControl(c) || c is '\u2028' or '\u2029';
}
