using System.Collections.Immutable;

namespace Mooring.Storage.Files;

/// <summary>What each operation does to the tree as it is then, or why it may not. Pure: adds changes to the batch and nothing else.</summary>
internal static class AreaDecisions
{
    /// <summary>The largest file, in bytes (1 EiB).</summary>
    public const long FileBytesMax = 1L << 60;

    /// <summary>Content: in memory, to travel in the batch, or stored on the image already (extents from offset 0 on).</summary>
    internal readonly record struct Content(ReadOnlyMemory<byte> Inline, IReadOnlyList<Extent>? Stored, long Length)
    {
        public static Content InBatch(ReadOnlyMemory<byte> bytes) => new(bytes, null, bytes.Length);

        public static Content OnImage(IReadOnlyList<Extent> extents, long length) => new(default, extents, length);

        public ImmutableArray<Extent> At(BatchBuilder batch, long fileOffset) => Stored is null
            ? batch.AddContent(fileOffset, Inline.Span)
            : Extent.Join(Stored.Select(extent => extent with { FileOffset = extent.FileOffset + fileOffset }));
    }

    /// <summary>
    /// Lets an operation happen once for a part of a request: when the part has changed the area already, its answer is given again and nothing changes.
    /// </summary>
    /// <param name="request">The part; null for an operation that is nobody's request.</param>
    /// <param name="names">The path of the entry that is answered.</param>
    /// <param name="decide">The operation.</param>
    /// <param name="repeated">Told whether the answer was known.</param>
    public static Func<BatchBuilder, AreaEntry?> Once(RequestPart? request, string[] names, Func<BatchBuilder, AreaEntry?> decide, Action<bool>? repeated = null) =>
        request is not { } part ? decide : batch =>
        {
            var known = batch.Tree.Answers.Find(part);
            repeated?.Invoke(known is not null);
            if (known is not null)
                return known.EntryAt(AreaPath.Join(names));
            var entry = decide(batch);
            batch.Add(new RecordAnswer(part, entry?.Id ?? 0));
            return entry;
        };

    /// <summary>Lets an operation happen only if something stands under a path.</summary>
    /// <param name="condition">What; null for an operation without a condition.</param>
    /// <param name="names">The path.</param>
    /// <param name="decide">The operation.</param>
    public static Func<BatchBuilder, AreaEntry?> If(AreaCondition? condition, string[] names, Func<BatchBuilder, AreaEntry?> decide) =>
        condition is null ? decide : batch => condition.Holds(batch.Tree.Walk(names, names.Length) is { } there ? batch.Tree.EntryOf(there, AreaPath.Join(names)) : null)
            ? decide(batch)
            : throw AreaErrors.NotAsKnown(AreaPath.Join(names));

    public static AreaEntry WriteFile(BatchBuilder batch, string[] names, Content content, DateTimeOffset at, bool createNew)
    {
        var file = FileAt(batch, names, at, createNew, mayMake: true);
        batch.Add(new WriteContent(file.Id, 0, long.MaxValue, content.Length, content.At(batch, 0), at));
        return EntryOf(batch, file.Id, names);
    }

    public static AreaEntry WriteRange(BatchBuilder batch, string[] names, long? offset, Content content, DateTimeOffset at)
    {
        var file = FileAt(batch, names, at, createNew: false, mayMake: true);
        var from = offset ?? file.SizeBytes;
        RequireSize(from + content.Length);
        if (content.Length > 0)
            batch.Add(new WriteContent(file.Id, from, from + content.Length, Math.Max(file.SizeBytes, from + content.Length), content.At(batch, from), at));
        return EntryOf(batch, file.Id, names);
    }

    public static AreaEntry Truncate(BatchBuilder batch, string[] names, long sizeBytes, DateTimeOffset at)
    {
        RequireSize(sizeBytes);
        var file = FileAt(batch, names, at, createNew: false, mayMake: false);
        batch.Add(new WriteContent(file.Id, Math.Min(sizeBytes, file.SizeBytes), long.MaxValue, sizeBytes, [], at));
        return EntryOf(batch, file.Id, names);
    }

    public static AreaEntry Begin(BatchBuilder batch, string[] names, bool resume, DateTimeOffset at) =>
        EntryOf(batch, FileAt(batch, names, at, createNew: !resume, mayMake: !resume).Id, names);

    /// <summary>Chunks of a file that is written piece by piece; the file may have been renamed meanwhile.</summary>
    public static AreaEntry AddChunks(BatchBuilder batch, long id, long from, long to, IReadOnlyList<Extent> extents, DateTimeOffset at)
    {
        if (batch.Tree.Find(id) is not FileNode file)
            throw AreaErrors.NotFound($"file {id} (it was removed or replaced while it was written)");
        // Another client has cut it or written to it: where these bytes would go is not its end any more.
        if (file.SizeBytes != from)
            throw AreaErrors.Changed(batch.Tree.PathOf(file));
        RequireSize(to);
        batch.Add(new WriteContent(id, from, to, to, Extent.Join(extents), at));
        return batch.Tree.EntryOf(batch.Tree.Find(id)!, batch.Tree.PathOf(file));
    }

    public static AreaEntry MakeDirectory(BatchBuilder batch, string[] names, bool parents, DateTimeOffset at)
    {
        if (names.Length == 0)
            return parents ? EntryOf(batch, AreaTree.RootId, names) : throw AreaErrors.Exists("/");
        for (var depth = parents ? 1 : names.Length; depth <= names.Length; depth++)
        {
            if (batch.Tree.Walk(names, depth) is { } there)
            {
                if (there is not DirectoryNode && depth < names.Length)
                    throw AreaErrors.NotDirectory(AreaPath.Join(names.Take(depth)));
                if (there is not DirectoryNode || !parents)
                    throw AreaErrors.Exists(AreaPath.Join(names.Take(depth)));
                continue;
            }
            batch.Add(new MakeNode(batch.Tree.NextId, ParentOf(batch.Tree, names, depth).Id, names[depth - 1], true, at));
        }
        return EntryOf(batch, batch.Tree.Require(names, names.Length).Id, names);
    }

    public static AreaEntry Rename(BatchBuilder batch, string[] from, string[] to, bool replace)
    {
        if (from.Length == 0 || to.Length == 0)
            throw AreaErrors.Invalid("the root cannot be renamed or replaced");
        var node = batch.Tree.Require(from, from.Length);
        var parent = ParentOf(batch.Tree, to, to.Length);
        if (node is DirectoryNode && batch.Tree.IsWithin(parent.Id, node.Id))
            throw AreaErrors.Invalid($"{AreaPath.Join(from)} cannot be moved into itself");
        var replaced = batch.Tree.Walk(to, to.Length);
        if (replaced?.Id == node.Id)
            return EntryOf(batch, node.Id, to);
        if (replaced is not null && !replace)
            throw AreaErrors.Exists(AreaPath.Join(to));
        if (replaced is DirectoryNode && node is FileNode)
            throw AreaErrors.IsDirectory(AreaPath.Join(to));
        if (replaced is FileNode && node is DirectoryNode)
            throw AreaErrors.NotDirectory(AreaPath.Join(to));
        if (replaced is DirectoryNode { Items.Count: > 0 })
            throw AreaErrors.NotEmpty(AreaPath.Join(to));
        batch.Add(new MoveNode(node.Id, parent.Id, to[^1]));
        return EntryOf(batch, node.Id, to);
    }

    public static void Remove(BatchBuilder batch, string[] names, bool recursive)
    {
        if (names.Length == 0)
            throw AreaErrors.Invalid("the root cannot be removed");
        var node = batch.Tree.Require(names, names.Length);
        if (node is DirectoryNode { Items.Count: > 0 } && !recursive)
            throw AreaErrors.NotEmpty(AreaPath.Join(names));
        batch.Add(new RemoveNode(node.Id));
    }

    private static FileNode FileAt(BatchBuilder batch, string[] names, DateTimeOffset at, bool createNew, bool mayMake)
    {
        if (names.Length == 0)
            throw AreaErrors.IsDirectory("/");
        var parent = ParentOf(batch.Tree, names, names.Length);
        switch (batch.Tree.Walk(names, names.Length))
        {
            case DirectoryNode:
                throw createNew ? AreaErrors.Exists(AreaPath.Join(names)) : AreaErrors.IsDirectory(AreaPath.Join(names));
            case FileNode file:
                return createNew ? throw AreaErrors.Exists(AreaPath.Join(names)) : file;
            default:
                if (!mayMake)
                    throw AreaErrors.NotFound(AreaPath.Join(names));
                var id = batch.Tree.NextId;
                batch.Add(new MakeNode(id, parent.Id, names[^1], false, at));
                return (FileNode)batch.Tree.Find(id)!;
        }
    }

    private static DirectoryNode ParentOf(AreaTree tree, string[] names, int depth) =>
        tree.Require(names, depth - 1) as DirectoryNode ?? throw AreaErrors.NotDirectory(AreaPath.Join(names.Take(depth - 1)));

    private static AreaEntry EntryOf(BatchBuilder batch, long id, string[] names) => batch.Tree.EntryOf(batch.Tree.Find(id)!, AreaPath.Join(names));

    public static void RequireSize(long sizeBytes)
    {
        if (sizeBytes < 0)
            throw AreaErrors.Invalid("a file has no negative size");
        if (sizeBytes > FileBytesMax)
            throw AreaErrors.TooBig($"a file has at most {FileBytesMax} bytes");
    }
}
