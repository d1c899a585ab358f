using System.Globalization;

namespace Akka.Util;

/// <summary>
/// The version of an application as members of a cluster announce it: <c>1.2.3</c>, <c>1.2-RC1</c>, <c>1.2.3-10-abcdef</c> or any text.
/// Dotted numbers are ordered as numbers, a version with a suffix after a dash stands before the one without.
/// </summary>
public class AppVersion : IComparable<AppVersion>, IEquatable<AppVersion>
{
    public static readonly AppVersion Zero = new("0.0.0");

    private readonly int[]? _numbers;
    private readonly string _rest;

    private AppVersion(string version)
    {
        Version = version;
        (_numbers, _rest) = Split(version);
    }

    public string Version { get; }

    public static AppVersion Create(string version)
    {
        ArgumentNullException.ThrowIfNull(version);
        return new AppVersion(version.Trim());
    }

    public int CompareTo(AppVersion? other)
    {
        if (other is null) return 1;
        if (Version == other.Version) return 0;
        if (_numbers is null && other._numbers is null) return string.CompareOrdinal(Version, other.Version);
        if (_numbers is null) return 1;
        if (other._numbers is null) return -1;

        for (var i = 0; i < Math.Max(_numbers.Length, other._numbers.Length); i++)
        {
            var difference = Part(_numbers, i).CompareTo(Part(other._numbers, i));
            if (difference != 0) return difference;
        }

        if (_rest.Length == 0 && other._rest.Length > 0) return 1;
        if (_rest.Length > 0 && other._rest.Length == 0) return -1;
        return string.CompareOrdinal(_rest, other._rest);
    }

    public bool Equals(AppVersion? other) => other is not null && CompareTo(other) == 0;

    public override bool Equals(object? obj) => Equals(obj as AppVersion);

    public override int GetHashCode()
    {
        if (_numbers is null) return Version.GetHashCode(StringComparison.Ordinal);
        var hash = new HashCode();
        var used = _numbers.Length;
        while (used > 0 && _numbers[used - 1] == 0) used--;
        for (var i = 0; i < used; i++) hash.Add(_numbers[i]);
        hash.Add(_rest);
        return hash.ToHashCode();
    }

    public override string ToString() => Version;

    public static bool operator ==(AppVersion? first, AppVersion? second) => Equals(first, second);

    public static bool operator !=(AppVersion? first, AppVersion? second) => !Equals(first, second);

    private static int Part(int[] numbers, int index) => index < numbers.Length ? numbers[index] : 0;

    private static (int[]? Numbers, string Suffix) Split(string version)
    {
        var cut = version.AsSpan().IndexOfAny('-', '+');
        var head = cut < 0 ? version : version[..cut];
        var rest = cut < 0 ? "" : version[(cut + 1)..];
        var parts = head.Split('.');
        var numbers = new List<int>(parts.Length);
        for (var i = 0; i < parts.Length; i++)
        {
            if (int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                numbers.Add(number);
                continue;
            }

            // "1.2.RC1": a trailing word counts like a suffix; a word in front makes the whole thing a plain text
            if (i == 0 || i < parts.Length - 1) return (null, version);
            rest = rest.Length == 0 ? parts[i] : parts[i] + "-" + rest;
        }

        return (numbers.ToArray(), rest);
    }
}
