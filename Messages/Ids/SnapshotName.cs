namespace Mooring.Messages;

/// <summary>Names of snapshots, as in <c>pool/image@snapshot</c>.</summary>
public static class SnapshotName
{
    /// <summary>The longest name, in characters. RBD itself sets none.</summary>
    public const int LengthMax = 1024;

    /// <summary>Says what is wrong with a name, or <see langword="null"/> when nothing is.</summary>
    /// <param name="name">The name.</param>
    /// <returns>One line, or null.</returns>
    public static string? Validate(string? name) => VolumeId.NameProblem("snapshot", name, LengthMax);
}
