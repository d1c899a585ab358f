using System.Globalization;

namespace Mooring.Operations;

/// <summary>Times as people type them: <c>7d</c>, <c>12h</c>, <c>90s</c>.</summary>
public static class TimeText
{
    /// <summary>The longest, in seconds: ten years.</summary>
    public const long SecondsMax = 10 * 366L * 24 * 3600;

    private static readonly Dictionary<char, long> Units = new() { ['s'] = 1, ['m'] = 60, ['h'] = 3600, ['d'] = 24 * 3600, ['w'] = 7 * 24 * 3600 };

    /// <summary>Reads one.</summary>
    /// <param name="text">The text.</param>
    /// <param name="seconds">The time in seconds.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse(string text, out long seconds)
    {
        var unit = text.Length > 0 && Units.TryGetValue(text[^1], out var known) ? known : 0;
        var isNumber = long.TryParse(unit > 0 ? text[..^1] : text, NumberStyles.None, CultureInfo.InvariantCulture, out seconds);
        isNumber &= seconds <= SecondsMax;
        seconds *= Math.Max(unit, 1);
        return isNumber;
    }
}
