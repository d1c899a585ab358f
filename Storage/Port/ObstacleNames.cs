namespace Mooring.Storage;

/// <summary>What stands in the way of something, for one line of an error.</summary>
public static class ObstacleNames
{
    private const int CountMax = 8;

    /// <summary>The first of them, and how many more there are.</summary>
    /// <param name="names">All of them.</param>
    /// <returns>Such as <c>a, b and 7 more</c>.</returns>
    public static string Of<T>(IReadOnlyList<T> names) => names.Count <= CountMax
        ? string.Join(", ", names)
        : $"{string.Join(", ", names.Take(CountMax))} and {names.Count - CountMax} more";
}
