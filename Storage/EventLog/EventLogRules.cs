using Mooring.Messages;

namespace Mooring.Storage.EventLog;

/// <summary>What every event log asks of its callers, and how much it reads at once.</summary>
internal static class EventLogRules
{
    public const int SnapshotBytesMax = 16 << 20;

    private const int EventBytesMax = 1 << 20;
    private const int AppendBytesMax = 64 << 20;
    private const int PageMax = 1000;
    private const long PageBytes = 4 << 20;

    /// <summary>The first page of a stream, whose events may be large.</summary>
    public const int PageFirst = 64;

    public static void RequireStream(string stream)
    {
        if (stream is not { Length: >= 1 and <= 512 } || stream.Contains('\0', StringComparison.Ordinal))
            throw Invalid($"'{stream?.ReplaceLineEndings(" ")}' is not a stream's name: expected 1 to 512 characters");
    }

    public static void RequireAppend(string stream, long firstNumber, IReadOnlyList<ReadOnlyMemory<byte>> events)
    {
        RequireStream(stream);
        if (firstNumber < 1 || events.Count == 0)
            throw Invalid($"cannot append {events.Count} events from number {firstNumber} to {stream}");
        if (events.Any(e => e.Length > EventBytesMax) || events.Sum(e => (long)e.Length) > AppendBytesMax)
            throw Invalid($"cannot append to {stream}: an event may have {EventBytesMax} bytes and an append {AppendBytesMax}");
    }

    public static void RequireSnapshot(string stream, long number, ReadOnlyMemory<byte> snapshot)
    {
        RequireStream(stream);
        if (number < 0 || snapshot.Length > SnapshotBytesMax)
            throw Invalid($"cannot write snapshot {number} of {stream}: {snapshot.Length} bytes; at most {SnapshotBytesMax} are allowed");
    }

    /// <summary>How many events the next page has, after one of these sizes.</summary>
    public static int NextPage(int count, long bytes) => (int)Math.Clamp(PageBytes / Math.Max(1, bytes / count), 1, PageMax);

    private static BlockStoreException Invalid(string what) => new(ErrorKind.InvalidArgument, what);
}
