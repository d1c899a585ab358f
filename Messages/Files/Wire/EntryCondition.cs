namespace Mooring.Messages.Wire;

/// <summary>What a file must be for a change of it to be made: judged in the same moment as the change.</summary>
/// <param name="Known">It must be one of these, as entries told of them; the path does not count. Empty: it must be there, whatever it is.</param>
public sealed record EntryCondition(IReadOnlyList<FileEntry> Known)
{
    /// <summary>The most that it may have to be one of.</summary>
    public const int KnownMax = 16;

    /// <summary>It must be there, whatever it is.</summary>
    public static EntryCondition Exists { get; } = new([]);

    // At the end of a frame, behind the attempt, and missing when there is none: a node of before refuses what it would not heed.
    internal static void Write(WireWriter writer, EntryCondition? condition)
    {
        if (condition is null)
            return;
        writer.Int32(condition.Known.Count);
        foreach (var known in condition.Known)
            known.Write(writer);
    }

    internal static EntryCondition? Read(ref WireReader reader)
    {
        if (reader.Left == 0)
            return null;
        var known = new FileEntry[reader.Count(KnownMax)];
        for (var i = 0; i < known.Length; i++)
            known[i] = FileEntry.Read(ref reader);
        return new EntryCondition(known);
    }
}
