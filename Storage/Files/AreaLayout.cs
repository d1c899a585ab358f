namespace Mooring.Storage.Files;

/// <summary>Where things lie on an area's image. All places and sizes are multiples of a block.</summary>
/// <param name="ImageBytes">The size of the image when the area was made.</param>
/// <param name="LogStart">Where the log lies.</param>
/// <param name="LogBytes">Its size.</param>
/// <param name="BatchBytesMax">The largest batch in it.</param>
/// <param name="CheckpointStart">Where the first of the two checkpoint regions lies; the second follows.</param>
/// <param name="CheckpointBytes">The size of each.</param>
/// <param name="DataStart">Where file content lies.</param>
/// <param name="DataBytes">How much fits there.</param>
internal sealed record AreaLayout(
    long ImageBytes, long LogStart, long LogBytes, int BatchBytesMax, long CheckpointStart, long CheckpointBytes, long DataStart, long DataBytes)
{
    /// <summary>The unit of space.</summary>
    public const int BlockBytes = 4096;

    /// <summary>Each checksum covers so much of an extent.</summary>
    public const int PageBytes = 64 << 10;

    /// <summary>Where the two copies of the superblock lie.</summary>
    public static readonly long[] SuperblockCopies = [0, BlockBytes];

    /// <summary>A batch must hold a long name, a path of small content and the checksums of a chunk.</summary>
    public const int BatchBytesLeast = 16 << 10;

    private const long HeadBytes = 64 << 10;

    public long DataEnd => DataStart + DataBytes;

    public long DataBlocks => DataBytes / BlockBytes;

    /// <summary>The layout of a new area.</summary>
    public static AreaLayout Choose(long imageBytes, AreaFormatOptions options)
    {
        var log = options.LogBytes ?? RoundUp(Math.Clamp(imageBytes / 128, 4L << 20, 64L << 20));
        var checkpoint = options.CheckpointBytes ?? RoundUp(Math.Max(imageBytes / 64, 1L << 20));
        var batch = options.BatchBytesMax ?? (int)RoundUp(Math.Clamp(log / 64, 128L << 10, 1L << 20));
        var dataStart = HeadBytes + log + (2 * checkpoint);
        var data = (imageBytes - dataStart) / BlockBytes * BlockBytes;
        if (data < BlockBytes)
            throw AreaErrors.Invalid($"an image of {imageBytes} bytes is too small for an area: its log and checkpoints take {dataStart}");
        var layout = new AreaLayout(imageBytes, HeadBytes, log, batch, HeadBytes + log, checkpoint, dataStart, data);
        return layout.Problem() is { } problem ? throw AreaErrors.Invalid(problem) : layout;
    }

    /// <summary>What is wrong with a layout that was read or asked for; null when nothing is.</summary>
    public string? Problem()
    {
        foreach (var (name, value) in new[] { ("log start", LogStart), ("log", LogBytes), ("batch", BatchBytesMax), ("checkpoint start", CheckpointStart),
            ("checkpoint", CheckpointBytes), ("data start", DataStart), ("data", DataBytes) })
        {
            if (value <= 0 || value % BlockBytes != 0)
                return $"the {name} is {value}, which is not a positive multiple of {BlockBytes}";
        }
        // The sums cannot overflow below this bound.
        const long imageBytesMax = 1L << 60;
        if (ImageBytes > imageBytesMax || LogBytes > ImageBytes || CheckpointBytes > ImageBytes || DataBytes > ImageBytes)
            return "a part is larger than the image";
        if (BatchBytesMax is < BatchBytesLeast or > (16 << 20) || LogBytes < 32L * BatchBytesMax)
            return $"a log of {LogBytes} bytes with batches of {BatchBytesMax} is not possible";
        if (CheckpointBytes > int.MaxValue)
            return $"a checkpoint of {CheckpointBytes} bytes is too large";
        return LogStart >= HeadBytes && CheckpointStart >= LogStart + LogBytes && DataStart >= CheckpointStart + (2 * CheckpointBytes) && DataEnd <= ImageBytes
            ? null
            : "its parts overlap or reach beyond the image";
    }

    /// <summary>How many answers to requests are remembered; at most an eighth of a checkpoint is theirs.</summary>
    public int AnswersMax => (int)Math.Min(4096, CheckpointBytes / 8 / RequestAnswer.CheckpointBytes);

    /// <summary>How much of a checkpoint is for nodes.</summary>
    public long NodesBytesMax => CheckpointBytes - ((long)AnswersMax * RequestAnswer.CheckpointBytes);

    /// <summary>Where a region of checkpoints begins.</summary>
    public long CheckpointRegion(int index) => CheckpointStart + (index * CheckpointBytes);

    /// <summary>Where a position of the log, which rises for ever, lies on the image.</summary>
    public long LogOffset(long position) => LogStart + (position % LogBytes);

    /// <summary>Where the next batch begins: batches do not go round the end of the log.</summary>
    public long NextBatch(long position)
    {
        var left = LogBytes - (position % LogBytes);
        return left < BatchBytesMax ? position + left : position;
    }

    /// <summary>
    /// Where a successor begins, so that what its predecessor still has under way (one batch at most) falls into a gap that nobody reads.
    /// </summary>
    public long AfterGap(long position) => NextBatch(NextBatch(position) + BatchBytesMax);

    /// <summary>So much of the log is kept free for successors: one gap each, and what is lost where batches would go round the end.</summary>
    public long TakeoverReserve => (Superblock.TakeoversMax + 4L) * BatchBytesMax;

    /// <summary>Whether an extent lies within the data region.</summary>
    public bool IsData(long offset, long length) => offset >= DataStart && length >= 0 && length <= DataBytes && offset <= DataEnd - length && offset % BlockBytes == 0;

    public static long RoundUp(long bytes) => (bytes + BlockBytes - 1) / BlockBytes * BlockBytes;

    public static int PageCount(int bytes) => (bytes + PageBytes - 1) / PageBytes;
}
