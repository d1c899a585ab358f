using System.Buffers;
using System.Collections.Immutable;
using Mooring.Messages;

namespace Mooring.Storage.Files;

/// <summary>The bytes of files on the image: reading with their checksums, and writing to places that were taken for them.</summary>
internal static class AreaContent
{
    /// <summary>One request to the image carries at most so much.</summary>
    public const int PieceBytes = 4 << 20;

    /// <summary>
    /// Reads a range of a file as one tree has it.
    /// </summary>
    /// <param name="image">The image.</param>
    /// <param name="layout">Where things lie on it.</param>
    /// <param name="tree">The tree.</param>
    /// <param name="file">The file in the tree.</param>
    /// <param name="offset">Where to begin.</param>
    /// <param name="buffer">Filled as far as the file reaches.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The number of bytes, or -1 when a checksum does not fit: the space is used for something else by now, or damaged.</returns>
    public static async Task<int> ReadAsync(
        IOpenImage image, AreaLayout layout, AreaTree tree, FileNode file, long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (offset >= file.SizeBytes)
            return 0;
        var count = (int)Math.Min(buffer.Length, file.SizeBytes - offset);
        var (from, to) = (offset, offset + count);
        var reads = new List<Task<bool>>();
        for (var i = file.FirstAfter(from); i < file.Extents.Length && file.Extents[i].FileOffset < to; i++)
        {
            var extent = file.Extents[i];
            var begin = Math.Max(from, extent.FileOffset);
            Clear(offset, begin);
            for (var end = Math.Min(to, extent.FileEnd); begin < end;)
            {
                var pieceEnd = Math.Min(end, begin + PieceBytes);
                reads.Add(ReadPieceAsync(extent, begin, pieceEnd, buffer.Slice((int)(begin - offset), (int)(pieceEnd - begin))));
                begin = pieceEnd;
            }
            from = begin;
        }
        Clear(offset, to);
        var good = await Task.WhenAll(reads).ConfigureAwait(false);
        return Array.TrueForAll(good, one => one) ? count : -1;

        // What lies between extents is zeros.
        void Clear(long origin, long until)
        {
            if (until > from)
                buffer.Span[(int)(from - origin)..(int)(until - origin)].Clear();
        }

        async Task<bool> ReadPieceAsync(Extent extent, long begin, long end, Memory<byte> target)
        {
            // While it stands in the log it may not be in its place yet; when the log has been used again it is.
            var inLog = extent.LogPosition >= 0 && extent.LogPosition >= tree.Point.Head;
            if (inLog && await ReadPagesAsync(image, extent, layout.LogOffset(extent.LogPosition), begin, end, target, cancellationToken).ConfigureAwait(false))
                return true;
            return await ReadPagesAsync(image, extent, extent.ImageOffset, begin, end, target, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<bool> ReadPagesAsync(
        IOpenImage image, Extent extent, long storedAt, long begin, long end, Memory<byte> target, CancellationToken cancellationToken)
    {
        const int page = AreaLayout.PageBytes;
        var (storedFrom, storedTo) = (extent.Skip + (int)(begin - extent.FileOffset), extent.Skip + (int)(end - extent.FileOffset));
        var firstPage = storedFrom / page;
        var runFrom = firstPage * page;
        var runTo = Math.Min(extent.StoredBytes, AreaLayout.PageCount(storedTo) * page);
        if (runFrom == storedFrom && runTo == storedTo)
        {
            await image.ReadAsync(storedAt + runFrom, target, cancellationToken).ConfigureAwait(false);
            return Fits(target.Span, extent.Crcs, firstPage);
        }
        var run = ArrayPool<byte>.Shared.Rent(runTo - runFrom);
        try
        {
            await image.ReadAsync(storedAt + runFrom, run.AsMemory(0, runTo - runFrom), cancellationToken).ConfigureAwait(false);
            if (!Fits(run.AsSpan(0, runTo - runFrom), extent.Crcs, firstPage))
                return false;
            run.AsSpan(storedFrom - runFrom, storedTo - storedFrom).CopyTo(target.Span);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(run);
        }
    }

    private static bool Fits(ReadOnlySpan<byte> bytes, ImmutableArray<uint> crcs, int firstPage)
    {
        for (var i = firstPage; !bytes.IsEmpty; i++)
        {
            var length = Math.Min(bytes.Length, AreaLayout.PageBytes);
            if (Crc32C.Compute(bytes[..length]) != crcs[i])
                return false;
            bytes = bytes[length..];
        }
        return true;
    }

    /// <summary>Writes content to places that were taken for it.</summary>
    /// <param name="image">The image.</param>
    /// <param name="runs">The places; together just enough.</param>
    /// <param name="fileOffset">Where in the file it belongs.</param>
    /// <param name="content">What to write.</param>
    /// <returns>The extents.</returns>
    public static async Task<List<Extent>> WriteAsync(IOpenImage image, List<Blocks> runs, long fileOffset, ReadOnlyMemory<byte> content)
    {
        var extents = new List<Extent>(runs.Count);
        var writes = new List<Task>(runs.Count);
        foreach (var run in runs)
        {
            var part = content[..(int)Math.Min(content.Length, run.Count * AreaLayout.BlockBytes)];
            // The write is under way while the sums are made.
            writes.Add(image.WriteAsync(run.Offset, part, CancellationToken.None));
            extents.Add(new Extent(fileOffset, part.Length, 0, run.Offset, part.Length, Extent.Sum(part.Span), -1));
            fileOffset += part.Length;
            content = content[part.Length..];
        }
        await Task.WhenAll(writes).ConfigureAwait(false);
        return extents;
    }

    private static bool IsStoredAlike(FileNode a, FileNode b) => a.Extents.Length == b.Extents.Length && a.Extents.Zip(b.Extents).All(pair =>
        pair.First.FileOffset == pair.Second.FileOffset && pair.First.Length == pair.Second.Length && pair.First.ImageOffset == pair.Second.ImageOffset
        && pair.First.Crcs.AsSpan().SequenceEqual(pair.Second.Crcs.AsSpan()));

    /// <summary>Reads against a tree, and against newer ones as long as the space was used again meanwhile.</summary>
    /// <param name="image">The image.</param>
    /// <param name="layout">Where things lie on it.</param>
    /// <param name="path">The file.</param>
    /// <param name="offset">Where to begin.</param>
    /// <param name="buffer">Filled as far as the file reaches.</param>
    /// <param name="attemptsMax">How often to try.</param>
    /// <param name="current">The newest tree that is known.</param>
    /// <param name="newer">Makes sure that the newest tree that there is becomes known.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public static Task<int> ReadCurrentAsync(
        IOpenImage image, AreaLayout layout, string path, long offset, Memory<byte> buffer, int attemptsMax, Func<AreaTree> current, Func<Task> newer,
        CancellationToken cancellationToken)
    {
        var names = AreaPath.Split(path);
        return ReadCurrentAsync(
            image, layout, tree => tree.Require(names, names.Length), tree => tree.Walk(names, names.Length), path, offset, buffer, attemptsMax, current, newer, cancellationToken);
    }

    /// <summary>As <see cref="ReadCurrentAsync(IOpenImage, AreaLayout, string, long, Memory{byte}, int, Func{AreaTree}, Func{Task}, CancellationToken)"/>, by id.</summary>
    public static Task<int> ReadNodeAsync(
        IOpenImage image, AreaLayout layout, long id, long offset, Memory<byte> buffer, int attemptsMax, Func<AreaTree> current, Func<Task> newer,
        CancellationToken cancellationToken) => ReadCurrentAsync(
        image, layout, tree => tree.Find(id) ?? throw AreaErrors.Stale(id), tree => tree.Find(id), $"node {id}", offset, buffer, attemptsMax, current, newer, cancellationToken);

    private static async Task<int> ReadCurrentAsync(
        IOpenImage image, AreaLayout layout, Func<AreaTree, AreaNode> require, Func<AreaTree, AreaNode?> find, string path, long offset, Memory<byte> buffer, int attemptsMax,
        Func<AreaTree> current, Func<Task> newer, CancellationToken cancellationToken)
    {
        if (offset < 0)
            throw AreaErrors.Invalid($"a file has no offset {offset}");
        for (var attempt = 1; ; attempt++)
        {
            var tree = current();
            if (require(tree) is not FileNode file)
                throw AreaErrors.IsDirectory(path);
            var read = await ReadAsync(image, layout, tree, file, offset, buffer, cancellationToken).ConfigureAwait(false);
            if (read >= 0)
                return read;
            await newer().ConfigureAwait(false);
            var now = current();
            if (ReferenceEquals(now, tree) || (find(now) is FileNode same && IsStoredAlike(same, file)))
                throw AreaErrors.Damaged($"the checksum of {AreaErrors.Shown(path)} between {offset} and {offset + buffer.Length} does not fit");
            if (attempt == attemptsMax)
                throw new BlockStoreException(ErrorKind.Unavailable, $"{AreaErrors.Shown(path)} was replaced {attempt} times while it was read");
        }
    }
}
