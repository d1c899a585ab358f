namespace Mooring.Messages;

/// <summary>The bounds of a file system.</summary>
public static class FileSystemLimits
{
    /// <summary>The smallest area: superblock, two checkpoints, a log and some data.</summary>
    public const long SizeBytesMin = 64L << 20;

    /// <summary>The largest area, in bytes.</summary>
    public const long SizeBytesMax = 1L << 50;

    /// <summary>The most areas of a file system.</summary>
    public const int AreasMax = 64;
}
