using Mooring.Messages;

namespace Mooring.Storage.Files;

/// <summary>
/// What operations on files and directories by their ids do to the tree, as Linux's system calls would have it. Pure, as <see cref="AreaDecisions"/>. Only what
/// is made new is answered by its id: the rest is about ids that the client has.
/// </summary>
internal static class AreaNodeDecisions
{
    /// <summary>A file that was removed while a mount has it open stands in the root under such a name, until that mount closes it.</summary>
    public const string OpenPrefix = VolumeId.ReservedPrefix + "open.";

    private const string SwapPrefix = VolumeId.ReservedPrefix + "swap.";
    private const int SetGroupId = 0x400;

    public static AreaEntry Make(BatchBuilder batch, long parentId, string name, NewNode made, DateTimeOffset at)
    {
        var parent = batch.Tree.RequireDirectory(parentId);
        AreaPath.RequireName(name);
        if (batch.Tree.ChildOf(parent, name) is { } there)
            return made.MayExist && there is FileNode ? EntryOf(there) : throw AreaErrors.Exists(name);
        var id = batch.Tree.NextId;
        batch.Add(new MakeNode(id, parentId, name, made.IsDirectory, at));
        var attributes = made.Attributes with { ChangedAt = at };
        // In a directory with the set-group-id bit everything belongs to its group.
        if (parent.Attributes is { } above && (above.Mode & SetGroupId) != 0)
            attributes = attributes with { Gid = above.Gid, Mode = made.IsDirectory ? attributes.Mode | SetGroupId : attributes.Mode };
        batch.Add(new SetNode(id, at, attributes));
        if (!made.Content.IsEmpty)
            batch.Add(new WriteContent(id, 0, long.MaxValue, made.Content.Length, batch.AddContent(0, made.Content.Span), at));
        return EntryOf(batch.Tree.Find(id)!);
    }

    public static void Write(BatchBuilder batch, long id, long? offset, AreaDecisions.Content content, DateTimeOffset at)
    {
        var file = RequireFile(batch.Tree, id);
        var from = offset ?? file.SizeBytes;
        AreaDecisions.RequireSize(from + content.Length);
        if (content.Length > 0)
            batch.Add(new WriteContent(id, from, from + content.Length, Math.Max(file.SizeBytes, from + content.Length), content.At(batch, from), at));
    }

    /// <summary>What lies between two offsets becomes zeros that take no space; the size stays, or grows when it is to.</summary>
    public static void Punch(BatchBuilder batch, long id, long from, long to, bool grow, DateTimeOffset at)
    {
        var file = RequireFile(batch.Tree, id);
        AreaDecisions.RequireSize(to);
        var end = grow ? to : Math.Min(to, file.SizeBytes);
        if (end > from)
            batch.Add(new WriteContent(id, from, end, Math.Max(file.SizeBytes, end), [], at));
    }

    /// <summary>The file is at least so long.</summary>
    public static void Extend(BatchBuilder batch, long id, long sizeBytes, DateTimeOffset at)
    {
        var file = RequireFile(batch.Tree, id);
        AreaDecisions.RequireSize(sizeBytes);
        if (sizeBytes > file.SizeBytes)
            batch.Add(new WriteContent(id, file.SizeBytes, long.MaxValue, sizeBytes, [], at));
    }

    public static void Set(BatchBuilder batch, long id, NodeChange change, DateTimeOffset at)
    {
        if (change.SizeBytes is { } size)
        {
            var file = RequireFile(batch.Tree, id);
            AreaDecisions.RequireSize(size);
            batch.Add(new WriteContent(id, Math.Min(size, file.SizeBytes), long.MaxValue, size, [], at));
        }
        var node = batch.Tree.Find(id) ?? throw AreaErrors.Stale(id);
        var before = node.Attributes ?? change.Otherwise;
        var after = before with
        {
            Mode = change.Mode is { } mode ? (before.Mode & ~0xFFF) | (mode & 0xFFF) : before.Mode,
            Uid = change.Uid ?? before.Uid,
            Gid = change.Gid ?? before.Gid,
            AccessedAt = change.AccessedAt ?? before.AccessedAt,
            ChangedAt = at,
        };
        batch.Add(new SetNode(id, change.ModifiedAt ?? node.ModifiedAt, after));
    }

    /// <summary>Sets an extended attribute; without a value it goes.</summary>
    public static void SetExtended(BatchBuilder batch, long id, string name, ReadOnlyMemory<byte>? value, ExtendedMode mode, AreaAttributes otherwise, DateTimeOffset at)
    {
        var node = batch.Tree.Find(id) ?? throw AreaErrors.Stale(id);
        var before = node.Attributes ?? otherwise;
        var there = before.Extended.ContainsKey(name);
        if (there ? mode == ExtendedMode.Create : mode == ExtendedMode.Replace || value is null)
            throw there ? AreaErrors.Exists(name) : AreaErrors.NoAttribute(name);
        var after = before with { ChangedAt = at, Extended = value is { } bytes ? before.Extended.SetItem(name, [.. bytes.Span]) : before.Extended.Remove(name) };
        if (after.ExtendedBytes > AreaAttributes.ExtendedBytesMax)
            throw AreaErrors.NoSpace($"extended attributes of one file take at most {AreaAttributes.ExtendedBytesMax} bytes");
        batch.Add(new SetNode(id, node.ModifiedAt, after));
    }

    public static void Remove(BatchBuilder batch, long parentId, string name, bool directory, long open, DateTimeOffset at)
    {
        var node = batch.Tree.ChildOf(batch.Tree.RequireDirectory(parentId), name) ?? throw AreaErrors.NotFound(name);
        if (directory && node is not DirectoryNode)
            throw AreaErrors.NotDirectory(name);
        if (!directory && node is DirectoryNode)
            throw AreaErrors.IsDirectory(name);
        Drop(batch, node, open, at);
        Touch(batch, parentId, at);
    }

    public static void Rename(BatchBuilder batch, NodeMove move, DateTimeOffset at)
    {
        var (from, to) = (batch.Tree.RequireDirectory(move.ParentId), batch.Tree.RequireDirectory(move.NewParentId));
        AreaPath.RequireName(move.NewName);
        var node = batch.Tree.ChildOf(from, move.Name) ?? throw AreaErrors.NotFound(move.Name);
        var target = batch.Tree.ChildOf(to, move.NewName);
        if (node is DirectoryNode && batch.Tree.IsWithin(to.Id, node.Id))
            throw AreaErrors.Invalid($"{move.Name} cannot be moved into itself");
        if (move.Exchange)
        {
            if (target is null)
                throw AreaErrors.NotFound(move.NewName);
            Exchange(batch, node, target);
        }
        else
        {
            if (target?.Id == node.Id)
                return;
            if (target is not null)
                MakeWay(batch, move, node, target, at);
            batch.Add(new MoveNode(node.Id, to.Id, move.NewName));
        }
        Touch(batch, from.Id, at);
        if (to.Id != from.Id)
            Touch(batch, to.Id, at);
    }

    /// <summary>A file that was removed while it was open is closed; nothing happens to any other.</summary>
    public static void Close(BatchBuilder batch, long id)
    {
        if (batch.Tree.Find(id) is FileNode { ParentId: AreaTree.RootId } file && file.Name == OpenName(id))
            batch.Add(new RemoveNode(id));
    }

    public static string OpenName(long id) => OpenPrefix + id.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static void MakeWay(BatchBuilder batch, NodeMove move, AreaNode node, AreaNode target, DateTimeOffset at)
    {
        if (!move.Replace)
            throw AreaErrors.Exists(move.NewName);
        if (target is DirectoryNode && node is FileNode)
            throw AreaErrors.IsDirectory(move.NewName);
        if (target is FileNode && node is DirectoryNode)
            throw AreaErrors.NotDirectory(move.NewName);
        Drop(batch, target, move.Open, at);
    }

    private static void Drop(BatchBuilder batch, AreaNode node, long open, DateTimeOffset at)
    {
        if (node is DirectoryNode { Items.Count: > 0 })
            throw AreaErrors.NotEmpty(node.Name);
        if (node.Id != open || node is DirectoryNode)
        {
            batch.Add(new RemoveNode(node.Id));
            return;
        }
        batch.Add(new MoveNode(node.Id, AreaTree.RootId, OpenName(node.Id)));
        // By this time it is known how long nobody has said that it is still open.
        batch.Add(new SetNode(node.Id, node.ModifiedAt, (node.Attributes ?? new AreaAttributes(0, 0, 0, null, at)) with { ChangedAt = at }));
    }

    private static void Exchange(BatchBuilder batch, AreaNode one, AreaNode other)
    {
        if (one.Id == other.Id)
            return;
        if (other is DirectoryNode && batch.Tree.IsWithin(one.ParentId, other.Id))
            throw AreaErrors.Invalid($"{other.Name} cannot be moved into itself");
        batch.Add(new MoveNode(one.Id, AreaTree.RootId, SwapPrefix + one.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        batch.Add(new MoveNode(other.Id, one.ParentId, one.Name));
        batch.Add(new MoveNode(one.Id, other.ParentId, other.Name));
    }

    private static void Touch(BatchBuilder batch, long id, DateTimeOffset at) => batch.Add(new SetNode(id, at, batch.Tree.Find(id)!.Attributes));

    private static FileNode RequireFile(AreaTree tree, long id) => tree.Find(id) switch
    {
        FileNode file => file,
        { } directory => throw AreaErrors.IsDirectory(tree.PathOf(directory)),
        null => throw AreaErrors.Stale(id),
    };

    private static AreaEntry EntryOf(AreaNode node) => new(node.Name, node.Id, node is DirectoryNode, (node as FileNode)?.SizeBytes ?? 0, node.ModifiedAt, null);
}

/// <summary>A file or directory to be made.</summary>
/// <param name="IsDirectory">Whether it is a directory.</param>
/// <param name="Attributes">What it begins with.</param>
/// <param name="Content">What a file begins with: at most a page.</param>
/// <param name="MayExist">Whether a file that is there already is as good.</param>
public sealed record NewNode(bool IsDirectory, AreaAttributes Attributes, ReadOnlyMemory<byte> Content, bool MayExist);

/// <summary>What is to be changed of a file or directory; null leaves it.</summary>
/// <param name="Otherwise">The attributes of one that has none yet.</param>
/// <param name="Mode">Permissions.</param>
/// <param name="Uid">The owner.</param>
/// <param name="Gid">The group.</param>
/// <param name="SizeBytes">The size of a file.</param>
/// <param name="AccessedAt">The time of access.</param>
/// <param name="ModifiedAt">When its content changed.</param>
public sealed record NodeChange(
    AreaAttributes Otherwise, int? Mode = null, int? Uid = null, int? Gid = null, long? SizeBytes = null, DateTimeOffset? AccessedAt = null, DateTimeOffset? ModifiedAt = null);

/// <summary>A new name for a file or directory.</summary>
/// <param name="ParentId">The directory that it is in.</param>
/// <param name="Name">Its name there.</param>
/// <param name="NewParentId">The directory that it goes to.</param>
/// <param name="NewName">Its name there.</param>
/// <param name="Replace">Whether what has that name goes: a file for a file, an empty directory for a directory.</param>
/// <param name="Exchange">Whether what has that name gets this one's.</param>
/// <param name="Open">When it is this one that goes, it stays for who has it open; 0 for none.</param>
public sealed record NodeMove(long ParentId, string Name, long NewParentId, string NewName, bool Replace, bool Exchange, long Open);

/// <summary>Whether an extended attribute may or must be there before it is set.</summary>
public enum ExtendedMode
{
    /// <summary>Either way.</summary>
    Set,

    /// <summary>It must not be there.</summary>
    Create,

    /// <summary>It must be there.</summary>
    Replace,
}
