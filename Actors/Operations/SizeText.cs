using System.Globalization;

namespace Mooring.Operations;

/// <summary>Sizes as people write them: <c>10G</c>, <c>512M</c>, <c>1.5T</c>, <c>4096</c> (bytes). Units are binary, as <c>rbd</c> has them.</summary>
public static class SizeText
{
    private const string Units = "BKMGTPE";

    /// <summary>Reads a size.</summary>
    /// <param name="text">What was typed.</param>
    /// <param name="bytes">The size in bytes; may be 0 or negative.</param>
    /// <returns>Whether it is a whole number of bytes.</returns>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var number = text.Trim();
        if (number.EndsWith("iB", StringComparison.OrdinalIgnoreCase))
            number = number[..^2];
        else if (number.Length > 1 && number.EndsWith('B') && !char.IsAsciiDigit(number[^2]))
            number = number[..^1];
        var shift = 0;
        if (number.Length > 0 && Units.IndexOf(char.ToUpperInvariant(number[^1]), StringComparison.Ordinal) is >= 0 and var unit)
        {
            shift = unit * 10;
            number = number[..^1];
        }
        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
            return false;
        value *= 1L << shift;
        if (value != decimal.Truncate(value) || value is < long.MinValue or > long.MaxValue)
            return false;
        bytes = (long)value;
        return true;
    }

    /// <summary>Writes a size with the largest unit that fits.</summary>
    /// <param name="bytes">The size in bytes.</param>
    /// <returns>Such as <c>1.5 GiB</c>.</returns>
    public static string Format(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        while (value >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }
        return unit == 0 ? $"{bytes} B" : string.Create(CultureInfo.InvariantCulture, $"{value:0.##} {Units[unit]}iB");
    }
}
