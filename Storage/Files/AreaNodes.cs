using System.Collections.Immutable;

namespace Mooring.Storage.Files;

/// <summary>A name in a directory.</summary>
internal readonly record struct DirectoryItem(string Name, long Id)
{
    public static readonly IComparer<DirectoryItem> ByName = Comparer<DirectoryItem>.Create((a, b) => string.CompareOrdinal(a.Name, b.Name));

    public static readonly ImmutableSortedSet<DirectoryItem> None = ImmutableSortedSet.Create(ByName);
}

/// <summary>A file or directory.</summary>
internal abstract record AreaNode(long Id, long ParentId, string Name, DateTimeOffset ModifiedAt)
{
    /// <summary>What a mount has said about it.</summary>
    public AreaAttributes? Attributes { get; init; }

    /// <summary>How many bytes it takes in a checkpoint.</summary>
    public virtual int CheckpointBytes => 27 + System.Text.Encoding.UTF8.GetByteCount(Name) + (Attributes is null ? 0 : 9 + Attributes.EncodedBytes);
}

/// <summary>A directory.</summary>
internal sealed record DirectoryNode(long Id, long ParentId, string Name, DateTimeOffset ModifiedAt, ImmutableSortedSet<DirectoryItem> Items)
    : AreaNode(Id, ParentId, Name, ModifiedAt);

/// <summary>A file; its extents are in the order of the file and do not overlap. What lies between them is zeros.</summary>
internal sealed record FileNode(long Id, long ParentId, string Name, DateTimeOffset ModifiedAt, long SizeBytes, ImmutableArray<Extent> Extents)
    : AreaNode(Id, ParentId, Name, ModifiedAt)
{
    public override int CheckpointBytes => base.CheckpointBytes + 12 + Extents.Sum(extent => extent.CheckpointBytes);

    /// <summary>The checksum of the content, when it follows from those of the extents.</summary>
    public uint? Crc
    {
        get
        {
            var (crc, end) = (Crc32C.Empty, 0L);
            foreach (var extent in Extents)
            {
                if (extent.Crc is not { } next)
                    return null;
                if (extent.FileOffset > end)
                    crc = Crc32C.Combine(crc, Crc32C.Zeros(extent.FileOffset - end), extent.FileOffset - end);
                crc = Crc32C.Combine(crc, next, extent.Length);
                end = extent.FileEnd;
            }
            return SizeBytes > end ? Crc32C.Combine(crc, Crc32C.Zeros(SizeBytes - end), SizeBytes - end) : crc;
        }
    }

    /// <summary>The index of the first extent that ends after an offset.</summary>
    public int FirstAfter(long offset)
    {
        var (low, high) = (0, Extents.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Extents[middle].FileEnd <= offset)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    /// <summary>
    /// The file after a part of it was replaced. Blocks are freed that no extent of the file needs any more; pieces of one extent share the page in
    /// which it was cut, so all partial extents are looked at when one of them goes.
    /// </summary>
    /// <param name="change">What is written.</param>
    /// <param name="freed">Takes what is freed.</param>
    public FileNode After(WriteContent change, List<Blocks> freed)
    {
        var first = FirstAfter(change.From);
        var end = first;
        while (end < Extents.Length && Extents[end].FileOffset < change.To)
            end++;
        var kept = new List<Extent>(change.Extents.Length + 2);
        if (end > first && Extents[first].FileOffset < change.From)
            kept.Add(Extents[first].Slice(Extents[first].FileOffset, change.From));
        var written = kept.Count;
        kept.AddRange(change.Extents);
        if (end > first && Extents[end - 1].FileEnd > change.To)
            kept.Add(Extents[end - 1].Slice(change.To, Extents[end - 1].FileEnd));

        if (end > first)
            Free(first, end, kept.Where((_, i) => i < written || i >= written + change.Extents.Length), freed);
        if (first > 0 && kept.Count > 0 && written == 0 && Extents[first - 1].JoinedWith(kept[0]) is { } joined)
        {
            kept[0] = joined;
            first--;
        }
        var extents = Extents.RemoveRange(first, end - first).InsertRange(first, kept);
        return this with { SizeBytes = change.SizeBytes, ModifiedAt = change.ModifiedAt, Extents = extents };
    }

    private void Free(int first, int end, IEnumerable<Extent> pieces, List<Blocks> freed)
    {
        var affected = Extents.AsSpan()[first..end].ToArray();
        var needed = pieces;
        if (affected.Any(extent => !extent.IsWhole))
            needed = needed.Concat(Extents.Where((extent, i) => (i < first || i >= end) && !extent.IsWhole));
        freed.AddRange(Blocks.Without(affected.Select(extent => extent.Blocks), needed.Select(extent => extent.Blocks)));
    }

    /// <summary>The blocks of all its extents, each once.</summary>
    public List<Blocks> AllBlocks() => Blocks.Without(Extents.Select(extent => extent.Blocks), []);
}
