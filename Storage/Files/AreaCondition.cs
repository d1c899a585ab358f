namespace Mooring.Storage.Files;

/// <summary>What must stand under a path for an operation to be done.</summary>
/// <param name="Known">A file like one of these, whatever its path and id; when there are none, something.</param>
public sealed record AreaCondition(IReadOnlyList<AreaEntry> Known)
{
    /// <summary>Whether it holds.</summary>
    /// <param name="there">What stands there; null when nothing does.</param>
    /// <returns>Whether it does.</returns>
    public bool Holds(AreaEntry? there) => there is not null && (Known.Count == 0 || (!there.IsDirectory && Known.Any(known => IsLike(known, there))));

    // Times travel in milliseconds.
    private static bool IsLike(AreaEntry known, AreaEntry there) => known.SizeBytes == there.SizeBytes && known.Crc32c == there.Crc32c
        && known.ModifiedAt.ToUnixTimeMilliseconds() == there.ModifiedAt.ToUnixTimeMilliseconds();
}
