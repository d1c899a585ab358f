namespace Mooring.Storage.Files;

/// <summary>How the image is divided when an area is made. What is not set follows from the image's size.</summary>
public sealed record AreaFormatOptions
{
    /// <summary>The area's id; a new one when not set.</summary>
    public Guid? AreaId { get; init; }

    /// <summary>The size of the metadata log in bytes, a multiple of 4 KiB, at least 32 of the largest batches. Default: 1/128 of
    /// the image, 4 to 64 MiB.</summary>
    public long? LogBytes { get; init; }

    /// <summary>
    /// The size of each of the two checkpoint regions in bytes, a multiple of 4 KiB: bounds how much metadata the area can have (about 100 bytes a file).
    /// Default: 1/64 of the image, at least 1 MiB.
    /// </summary>
    public long? CheckpointBytes { get; init; }

    /// <summary>The largest batch of the log in bytes, a multiple of 4 KiB, at least 16 KiB. Default: 1/64 of the log, 128 KiB to 1 MiB.</summary>
    public int? BatchBytesMax { get; init; }
}

/// <summary>The bounds of a writer.</summary>
public sealed record AreaWriterOptions
{
    /// <summary>Content of at most so many bytes travels in the log's batch. At most 64 KiB, and half of the largest batch.</summary>
    public int InlineBytesMax { get; init; } = 64 << 10;

    /// <summary>How many operations may wait for a commit; further ones get <see cref="Messages.ErrorKind.Overloaded"/>.</summary>
    public int OperationsWaitingMax { get; init; } = 4096;

    /// <summary>How many operations go into one batch at most.</summary>
    public int BatchOperationsMax { get; init; } = 1024;

    /// <summary>How many bytes of file content may be on their way to the image at once; further chunks wait.</summary>
    public int DataInFlightBytesMax { get; init; } = 64 << 20;

    /// <summary>A checkpoint begins when so large a share of the log is in use.</summary>
    public double CheckpointAtLogShare { get; init; } = 0.33;

    /// <summary>How many bytes of a checkpoint, or of content on its way from the log to its place, are held and written at once; at least 64 KiB.</summary>
    public int CheckpointChunkBytes { get; init; } = 4 << 20;

    /// <summary>
    /// Whether each commit looks at the superblock before it is acknowledged, so that a writer that was replaced while it slept never acknowledges
    /// anything, even when its fence has expired.
    /// </summary>
    public bool VerifyEpoch { get; init; } = true;

    /// <summary>How often content that finds no space waits for space that is about to become free, before it fails.</summary>
    public int SpaceAttemptsMax { get; init; } = 64;

    /// <summary>How often a read is tried against newer metadata before it fails.</summary>
    public int ReadAttemptsMax { get; init; } = 8;
}

/// <summary>The bounds of a reader.</summary>
public sealed record AreaReaderOptions
{
    /// <summary>How often a read is tried against newer metadata before it fails.</summary>
    public int ReadAttemptsMax { get; init; } = 8;
}
