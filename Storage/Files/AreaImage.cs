using System.Buffers;
using Mooring.Messages;

namespace Mooring.Storage.Files;

/// <summary>Reading an area: superblock, checkpoint, log, file content. Everybody reads through this: writer, readers and the checker.</summary>
internal static class AreaImage
{
    private const int LoadAttemptsMax = 8;
    private const int LogReadBytesMin = 16 << 10;

    /// <summary>Reads the superblock: the copy that is whole and newest.</summary>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.Unsupported"/> when no copy is an area's.</exception>
    public static async Task<Superblock> ReadSuperblockAsync(IOpenImage image, CancellationToken cancellationToken)
    {
        Superblock? newest = null;
        var problem = "the image is too small";
        // Both in one request.
        var bytes = new byte[Math.Min(image.SizeBytes, AreaLayout.SuperblockCopies[^1] + Superblock.SizeBytes)];
        await image.ReadAsync(0, bytes, cancellationToken).ConfigureAwait(false);
        foreach (var offset in AreaLayout.SuperblockCopies)
        {
            try
            {
                var copy = DecodeCopy(image, bytes.AsSpan((int)Math.Min(offset, bytes.Length)));
                if (newest is null || (copy.Epoch, copy.Generation).CompareTo((newest.Epoch, newest.Generation)) > 0)
                    newest = copy;
            }
            catch (MalformedException e)
            {
                problem = e.Message;
            }
        }
        return newest ?? throw AreaErrors.Unsupported($"{image.Volume} holds no area that can be read: {problem}");
    }

    /// <summary>Reads one copy of the superblock.</summary>
    /// <exception cref="MalformedException">It is damaged, or for another image.</exception>
    public static Superblock DecodeCopy(IOpenImage image, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Superblock.SizeBytes)
            throw new MalformedException("the image is too small");
        var superblock = Superblock.Decode(bytes[..Superblock.SizeBytes]);
        return superblock.Layout.ImageBytes <= image.SizeBytes
            ? superblock
            : throw new MalformedException($"it is for an image of {superblock.Layout.ImageBytes} bytes and this one has {image.SizeBytes}");
    }

    /// <summary>
    /// The tree as it is now: checkpoint, then log. A writer may work meanwhile; when it has replaced what is being read, reading begins anew.
    /// </summary>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.Internal"/> for a damaged area.</exception>
    public static async Task<(Superblock Superblock, AreaTree Tree)> LoadAsync(IOpenImage image, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var superblock = await ReadSuperblockAsync(image, cancellationToken).ConfigureAwait(false);
            try
            {
                var tree = await ReadCheckpointAsync(image, superblock, cancellationToken).ConfigureAwait(false);
                return (superblock, await ReplayAsync(image, superblock, tree, cancellationToken).ConfigureAwait(false));
            }
            catch (MalformedException e)
            {
                var again = await ReadSuperblockAsync(image, cancellationToken).ConfigureAwait(false);
                if (again.Generation == superblock.Generation && again.Epoch == superblock.Epoch)
                    throw AreaErrors.Damaged($"{image.Volume}, {e.Message}");
                if (attempt == LoadAttemptsMax)
                    throw new BlockStoreException(ErrorKind.Unavailable, $"the metadata of {image.Volume} changed {attempt} times while they were read");
            }
        }
    }

    /// <summary>Reads the checkpoint that holds.</summary>
    /// <exception cref="MalformedException">It is damaged, or has just been replaced.</exception>
    public static async Task<AreaTree> ReadCheckpointAsync(IOpenImage image, Superblock superblock, CancellationToken cancellationToken)
    {
        const int pieceBytes = 4 << 20;
        var info = superblock.Checkpoint;
        var bytes = new byte[info.Bytes];
        var start = superblock.Layout.CheckpointRegion(info.Region);
        for (var done = 0; done < bytes.Length; done += pieceBytes)
            await image.ReadAsync(start + done, bytes.AsMemory(done, Math.Min(pieceBytes, bytes.Length - done)), cancellationToken).ConfigureAwait(false);
        return AreaCheckpoint.Decode(bytes, info, superblock.Layout);
    }

    /// <summary>
    /// Applies the batches that follow a tree, up to the last whole one. Mostly there are none or few, which is found out with one small request; the
    /// more there are, the more each request reads.
    /// </summary>
    /// <exception cref="MalformedException">A batch is whole and yet does not fit.</exception>
    public static async Task<AreaTree> ReplayAsync(IOpenImage image, Superblock superblock, AreaTree tree, CancellationToken cancellationToken)
    {
        var layout = superblock.Layout;
        var window = ArrayPool<byte>.Shared.Rent(4 * layout.BatchBytesMax);
        try
        {
            var (windowStart, windowEnd, ahead) = (0L, 0L, LogReadBytesMin);
            // The log is finite: more than once round is not possible.
            var end = superblock.Checkpoint.Position + layout.LogBytes;
            while (true)
            {
                var at = Next(superblock, tree.Point);
                if (at.Position + layout.BatchBytesMax > end || at.Position < superblock.Checkpoint.Position || !await ReadToAsync(at.Position, LogBatch.HeadBytes).ConfigureAwait(false))
                    return tree;
                if (Head(window.AsSpan((int)(at.Position - windowStart), LogBatch.HeadBytes), layout) is not { } head || !await ReadToAsync(at.Position, head.TotalBytes).ConfigureAwait(false))
                    return tree;
                if (Follow(superblock, tree, at, window.AsSpan((int)(at.Position - windowStart))) is not { } next)
                    return tree;
                tree = next;
            }

            // Whether the window has so much from there on.
            async ValueTask<bool> ReadToAsync(long position, long bytes)
            {
                if (position >= windowStart && position + bytes <= windowEnd)
                    return true;
                var length = (int)Math.Min(Math.Max(bytes, ahead), layout.LogBytes - (position % layout.LogBytes));
                ahead = Math.Min(4 * ahead, 4 * layout.BatchBytesMax);
                await image.ReadAsync(layout.LogOffset(position), window.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
                (windowStart, windowEnd) = (position, position + length);
                return length >= bytes;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(window);
        }
    }

    private static LogBatch? Head(ReadOnlySpan<byte> bytes, AreaLayout layout)
    {
        try
        {
            return LogBatch.Decode(bytes, layout, out _);
        }
        catch (MalformedException)
        {
            return null;
        }
    }

    /// <summary>Where the batch after a point must lie, of which epoch it must be and what it must follow.</summary>
    public static Takeover Next(Superblock superblock, LogPoint point)
    {
        var sequence = point.Position.Sequence + 1;
        var epoch = superblock.Checkpoint.Epoch;
        foreach (var takeover in superblock.Takeovers)
        {
            if (takeover.Sequence <= sequence)
                epoch = takeover.Epoch;
        }
        // Several may have begun at the same number, when the earlier ones wrote nothing.
        return superblock.Takeovers.LastOrDefault(takeover => takeover.Sequence == sequence) ?? new Takeover(epoch, sequence, point.Next, point.Chain);
    }

    /// <summary>The tree after the batch that lies at a place, or null when none does.</summary>
    private static AreaTree? Follow(Superblock superblock, AreaTree tree, Takeover at, ReadOnlySpan<byte> bytes)
    {
        LogBatch batch;
        uint chain;
        try
        {
            batch = LogBatch.Decode(bytes, superblock.Layout, out chain);
        }
        catch (MalformedException)
        {
            return null;
        }
        if (batch.AreaId != superblock.AreaId || batch.Epoch != at.Epoch || batch.Sequence != at.Sequence || batch.Position != at.Position || batch.Previous != at.Chain)
            return null;
        var content = bytes.Slice(LogBatch.HeadBytes, batch.ContentBytes);
        var changes = bytes.Slice(LogBatch.HeadBytes + batch.ContentBytes, batch.ChangesBytes);
        // Torn by the writer's death: it was never acknowledged.
        if (Crc32C.Compute(content) != batch.ContentCrc || Crc32C.Compute(changes) != batch.ChangesCrc)
            return null;
        return batch.ApplyTo(tree, changes, chain, superblock.Layout, []);
    }
}
