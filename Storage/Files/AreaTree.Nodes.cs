namespace Mooring.Storage.Files;

/// <content>By id, as an operating system asks.</content>
public sealed partial class AreaTree
{
    /// <summary>What has an id.</summary>
    /// <param name="id">The id.</param>
    /// <returns>It.</returns>
    /// <exception cref="BlockStoreException"><see cref="Messages.ErrorKind.NotFound"/> when it is gone.</exception>
    public AreaNodeInfo Node(long id) => InfoOf(Find(id) ?? throw AreaErrors.Stale(id));

    /// <summary>What has a name in a directory.</summary>
    /// <param name="directory">The directory's id.</param>
    /// <param name="name">The name.</param>
    /// <returns>It, or null.</returns>
    /// <exception cref="BlockStoreException"><see cref="Messages.ErrorKind.NotFound"/> when the directory is gone;
    /// <see cref="Messages.ErrorKind.InvalidArgument"/> when it is none.</exception>
    public AreaNodeInfo? Child(long directory, string name) => ChildOf(RequireDirectory(directory), name) is { } node ? InfoOf(node) : null;

    /// <summary>What is in a directory, in the order of the names (ordinal), page by page.</summary>
    /// <param name="directory">The directory's id.</param>
    /// <param name="after">The page begins after this name; null begins at the start.</param>
    /// <param name="limit">At most so many.</param>
    /// <returns>The entries.</returns>
    /// <exception cref="BlockStoreException">As in <see cref="Child"/>.</exception>
    public IReadOnlyList<AreaNodeInfo> Children(long directory, string? after, int limit)
    {
        var items = RequireDirectory(directory).Items;
        var begin = 0;
        if (after is not null)
        {
            begin = items.IndexOf(new DirectoryItem(after, 0));
            begin = begin < 0 ? ~begin : begin + 1;
        }
        var page = new List<AreaNodeInfo>(Math.Min(limit, items.Count - begin));
        for (var i = begin; i < items.Count && page.Count < limit; i++)
            page.Add(InfoOf(_nodes[items[i].Id]));
        return page;
    }

    /// <summary>Where in a file bytes that are stored, or a hole, come next.</summary>
    /// <param name="id">The file's id.</param>
    /// <param name="offset">From where on to look, in bytes.</param>
    /// <param name="holes">Whether a hole is looked for; the file's end counts as one.</param>
    /// <returns>The offset, or null when there is none.</returns>
    /// <exception cref="BlockStoreException">As in <see cref="Node"/>; <see cref="Messages.ErrorKind.InvalidArgument"/> for a directory.</exception>
    public long? SeekNode(long id, long offset, bool holes)
    {
        if ((Find(id) ?? throw AreaErrors.Stale(id)) is not FileNode file)
            throw AreaErrors.IsDirectory($"node {id}");
        if (offset < 0 || offset >= file.SizeBytes)
            return null;
        var first = file.FirstAfter(offset);
        if (!holes)
            return first < file.Extents.Length ? Math.Max(offset, file.Extents[first].FileOffset) : null;
        for (; first < file.Extents.Length && file.Extents[first].FileOffset <= offset; first++)
            offset = file.Extents[first].FileEnd;
        return offset;
    }

    internal DirectoryNode RequireDirectory(long id) => Find(id) switch
    {
        DirectoryNode directory => directory,
        { } file => throw AreaErrors.NotDirectory(PathOf(file)),
        null => throw AreaErrors.Stale(id),
    };

    internal AreaNode? ChildOf(DirectoryNode directory, string name) => directory.Items.TryGetValue(new DirectoryItem(name, 0), out var item) ? _nodes[item.Id] : null;

    private static AreaNodeInfo InfoOf(AreaNode node) => node is FileNode file
        ? new AreaNodeInfo(file.Id, file.ParentId, file.Name, false, file.SizeBytes, file.Extents.Sum(extent => (long)extent.Length), file.ModifiedAt, file.Attributes)
        : new AreaNodeInfo(node.Id, node.ParentId, node.Name, true, 0, 0, node.ModifiedAt, node.Attributes);

    private AreaTree Set(SetNode change)
    {
        if (Find(change.Id) is not { } node)
            throw new MalformedException($"node {change.Id} is not there");
        var set = node with { ModifiedAt = change.ModifiedAt, Attributes = change.Attributes };
        return new AreaTree(_nodes.SetItem(node.Id, set), NextId, FileCount, CheckpointBytes - node.CheckpointBytes + set.CheckpointBytes, UsedBlocks, Point, Answers);
    }
}
