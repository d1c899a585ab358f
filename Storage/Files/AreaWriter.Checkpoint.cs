namespace Mooring.Storage.Files;

/// <content>Checkpoints: content is brought from the log to its place, the tree is written down, the log before it becomes free.</content>
public sealed partial class AreaWriter
{
    private readonly Lock _checkpointGate = new();
    private Task _checkpointing = Task.CompletedTask;
    private bool _bringingHome;

    /// <summary>Writes a checkpoint now, so that the next opening has no log to read.</summary>
    /// <returns>Completes when it holds.</returns>
    public Task CheckpointAsync() => BeginCheckpoint();

    private long LogUsed => _tree.Point.Next - _superblock.Checkpoint.Position;

    private long LogUsable => _layout.LogBytes - _layout.TakeoverReserve - (2L * _layout.BatchBytesMax);

    private void BeginCheckpointIfDue()
    {
        if (LogUsed > LogUsable * _options.CheckpointAtLogShare || _superblock.Takeovers.Count > Superblock.TakeoversMax / 2)
            _ = BeginCheckpoint();
    }

    private Task BeginCheckpoint()
    {
        lock (_checkpointGate)
        {
            if (_checkpointing.IsCompleted && _broken is null)
                _checkpointing = Task.Run(CheckpointOrBreakAsync);
            return _checkpointing;
        }
    }

    /// <summary>Waits until a batch fits into the log without touching what the last checkpoint needs.</summary>
    private async Task MakeRoomInLogAsync()
    {
        while (LogUsed > LogUsable)
        {
            await BeginCheckpoint().ConfigureAwait(false);
            if (_broken is { } broken)
                throw new BlockStoreException(broken.Error, broken);
        }
    }

    private async Task CheckpointOrBreakAsync()
    {
        try
        {
            lock (_releaseGate)
                _bringingHome = true;
            var tree = _tree;
            await BringHomeAsync(_image, _layout, _options, tree).ConfigureAwait(false);
            var info = await WriteTreeAsync(_image, _layout, _options, tree, 1 - _superblock.Checkpoint.Region).ConfigureAwait(false);
            await RequireOwnEpochAsync().ConfigureAwait(false);
            await _superblockGate.WaitAsync().ConfigureAwait(false);
            try
            {
                var superblock = With(_superblock, info);
                await WriteSuperblockAsync(_image, superblock).ConfigureAwait(false);
                _superblock = superblock;
            }
            finally
            {
                _superblockGate.Release();
            }
        }
        catch (Exception e)
        {
            Break(e);
        }
        finally
        {
            lock (_releaseGate)
            {
                _bringingHome = false;
                _space.Give(_held);
                _held.Clear();
                SignalReleased();
            }
        }
    }

    private static Superblock With(Superblock superblock, CheckpointInfo info) => superblock with
    {
        Generation = superblock.Generation + 1,
        Checkpoint = info,
        Takeovers = [.. superblock.Takeovers.Where(takeover => takeover.Sequence > info.Sequence)],
    };

    /// <summary>When the superblock has no room for another takeover: nobody else works on the area yet.</summary>
    private static async Task<(Superblock, AreaTree)> CheckpointAtOpeningAsync(IOpenImage image, AreaWriterOptions options, Superblock superblock, AreaTree tree)
    {
        // Where the log goes on may have moved by takeovers that wrote nothing.
        tree = tree.At(tree.Point with { Next = AreaImage.Next(superblock, tree.Point).Position });
        await BringHomeAsync(image, superblock.Layout, options, tree).ConfigureAwait(false);
        var info = await WriteTreeAsync(image, superblock.Layout, options, tree, 1 - superblock.Checkpoint.Region).ConfigureAwait(false);
        superblock = superblock with { Generation = superblock.Generation + 1, Checkpoint = info, Takeovers = [] };
        await WriteSuperblockAsync(image, superblock).ConfigureAwait(false);
        return (superblock, tree.At(tree.Point with { Head = info.Position }));
    }

    /// <summary>Writes content that stands in the log to its place, neighbours together.</summary>
    private static async Task BringHomeAsync(IOpenImage image, AreaLayout layout, AreaWriterOptions options, AreaTree tree)
    {
        const int writesMax = 16;
        var extents = tree.Nodes.OfType<FileNode>().SelectMany(file => file.Extents).Where(extent => extent.LogPosition >= 0 && extent.LogPosition >= tree.Point.Head)
            .OrderBy(extent => extent.LogPosition).ToList();
        var writes = new List<Task>();
        try
        {
            for (var i = 0; i < extents.Count;)
            {
                var first = i;
                var start = extents[i].LogPosition;
                while (i < extents.Count && extents[i].LogPosition + extents[i].StoredBytes - start <= options.CheckpointChunkBytes
                    && extents[i].LogPosition % layout.LogBytes >= start % layout.LogBytes)
                {
                    i++;
                }
                var length = (int)(extents[(first..i)].Max(extent => extent.LogPosition + extent.StoredBytes) - start);
                var window = new byte[length];
                await image.ReadAsync(layout.LogOffset(start), window, CancellationToken.None).ConfigureAwait(false);
                foreach (var (offset, bytes) in Gather(extents.Slice(first, i - first), start, window))
                {
                    writes.Add(image.WriteAsync(offset, bytes, CancellationToken.None));
                    if (writes.Count < writesMax)
                        continue;
                    await Task.WhenAll(writes).ConfigureAwait(false);
                    writes.Clear();
                }
            }
        }
        finally
        {
            await Task.WhenAll(writes).ConfigureAwait(false);
        }
        await image.FlushAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Makes one write of extents whose places follow each other.</summary>
    private static IEnumerable<(long Offset, ReadOnlyMemory<byte> Bytes)> Gather(List<Extent> extents, long start, byte[] window)
    {
        for (var i = 0; i < extents.Count;)
        {
            var first = i;
            var end = extents[i].ImageOffset;
            while (i < extents.Count && extents[i].ImageOffset == end)
                end += AreaLayout.RoundUp(extents[i++].StoredBytes);
            var bytes = new byte[end - extents[first].ImageOffset];
            foreach (var extent in extents[(first..i)])
                window.AsSpan((int)(extent.LogPosition - start), extent.StoredBytes).CopyTo(bytes.AsSpan((int)(extent.ImageOffset - extents[first].ImageOffset)));
            yield return (extents[first].ImageOffset, bytes);
        }
    }

    /// <summary>Writes a tree into a checkpoint region.</summary>
    private static async Task<CheckpointInfo> WriteTreeAsync(IOpenImage image, AreaLayout layout, AreaWriterOptions options, AreaTree tree, int region)
    {
        var writer = new ByteWriter();
        var (crc, written, nodes) = (Crc32C.Empty, 0L, 0L);
        foreach (var node in tree.Nodes)
        {
            AreaCheckpoint.Encode(writer, node);
            nodes++;
            if (writer.Length >= options.CheckpointChunkBytes)
                await WriteOutAsync().ConfigureAwait(false);
        }
        foreach (var answer in tree.Answers.All)
            AreaCheckpoint.Encode(writer, answer);
        await WriteOutAsync().ConfigureAwait(false);
        await image.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        return new CheckpointInfo(
            region, tree.Position.Epoch, tree.Position.Sequence, tree.Point.Next, tree.Point.Chain, (int)written, crc, nodes, tree.NextId);

        async Task WriteOutAsync()
        {
            if (written + writer.Length > layout.CheckpointBytes)
                throw AreaErrors.NoSpace($"the checkpoint does not fit into {layout.CheckpointBytes} bytes");
            crc = Crc32C.Append(crc, writer.Written.Span);
            await image.WriteAsync(layout.CheckpointRegion(region) + written, writer.Written, CancellationToken.None).ConfigureAwait(false);
            written += writer.Length;
            writer.Clear();
        }
    }
}
