using System.Buffers.Binary;
using System.Globalization;
using Mooring.Messages;

namespace Mooring.Actors.Requests;

/// <summary>What the owner keeps in memory of a part of the archive. Extend-only.</summary>
/// <param name="Number">Names it.</param>
/// <param name="FirstSequence">The lowest place in the order of acceptance that is in it.</param>
/// <param name="LastSequence">The highest.</param>
/// <param name="LastFinishedAt">When the last of its results came.</param>
/// <param name="Marks">The first 32 bits of each operation's id, in order, four bytes each, little-endian: whoever finds none of a request's
/// there knows that it is not in the part.</param>
public sealed record ResultPart(long Number, long FirstSequence, long LastSequence, DateTimeOffset LastFinishedAt, byte[] Marks)
{
    private const int MarkBytes = sizeof(uint), MarkDigits = 2 * MarkBytes;

    /// <summary>How many results are in it.</summary>
    public int Count => Marks.Length / MarkBytes;

    /// <summary>The part of these results.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="entries">The results, at least one.</param>
    /// <returns>What to keep of them.</returns>
    public static ResultPart Of(long number, IReadOnlyCollection<OperationEntry> entries)
    {
        var marks = new byte[entries.Count * MarkBytes];
        foreach (var (place, mark) in entries.Select(e => Mark(e.Id)).Order().Index())
            BinaryPrimitives.WriteUInt32LittleEndian(marks.AsSpan(place * MarkBytes), mark);
        return new ResultPart(
            number, entries.Min(e => e.Sequence), entries.Max(e => e.Sequence), entries.Max(e => e.Outcome!.FinishedAt), marks);
    }

    // The id is the beginning of a cryptographic hash: its digits are as good as any other hash of it.
    /// <summary>The first 32 bits of an operation's id.</summary>
    /// <param name="operation">The operation.</param>
    /// <returns>Its mark.</returns>
    public static uint Mark(OperationId operation) =>
        uint.Parse(operation.Value.AsSpan("op-".Length, MarkDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>Whether an operation may be in the part.</summary>
    /// <param name="mark">The operation's mark.</param>
    /// <returns>False when it is not for sure; true is wrong once in 4,000 million results.</returns>
    public bool MayHave(uint mark)
    {
        var (low, high) = (0, Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var found = BinaryPrimitives.ReadUInt32LittleEndian(Marks.AsSpan(middle * MarkBytes));
            if (found == mark)
                return true;
            (low, high) = found < mark ? (middle + 1, high) : (low, middle - 1);
        }
        return false;
    }
}

/// <summary>A part of the archive as it lies in the snapshot store. Extend-only.</summary>
/// <param name="Entries">The results.</param>
public sealed record ArchivedResults(IReadOnlyList<OperationEntry> Entries);
