using System.Collections.Immutable;
using Mooring.Messages;

namespace Mooring.Storage.Files;

/// <summary>
/// A batch of the log as it grows: operation by operation, each whole or not at all. Decides nothing about time and touches no image; the writer
/// writes what comes out.
/// </summary>
internal sealed class BatchBuilder(AreaLayout layout, Guid areaId, Epoch epoch, FreeSpace space)
{
    private readonly byte[] _frame = GC.AllocateUninitializedArray<byte>(layout.BatchBytesMax, pinned: true);
    private readonly ByteWriter _changes = new();
    private readonly List<byte[]> _operationChanges = [];
    private readonly List<Blocks> _freed = [];
    private readonly List<Blocks> _taken = [];
    private int _content;
    private int _changesBytes;
    private int _count;
    private LogPoint _point = null!;

    /// <summary>The tree with everything that is in the batch.</summary>
    public AreaTree Tree { get; private set; } = null!;

    /// <summary>Where things lie.</summary>
    public AreaLayout Layout => layout;

    /// <summary>Whether nothing is in it.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>What the batch frees.</summary>
    public IReadOnlyList<Blocks> Freed => _freed;

    /// <summary>Begins anew.</summary>
    /// <param name="tree">The committed tree.</param>
    public void Begin(AreaTree tree)
    {
        Tree = tree;
        _point = tree.Point;
        _freed.Clear();
        _operationChanges.Clear();
        (_content, _changesBytes, _count) = (0, 0, 0);
    }

    /// <summary>Lets an operation add what it does.</summary>
    /// <param name="decide">Adds changes and gives the entry that the operation is about.</param>
    /// <param name="entry">The entry.</param>
    /// <returns>False when the batch is full and the operation must wait for the next one.</returns>
    /// <exception cref="BlockStoreException">The operation fails; the batch is as before.</exception>
    public bool TryAdd(Func<BatchBuilder, AreaEntry?> decide, out AreaEntry? entry)
    {
        var (tree, content, changes, count, freed, kept) = (Tree, _content, _changesBytes, _count, _freed.Count, _operationChanges.Count);
        _taken.Clear();
        var done = false;
        try
        {
            entry = decide(this);
            if (Tree.CheckpointBytes > layout.NodesBytesMax && Tree.CheckpointBytes > tree.CheckpointBytes)
                throw AreaErrors.NoSpace($"the area's metadata would take {Tree.CheckpointBytes} bytes and {layout.NodesBytesMax} are set aside for them");
            return done = LogBatch.HeadBytes + _content + _changesBytes <= layout.BatchBytesMax;
        }
        finally
        {
            if (!done)
            {
                space.Give(_taken);
                (Tree, _content, _changesBytes, _count) = (tree, content, changes, count);
                _freed.RemoveRange(freed, _freed.Count - freed);
                _operationChanges.RemoveRange(kept, _operationChanges.Count - kept);
            }
        }
    }

    /// <summary>Adds a change of the operation that is being added.</summary>
    public void Add(Change change)
    {
        Tree = Tree.Apply(change, _freed);
        _changes.Clear();
        change.Encode(_changes, _point.Next);
        _operationChanges.Add(_changes.Written.ToArray());
        _changesBytes += _changes.Length;
        _count++;
    }

    /// <summary>Puts content into the batch and gives it a place on the image.</summary>
    /// <param name="fileOffset">Where in the file it belongs.</param>
    /// <param name="content">At most a page.</param>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NoSpace"/>.</exception>
    public ImmutableArray<Extent> AddContent(long fileOffset, ReadOnlySpan<byte> content)
    {
        if (content.IsEmpty)
            return [];
        var runs = space.Take(AreaLayout.RoundUp(content.Length) / AreaLayout.BlockBytes)
            ?? throw AreaErrors.NoSpace($"{content.Length} bytes do not fit: {space.FreeBlocks * AreaLayout.BlockBytes} are free");
        _taken.AddRange(runs);
        var extents = ImmutableArray.CreateBuilder<Extent>(runs.Count);
        foreach (var run in runs)
        {
            var part = content[..(int)Math.Min(content.Length, run.Count * AreaLayout.BlockBytes)];
            // What does not fit any more is counted, so that the batch is seen to be full, but not kept.
            var at = LogBatch.HeadBytes + _content;
            if (at + part.Length <= _frame.Length)
                part.CopyTo(_frame.AsSpan(at));
            extents.Add(new Extent(fileOffset, part.Length, 0, run.Offset, part.Length, Extent.Sum(part), _point.Next + at));
            _content += part.Length;
            fileOffset += part.Length;
            content = content[part.Length..];
        }
        return extents.MoveToImmutable();
    }

    /// <summary>The finished batch.</summary>
    /// <param name="head">The head of the log as it is now.</param>
    /// <returns>What to write to the log at <see cref="LogPoint.Next"/> of the tree that the batch began with, what to tell readers, and the tree after it.</returns>
    public (ReadOnlyMemory<byte> Frame, byte[] Told, AreaTree Tree) Finish(long head)
    {
        var content = _frame.AsSpan(LogBatch.HeadBytes, _content);
        var at = LogBatch.HeadBytes + _content;
        foreach (var change in _operationChanges)
        {
            change.CopyTo(_frame.AsSpan(at));
            at += change.Length;
        }
        var changes = _frame.AsSpan(LogBatch.HeadBytes + _content, _changesBytes);
        var batch = new LogBatch(
            areaId, epoch, _point.Position.Sequence + 1, _point.Next, head, _point.Chain, _content, Crc32C.Compute(content), _changesBytes, Crc32C.Compute(changes), _count);
        _frame.AsSpan(at, (int)batch.TotalBytes - at).Clear();
        var chain = batch.Encode(_frame);
        var told = new byte[LogBatch.HeadBytes + _changesBytes];
        _frame.AsSpan(0, LogBatch.HeadBytes).CopyTo(told);
        changes.CopyTo(told.AsSpan(LogBatch.HeadBytes));
        var point = new LogPoint(new AreaPosition(epoch, batch.Sequence), layout.NextBatch(batch.Position + batch.TotalBytes), chain, head);
        return (_frame.AsMemory(0, (int)batch.TotalBytes), told, Tree.At(point));
    }
}
