using System.Collections.Immutable;
using Mooring.Messages;

namespace Mooring.Storage.Files;

/// <summary>
/// The names and places of an area as they are at one position. It never changes: each batch gives another one, and who holds one sees one moment.
/// </summary>
public sealed partial class AreaTree
{
    /// <summary>The id of the root directory.</summary>
    public const long RootId = 1;

    private readonly ImmutableDictionary<long, AreaNode> _nodes;

    private AreaTree(ImmutableDictionary<long, AreaNode> nodes, long nextId, long fileCount, long checkpointBytes, long usedBlocks, LogPoint point, RequestAnswers answers)
    {
        _nodes = nodes;
        FileCount = fileCount;
        Answers = answers;
        NextId = nextId;
        CheckpointBytes = checkpointBytes;
        UsedBlocks = usedBlocks;
        Point = point;
    }

    /// <summary>How far it has come.</summary>
    public AreaPosition Position => Point.Position;

    /// <summary>How many files and directories there are, the root included.</summary>
    public long EntryCount => _nodes.Count;

    /// <summary>How many of them are files.</summary>
    public long FileCount { get; }

    /// <summary>The space that file content takes, in bytes.</summary>
    public long UsedBytes => UsedBlocks * AreaLayout.BlockBytes;

    internal long UsedBlocks { get; }

    internal long NextId { get; }

    /// <summary>How many bytes the nodes take in a checkpoint.</summary>
    internal long CheckpointBytes { get; }

    internal RequestAnswers Answers { get; }

    internal LogPoint Point { get; }

    internal IEnumerable<AreaNode> Nodes => _nodes.Values;

    /// <summary>What stands under a path.</summary>
    /// <param name="path">The path.</param>
    /// <returns>The entry.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.InvalidArgument"/> for a bad path or when a name
    /// on the way is not a directory.</exception>
    public AreaEntry Get(string path)
    {
        var names = AreaPath.Split(path);
        return EntryOf(Require(names, names.Length), AreaPath.Join(names));
    }

    /// <summary>As <see cref="Get"/>, but null when there is nothing.</summary>
    /// <param name="path">The path.</param>
    /// <returns>The entry, or null.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.InvalidArgument"/> as in <see cref="Get"/>.</exception>
    public AreaEntry? Find(string path)
    {
        var names = AreaPath.Split(path);
        return Walk(names, names.Length) is { } node ? EntryOf(node, AreaPath.Join(names)) : null;
    }

    /// <summary>What is in a directory, in the order of the names (ordinal), page by page.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="after">The page begins after this name; null begins at the start.</param>
    /// <param name="limit">At most so many.</param>
    /// <returns>The entries.</returns>
    /// <exception cref="BlockStoreException">As in <see cref="Get"/>; <see cref="ErrorKind.InvalidArgument"/> for a file.</exception>
    public IReadOnlyList<AreaEntry> List(string path, string? after, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var names = AreaPath.Split(path);
        var directory = AreaPath.Join(names);
        if (Require(names, names.Length) is not DirectoryNode node)
            throw AreaErrors.NotDirectory(directory);
        var begin = 0;
        if (after is not null)
        {
            begin = node.Items.IndexOf(new DirectoryItem(after, 0));
            begin = begin < 0 ? ~begin : begin + 1;
        }
        var page = new List<AreaEntry>(Math.Min(limit, node.Items.Count - begin));
        for (var i = begin; i < node.Items.Count && page.Count < limit; i++)
            page.Add(EntryOf(_nodes[node.Items[i].Id], AreaPath.Combine(directory, node.Items[i].Name)));
        return page;
    }

    /// <summary>What has an id.</summary>
    /// <param name="id">The id, as in <see cref="AreaEntry.Id"/>.</param>
    /// <returns>The entry, or null when it is gone.</returns>
    public AreaEntry? FindById(long id) => Find(id) is { } node ? EntryOf(node, PathOf(node)) : null;

    /// <summary>Whether a range of a file is what it was in an earlier tree of the area: stored in the same places, with the same checksums.</summary>
    /// <param name="before">The earlier tree.</param>
    /// <param name="id">The file's id.</param>
    /// <param name="offset">Where the range begins.</param>
    /// <param name="length">Its length; within the file as it was.</param>
    /// <returns>Whether it is; false when the file is gone, and never true of a directory.</returns>
    public bool HasRangeOf(AreaTree before, long id, long offset, long length)
    {
        if (Find(id) is not FileNode now || before.Find(id) is not FileNode was)
            return false;
        return ReferenceEquals(now, was) || (now.SizeBytes >= offset + length && Pages(now).SequenceEqual(Pages(was)));

        // Extents may have been cut or joined since.
        IEnumerable<(long From, long To, long ImageOffset, uint Crc)> Pages(FileNode file) =>
            file.Extents.Skip(file.FirstAfter(offset)).TakeWhile(extent => extent.FileOffset < offset + length).SelectMany(extent => extent.Crcs.Select((crc, i) =>
            {
                var (page, stored) = ((long)i * AreaLayout.PageBytes, extent.FileOffset - extent.Skip);
                return (
                    From: Math.Max(offset, Math.Max(extent.FileOffset, stored + page)),
                    To: Math.Min(offset + length, Math.Min(extent.FileEnd, stored + page + AreaLayout.PageBytes)),
                    extent.ImageOffset + page,
                    crc);
            })).Where(page => page.From < page.To);
    }

    /// <summary>What a part of a request was answered, when it has changed the area already and that was not too long ago.</summary>
    /// <param name="request">The part.</param>
    /// <param name="path">The path that the request is about.</param>
    /// <returns>The answer; null when none is known.</returns>
    public AreaCommit? AnswerTo(RequestPart request, string path) => Answers.Find(request) is { } answer ? new AreaCommit(Position, answer.EntryAt(path)) : null;

    internal static AreaTree Empty(LogPoint point, AreaLayout layout)
    {
        var root = new DirectoryNode(RootId, RootId, "", DateTimeOffset.UnixEpoch, DirectoryItem.None);
        return new AreaTree(ImmutableDictionary<long, AreaNode>.Empty.Add(RootId, root), RootId + 1, 0, root.CheckpointBytes, 0, point, RequestAnswers.None(layout.AnswersMax));
    }

    internal static AreaTree Restore(ImmutableDictionary<long, AreaNode> nodes, long nextId, LogPoint point, RequestAnswers answers) => new(
        nodes, nextId, nodes.Values.LongCount(node => node is FileNode), nodes.Values.Sum(node => (long)node.CheckpointBytes), nodes.Values.OfType<FileNode>().Sum(file => file.AllBlocks().Sum(run => run.Count)), point, answers);

    internal AreaTree At(LogPoint point) => new(_nodes, NextId, FileCount, CheckpointBytes, UsedBlocks, point, Answers);

    internal AreaNode? Find(long id) => _nodes.GetValueOrDefault(id);

    internal AreaNode Require(string[] names, int count) => Walk(names, count) ?? throw AreaErrors.NotFound(AreaPath.Join(names.Take(count)));

    /// <summary>The node under the first <paramref name="count"/> names, or null.</summary>
    internal AreaNode? Walk(string[] names, int count)
    {
        AreaNode node = _nodes[RootId];
        for (var i = 0; i < count; i++)
        {
            if (node is not DirectoryNode directory)
                throw AreaErrors.NotDirectory(AreaPath.Join(names.Take(i)));
            if (!directory.Items.TryGetValue(new DirectoryItem(names[i], 0), out var item))
                return null;
            node = _nodes[item.Id];
        }
        return node;
    }

    internal AreaEntry EntryOf(AreaNode node, string path) => node is FileNode file
        ? new AreaEntry(path, file.Id, false, file.SizeBytes, file.ModifiedAt, file.Crc)
        : new AreaEntry(path, node.Id, true, 0, node.ModifiedAt, null);

    internal string PathOf(AreaNode node)
    {
        var names = new Stack<string>();
        for (var at = node; at.Id != RootId; at = _nodes[at.ParentId])
            names.Push(at.Name);
        return AreaPath.Join(names);
    }

    /// <summary>Whether a directory is, or lies in, another one.</summary>
    internal bool IsWithin(long id, long ancestor)
    {
        for (var at = id; ; at = _nodes[at].ParentId)
        {
            if (at == ancestor)
                return true;
            if (at == RootId)
                return false;
        }
    }

    /// <summary>The tree after one change.</summary>
    /// <param name="change">The change.</param>
    /// <param name="freed">Takes the blocks that are not used any more.</param>
    /// <exception cref="MalformedException">It does not fit this tree.</exception>
    internal AreaTree Apply(Change change, List<Blocks> freed) => change switch
    {
        MakeNode make => Make(make),
        RemoveNode remove => Remove(remove.Id, freed),
        MoveNode move => Move(move, freed),
        WriteContent write => Write(write, freed),
        SetNode set => Set(set),
        RecordAnswer record => Record(record),
        _ => throw new NotSupportedException($"{change.GetType()} is no change of a tree"),
    };

    private AreaTree Make(MakeNode make)
    {
        var parent = RequireParent(make.ParentId, make.Name);
        if (make.Id < NextId || make.Id == long.MaxValue || parent.Items.Contains(new DirectoryItem(make.Name, 0)))
            throw new MalformedException($"node {make.Id} '{make.Name}' is there already");
        AreaNode node = make.IsDirectory
            ? new DirectoryNode(make.Id, make.ParentId, make.Name, make.ModifiedAt, DirectoryItem.None)
            : new FileNode(make.Id, make.ParentId, make.Name, make.ModifiedAt, 0, []);
        var nodes = _nodes.Add(node.Id, node).SetItem(parent.Id, parent with { Items = parent.Items.Add(new DirectoryItem(make.Name, make.Id)), ModifiedAt = make.ModifiedAt });
        return new AreaTree(nodes, make.Id + 1, FileCount + (make.IsDirectory ? 0 : 1), CheckpointBytes + node.CheckpointBytes, UsedBlocks, Point, Answers);
    }

    private AreaTree Remove(long id, List<Blocks> freed)
    {
        if (id == RootId || Find(id) is not { } top)
            throw new MalformedException($"node {id} cannot be removed");
        var nodes = _nodes.ToBuilder();
        var (files, bytes, blocks) = (0L, 0L, 0L);
        var going = new Stack<AreaNode>([top]);
        while (going.TryPop(out var node))
        {
            nodes.Remove(node.Id);
            bytes += node.CheckpointBytes;
            if (node is DirectoryNode directory)
            {
                foreach (var item in directory.Items)
                    going.Push(_nodes[item.Id]);
                continue;
            }
            files++;
            var runs = ((FileNode)node).AllBlocks();
            blocks += runs.Sum(run => run.Count);
            freed.AddRange(runs);
        }
        var parent = (DirectoryNode)_nodes[top.ParentId];
        nodes[parent.Id] = parent with { Items = parent.Items.Remove(new DirectoryItem(top.Name, id)) };
        return new AreaTree(nodes.ToImmutable(), NextId, FileCount - files, CheckpointBytes - bytes, UsedBlocks - blocks, Point, Answers);
    }

    private AreaTree Move(MoveNode move, List<Blocks> freed)
    {
        var target = RequireParent(move.ParentId, move.Name);
        if (move.Id == RootId || Find(move.Id) is not { } node || (node is DirectoryNode && IsWithin(move.ParentId, move.Id)))
            throw new MalformedException($"node {move.Id} cannot be moved");
        var tree = this;
        if (target.Items.TryGetValue(new DirectoryItem(move.Name, 0), out var replaced))
        {
            if (replaced.Id == move.Id)
                return this;
            if (IsWithin(move.Id, replaced.Id))
                throw new MalformedException($"node {move.Id} cannot replace what it lies in");
            tree = Remove(replaced.Id, freed);
        }
        var source = (DirectoryNode)tree._nodes[node.ParentId];
        var nodes = tree._nodes.SetItem(source.Id, source with { Items = source.Items.Remove(new DirectoryItem(node.Name, node.Id)) });
        var to = (DirectoryNode)nodes[move.ParentId];
        var moved = node with { ParentId = move.ParentId, Name = move.Name };
        nodes = nodes.SetItem(to.Id, to with { Items = to.Items.Add(new DirectoryItem(move.Name, node.Id)) }).SetItem(node.Id, moved);
        return new AreaTree(nodes, NextId, tree.FileCount, tree.CheckpointBytes - node.CheckpointBytes + moved.CheckpointBytes, tree.UsedBlocks, Point, Answers);
    }

    private AreaTree Write(WriteContent write, List<Blocks> freed)
    {
        if (Find(write.Id) is not FileNode file || write.From > write.To
            || (write.SizeBytes < file.SizeBytes && (write.To < file.SizeBytes || write.From > write.SizeBytes)))
            throw new MalformedException($"node {write.Id} cannot be written");
        var before = freed.Count;
        var written = file.After(write, freed);
        var blocks = write.Extents.Sum(extent => extent.Blocks.Count) - freed.Skip(before).Sum(run => run.Count);
        return new AreaTree(
            _nodes.SetItem(file.Id, written), NextId, FileCount, CheckpointBytes - file.CheckpointBytes + written.CheckpointBytes, UsedBlocks + blocks, Point, Answers);
    }

    private AreaTree Record(RecordAnswer record)
    {
        var node = record.NodeId == 0 ? null : Find(record.NodeId) ?? throw new MalformedException($"an answer is about node {record.NodeId}, which is not there");
        var answer = new RequestAnswer(
            record.Request, record.NodeId, node is DirectoryNode, (node as FileNode)?.SizeBytes ?? 0, node?.ModifiedAt ?? DateTimeOffset.UnixEpoch, (node as FileNode)?.Crc);
        return new AreaTree(_nodes, NextId, FileCount, CheckpointBytes, UsedBlocks, Point, Answers.With(answer));
    }

    private DirectoryNode RequireParent(long id, string name)
    {
        try
        {
            AreaPath.RequireName(name);
        }
        catch (BlockStoreException e)
        {
            throw new MalformedException(e.Message);
        }
        return Find(id) as DirectoryNode ?? throw new MalformedException($"node {id} is not a directory");
    }
}

/// <summary>A place in the log: what came last, and where what comes next lies.</summary>
/// <param name="Position">The last batch that was applied.</param>
/// <param name="Next">Where the next batch lies, unless a writer began anew.</param>
/// <param name="Chain">The chain value of the last batch.</param>
/// <param name="Head">Content that came in the log before this place is in its place on the image.</param>
internal sealed record LogPoint(AreaPosition Position, long Next, uint Chain, long Head);
