using System.Collections.Immutable;

namespace Mooring.Storage.Files;

/// <summary>
/// A piece of a file and where its bytes are stored. What is stored is a run of pages with a checksum each; the piece may be a part of it, because the
/// rest was overwritten, but never leaves a whole page out.
/// </summary>
/// <param name="FileOffset">Where in the file it begins, in bytes.</param>
/// <param name="Length">Its length in bytes; above 0.</param>
/// <param name="Skip">How many bytes of what is stored come before it.</param>
/// <param name="ImageOffset">Where on the image the stored bytes have their place.</param>
/// <param name="StoredBytes">How many bytes are stored there.</param>
/// <param name="Crcs">The checksum of each page of them.</param>
/// <param name="LogPosition">Where in the log the bytes stand as long as they have not been brought to their place; -1 when they never stood there.</param>
internal sealed record Extent(
    long FileOffset, int Length, int Skip, long ImageOffset, int StoredBytes, ImmutableArray<uint> Crcs, long LogPosition)
{
    /// <summary>The longest run that is stored as one, in bytes.</summary>
    public const int StoredBytesMax = 64 << 20;

    private const int Page = AreaLayout.PageBytes;

    private long _crc = -1;

    public long FileEnd => FileOffset + Length;

    /// <summary>How many bytes it takes in a checkpoint.</summary>
    public int CheckpointBytes => 28 + (4 * Crcs.Length);

    /// <summary>The checksum of all its bytes, when that follows from those of its pages.</summary>
    public uint? Crc
    {
        get
        {
            if (!IsWhole)
                return null;
            if (_crc < 0)
                _crc = Combine();
            return (uint)_crc;
        }
    }

    /// <summary>Whether all that is stored belongs to the piece.</summary>
    public bool IsWhole => Skip == 0 && Length == StoredBytes;

    public Blocks Blocks => new(ImageOffset / AreaLayout.BlockBytes, AreaLayout.RoundUp(ImageOffset + StoredBytes) / AreaLayout.BlockBytes);

    /// <summary>The part between two offsets of the file; pages that it does not touch are left out.</summary>
    public Extent Slice(long from, long to)
    {
        var skip = Skip + (int)(from - FileOffset);
        var length = (int)(to - from);
        var firstPage = skip / Page;
        var endPage = AreaLayout.PageCount(skip + length);
        var stored = Math.Min(StoredBytes, endPage * Page) - (firstPage * Page);
        var dropped = (long)firstPage * Page;
        return new Extent(
            from, length, skip - (int)dropped, ImageOffset + dropped, stored, Crcs.Slice(firstPage, endPage - firstPage),
            LogPosition < 0 ? -1 : LogPosition + dropped);
    }

    /// <summary>Both as one extent, when the second follows the first in the file and on the image and the pages fit; else null.</summary>
    public Extent? JoinedWith(Extent next) =>
        IsWhole && next.IsWhole && LogPosition < 0 && next.LogPosition < 0 && StoredBytes % Page == 0 && FileEnd == next.FileOffset
        && ImageOffset + StoredBytes == next.ImageOffset && (long)StoredBytes + next.StoredBytes <= StoredBytesMax
            ? new Extent(FileOffset, Length + next.Length, 0, ImageOffset, StoredBytes + next.StoredBytes, Crcs.AddRange(next.Crcs), -1)
            : null;

    /// <summary>Extents that follow each other, as few as possible.</summary>
    public static ImmutableArray<Extent> Join(IEnumerable<Extent> extents)
    {
        var joined = ImmutableArray.CreateBuilder<Extent>();
        foreach (var extent in extents)
        {
            if (joined.Count > 0 && joined[^1].JoinedWith(extent) is { } both)
                joined[^1] = both;
            else
                joined.Add(extent);
        }
        return joined.ToImmutable();
    }

    /// <summary>What is wrong with an extent that was read; null when nothing is.</summary>
    public string? Problem(AreaLayout layout)
    {
        if (FileOffset < 0 || Length <= 0 || Skip < 0 || Skip >= Page || StoredBytes is <= 0 or > StoredBytesMax || FileOffset > long.MaxValue - Length)
            return "its numbers are not possible";
        if (Crcs.Length != AreaLayout.PageCount(StoredBytes) || (long)Skip + Length > StoredBytes || AreaLayout.PageCount(Skip + Length) != Crcs.Length)
            return "its pages do not fit its length";
        return layout.IsData(ImageOffset, StoredBytes) ? null : $"{StoredBytes} bytes at {ImageOffset} are not within the data region";
    }

    private uint Combine()
    {
        var crc = Crcs[0];
        for (var i = 1; i < Crcs.Length; i++)
            crc = Crc32C.Combine(crc, Crcs[i], Math.Min(Page, StoredBytes - (i * Page)));
        return crc;
    }

    public static ImmutableArray<uint> Sum(ReadOnlySpan<byte> bytes)
    {
        var crcs = ImmutableArray.CreateBuilder<uint>(AreaLayout.PageCount(bytes.Length));
        for (; bytes.Length > Page; bytes = bytes[Page..])
            crcs.Add(Crc32C.Compute(bytes[..Page]));
        crcs.Add(Crc32C.Compute(bytes));
        return crcs.MoveToImmutable();
    }
}

/// <summary>A run of blocks of the image.</summary>
/// <param name="Start">The first one.</param>
/// <param name="End">The one after the last.</param>
internal readonly record struct Blocks(long Start, long End)
{
    public long Count => End - Start;

    public long Offset => Start * AreaLayout.BlockBytes;

    /// <summary>What of some runs is not in others.</summary>
    public static List<Blocks> Without(IEnumerable<Blocks> from, IEnumerable<Blocks> taken)
    {
        var rest = Union(from);
        foreach (var run in Union(taken))
        {
            for (var i = rest.Count - 1; i >= 0; i--)
            {
                var now = rest[i];
                if (now.End <= run.Start || now.Start >= run.End)
                    continue;
                rest.RemoveAt(i);
                if (now.End > run.End)
                    rest.Insert(i, now with { Start = run.End });
                if (now.Start < run.Start)
                    rest.Insert(i, now with { End = run.Start });
            }
        }
        return rest;
    }

    private static List<Blocks> Union(IEnumerable<Blocks> runs)
    {
        var union = new List<Blocks>();
        foreach (var run in runs.OrderBy(run => run.Start))
        {
            if (union.Count > 0 && union[^1].End >= run.Start)
                union[^1] = union[^1] with { End = Math.Max(union[^1].End, run.End) };
            else
                union.Add(run);
        }
        return union;
    }
}
