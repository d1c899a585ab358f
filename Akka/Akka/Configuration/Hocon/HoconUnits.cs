using System.Globalization;

namespace Akka.Configuration.Hocon;

/// <summary>Durations and sizes with units.</summary>
internal static class HoconUnits
{
    public static TimeSpan ParseTimeSpan(string? text, bool allowInfinite)
    {
        if (text is null) throw new FormatException("A duration is expected.");
        if (allowInfinite && text.Trim().Equals("infinite", StringComparison.OrdinalIgnoreCase)) return Timeout.InfiniteTimeSpan;

        var (number, unit) = Split(text);
        var ticksPerUnit = unit switch
        {
            "" or "ms" or "milli" or "millis" or "millisecond" or "milliseconds" => (double)TimeSpan.TicksPerMillisecond,
            "ns" or "nano" or "nanos" or "nanosecond" or "nanoseconds" => TimeSpan.TicksPerMicrosecond / 1000.0,
            "us" or "micro" or "micros" or "microsecond" or "microseconds" => TimeSpan.TicksPerMicrosecond,
            "s" or "second" or "seconds" => TimeSpan.TicksPerSecond,
            "m" or "minute" or "minutes" => TimeSpan.TicksPerMinute,
            "h" or "hour" or "hours" => TimeSpan.TicksPerHour,
            "d" or "day" or "days" => TimeSpan.TicksPerDay,
            _ => throw new FormatException($"'{unit}' is not a unit of time (ns, us, ms, s, m, h, d)."),
        };
        if (number < 0) throw new FormatException($"Expected a positive value instead of {text}.");
        return TimeSpan.FromTicks((long)Math.Round(number * ticksPerUnit));
    }

    public static long? ParseByteSize(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        var (number, unit) = Split(text);
        var factor = unit switch
        {
            "" or "b" or "B" or "byte" or "bytes" => 1m,
            "kB" or "kilobyte" or "kilobytes" => 1000m,
            "K" or "k" or "Ki" or "KiB" or "kibibyte" or "kibibytes" => 1024m,
            "MB" or "megabyte" or "megabytes" => 1000m * 1000,
            "M" or "m" or "Mi" or "MiB" or "mebibyte" or "mebibytes" => 1024m * 1024,
            "GB" or "gigabyte" or "gigabytes" => 1000m * 1000 * 1000,
            "G" or "g" or "Gi" or "GiB" or "gibibyte" or "gibibytes" => 1024m * 1024 * 1024,
            "TB" or "terabyte" or "terabytes" => 1000m * 1000 * 1000 * 1000,
            "T" or "t" or "Ti" or "TiB" or "tebibyte" or "tebibytes" => 1024m * 1024 * 1024 * 1024,
            "PB" or "petabyte" or "petabytes" => 1000m * 1000 * 1000 * 1000 * 1000,
            "P" or "p" or "Pi" or "PiB" or "pebibyte" or "pebibytes" => 1024m * 1024 * 1024 * 1024 * 1024,
            _ => throw new FormatException($"'{unit}' is not a unit of size (b, kB, K, KiB, MB, M, MiB, GB ...)."),
        };
        if (number < 0) throw new FormatException($"Expected a positive value instead of {text}.");
        return (long)((decimal)number * factor);
    }

    private static (double Number, string Unit) Split(string text)
    {
        var trimmed = text.AsSpan().Trim();
        var length = 0;
        while (length < trimmed.Length && (char.IsAsciiDigit(trimmed[length]) || trimmed[length] is '.' or '-' or '+')) length++;
        if (!double.TryParse(trimmed[..length], NumberStyles.Float, NumberFormatInfo.InvariantInfo, out var number))
            throw new FormatException($"'{text}' does not begin with a number.");
        return (number, trimmed[length..].Trim().ToString());
    }
}
