using System.Globalization;

namespace Mooring.StorageNode.Http;

/// <summary>Ranges of bytes in headers (RFC 9110, 14).</summary>
internal static class ByteRanges
{
    /// <summary>The one range that a request asks for; null when it asks for all, or in a way that may be passed over.</summary>
    /// <param name="header">The header <c>Range</c>.</param>
    /// <param name="size">The file's size.</param>
    /// <returns>Offset and length; a length of 0 when the range lies beyond the end.</returns>
    public static (long Offset, long Length)? Parse(string? header, long size)
    {
        if (header is null || !header.StartsWith("bytes=", StringComparison.Ordinal) || header.Contains(','))
            return null;
        var parts = header["bytes=".Length..].Split('-');
        if (parts.Length != 2 || !TryNumber(parts[0], out var first) || !TryNumber(parts[1], out var last) || (first is null && last is null) || last < first)
            return null;
        if (first is null)
            return (Math.Max(0, size - last!.Value), Math.Min(size, last.Value));
        return (first.Value, Math.Max(0, Math.Min(last ?? long.MaxValue - 1, size - 1) - first.Value + 1));
    }

    /// <summary>Reads <c>Content-Range: bytes first-last/size</c>.</summary>
    /// <param name="header">The header.</param>
    /// <param name="offset">Where it begins.</param>
    /// <param name="length">How long it is.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryContentRange(string header, out long offset, out long length)
    {
        (offset, length) = (0, 0);
        if (!header.StartsWith("bytes ", StringComparison.Ordinal) || header["bytes ".Length..].Split('/') is not [var range, var size]
            || range.Split('-') is not [var from, var to] || !TryNumber(from, out var first) || !TryNumber(to, out var last)
            || first is null || last is null || last < first || last == long.MaxValue || (size != "*" && (!TryNumber(size, out var whole) || whole is null || whole <= last)))
        {
            return false;
        }
        (offset, length) = (first.Value, last.Value - first.Value + 1);
        return true;
    }

    private static bool TryNumber(string text, out long? number)
    {
        number = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
        return text.Length == 0 || number is not null;
    }
}
