using System.Text;
using Mooring.Messages;
using Mooring.Messages.Wire;
using Mooring.Storage;
using Mooring.Storage.Files;

namespace Mooring.Actors.Files;

/// <summary>The operations of mounts on an area: files and directories by their ids.</summary>
internal sealed class NodeOperations(ServedArea served, TimeProvider clock, RequestAttempt? attempt)
{
    private const int ModeTypes = 0xF000, ModeDirectory = 0x4000, ModeLink = 0xA000;
    private const int RenameNoReplace = 1, RenameExchange = 2;
    private const int KeepSize = 1, PunchHole = 2, ZeroRange = 16;
    private const int Enxio = 6, Enodata = 61, Eopnotsupp = 95;

    /// <summary>Does one operation.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Its result; every expected failure is one.</returns>
    public async Task<NodeResult> RunAsync(NodeOperation operation, CancellationToken cancellationToken)
    {
        try
        {
            RequireNotReserved(operation.Name);
            RequireNotReserved(operation.OtherName);
            return operation.Changes
                ? await ChangeAsync(operation, served.Writer!, clock.GetUtcNow(), cancellationToken).ConfigureAwait(false)
                : await LookAsync(operation, cancellationToken).ConfigureAwait(false);
        }
        catch (BlockStoreException e)
        {
            served.Failed(e.Error);
            return NodeResult.Failed(e.Error);
        }
    }

    private static void RequireNotReserved(string name)
    {
        if (name.StartsWith(VolumeId.ReservedPrefix, StringComparison.Ordinal))
            throw new BlockStoreException(ErrorKind.NotFound, $"names that begin with {VolumeId.ReservedPrefix} are reserved", 2);
    }

    private async Task<NodeResult> LookAsync(NodeOperation operation, CancellationToken cancellationToken)
    {
        var tree = served.Tree;
        switch (operation.Kind)
        {
            case NodeOperationKind.Lookup:
                return One(tree.Child(operation.Node, operation.Name) ?? throw new BlockStoreException(ErrorKind.NotFound, $"there is no '{operation.Name}'", 2));
            case NodeOperationKind.Resolve:
                return One(tree.Node(tree.Get(Inside(operation.Name)).Id));
            case NodeOperationKind.List:
                return List(tree, operation);
            case NodeOperationKind.Read:
                var buffer = GC.AllocateUninitializedArray<byte>((int)Math.Min(operation.Length, NodeOperation.ContentBytesMax));
                var count = await served.ReadNodeAsync(operation.Node, operation.Offset, buffer, cancellationToken).ConfigureAwait(false);
                return NodeResult.Done with { Content = buffer.AsMemory(0, count) };
            case NodeOperationKind.Space:
                return NodeResult.Done with { Numbers = [served.CapacityBytes, Math.Max(0, served.CapacityBytes - tree.UsedBytes), tree.EntryCount] };
            case NodeOperationKind.GetExtended:
                var value = tree.Node(operation.Node).Attributes?.Extended.GetValueOrDefault(operation.Name, default) ?? default;
                return value.IsDefault
                    ? throw new BlockStoreException(ErrorKind.NotFound, $"there is no extended attribute '{operation.Name}'", Enodata)
                    : NodeResult.Done with { Content = value.AsMemory() };
            case NodeOperationKind.ListExtended:
                var names = string.Concat((tree.Node(operation.Node).Attributes?.Extended.Keys ?? []).Select(name => name + '\0'));
                return NodeResult.Done with { Content = Encoding.UTF8.GetBytes(names) };
            case NodeOperationKind.Seek:
                var at = tree.SeekNode(operation.Node, operation.Offset, holes: operation.Flags != 0);
                return at is { } offset ? NodeResult.Done with { Numbers = [offset] } : throw new BlockStoreException(ErrorKind.InvalidArgument, "nothing comes after the offset", Enxio);
            default:
                return One(tree.Node(operation.Node));
        }
    }

    private string Inside(string text)
    {
        if (!FilePath.TryNormalize(text, out var path, out var problem))
            throw new BlockStoreException(ErrorKind.InvalidArgument, problem, 22);
        return FilePath.IsWithin(path, served.Path)
            ? served.Inside(path)
            : throw new BlockStoreException(ErrorKind.InvalidArgument, $"'{path}' does not lie in the area of {served.Path}", 18);
    }

    private static NodeResult List(AreaTree tree, NodeOperation operation)
    {
        var limit = (int)Math.Clamp(operation.Length, 1, NodeOperation.ListMax);
        var page = tree.Children(operation.Node, operation.Name.Length == 0 ? null : operation.Name, limit + 1);
        var (entries, bytes) = (new List<NodeEntry>(Math.Min(limit, page.Count)), 0L);
        foreach (var node in page.Take(limit))
        {
            bytes += (node.Name.Length * 3) + 80;
            if (bytes > FrameConnection.StandardPayloadBytesMax / 2)
                return NodeResult.Done with { Entries = entries, More = true };
            if (!node.Name.StartsWith(VolumeId.ReservedPrefix, StringComparison.Ordinal))
                entries.Add(Entry(node));
        }
        // Names that are not shown stand in the root only; a page of nothing else is followed at once.
        return entries.Count == 0 && page.Count > limit
            ? List(tree, operation with { Name = page[limit - 1].Name })
            : NodeResult.Done with { Entries = entries, More = page.Count > limit };
    }

    private async Task<NodeResult> ChangeAsync(NodeOperation operation, AreaWriter writer, DateTimeOffset now, CancellationToken cancellationToken)
    {
        RequestPart? part = attempt is { } sending ? new RequestPart(sending.Request, 0) : null;
        var id = operation.Node;
        switch (operation.Kind)
        {
            case NodeOperationKind.Make:
                id = await writer.MakeNodeAsync(id, operation.Name, New(operation, now), now, part, cancellationToken).ConfigureAwait(false);
                break;
            case NodeOperationKind.Write:
                if (operation.Content.Length > NodeOperation.ContentBytesMax)
                    throw new BlockStoreException(ErrorKind.InvalidArgument, $"{operation.Content.Length} bytes are too many for one operation", 22);
                await writer.WriteNodeAsync(id, operation.Offset < 0 ? null : operation.Offset, operation.Content, now, part, cancellationToken).ConfigureAwait(false);
                break;
            case NodeOperationKind.Set:
                await writer.SetNodeAsync(id, Change(operation, now), now, part, cancellationToken).ConfigureAwait(false);
                break;
            case NodeOperationKind.Keep:
                await writer.SetNodeAsync(id, new NodeChange(Attributes(operation.Shown, now)), now, part, cancellationToken).ConfigureAwait(false);
                break;
            case NodeOperationKind.Allocate:
                await AllocateAsync(operation, writer, now, part, cancellationToken).ConfigureAwait(false);
                break;
            case NodeOperationKind.SetExtended:
            case NodeOperationKind.RemoveExtended:
                var mode = operation.Flags switch { 1 => ExtendedMode.Create, 2 => ExtendedMode.Replace, _ => ExtendedMode.Set };
                var value = operation.Kind == NodeOperationKind.SetExtended ? operation.Content : (ReadOnlyMemory<byte>?)null;
                await writer.SetExtendedAsync(id, operation.Name, value, mode, Attributes(operation.Shown, now), now, part, cancellationToken).ConfigureAwait(false);
                break;
            case NodeOperationKind.Remove:
                await writer.RemoveNodeAsync(id, operation.Name, operation.Flags != 0, operation.OpenNode, now, part, cancellationToken).ConfigureAwait(false);
                return NodeResult.Done;
            case NodeOperationKind.Rename:
                await writer.MoveNodeAsync(Move(operation), now, part, cancellationToken).ConfigureAwait(false);
                return NodeResult.Done;
            default:
                await writer.CloseNodeAsync(id, part, cancellationToken).ConfigureAwait(false);
                return NodeResult.Done;
        }
        return One(writer.Tree.Node(id));
    }

    private static async Task AllocateAsync(NodeOperation operation, AreaWriter writer, DateTimeOffset now, RequestPart? part, CancellationToken cancellationToken)
    {
        var end = operation.Offset + operation.Length;
        switch (operation.Flags)
        {
            case 0:
                await writer.ExtendNodeAsync(operation.Node, end, now, part, cancellationToken).ConfigureAwait(false);
                break;
            case KeepSize:
                // Space is not set aside: a file takes some when it is written.
                break;
            case PunchHole | KeepSize:
            case ZeroRange | KeepSize:
            case ZeroRange:
                await writer.PunchNodeAsync(operation.Node, operation.Offset, end, operation.Flags == ZeroRange, now, part, cancellationToken).ConfigureAwait(false);
                break;
            default:
                throw new BlockStoreException(ErrorKind.Unsupported, "a file cannot be allocated so", Eopnotsupp);
        }
    }

    private static NewNode New(NodeOperation operation, DateTimeOffset now)
    {
        var directory = (operation.Settings.Mode & ModeTypes) == ModeDirectory;
        if (operation.Content.Length > 0 && (operation.Settings.Mode & ModeTypes) != ModeLink)
            throw new BlockStoreException(ErrorKind.InvalidArgument, "only a symbolic link is made with its content", 22);
        if (operation.Content.Length > AreaPath.PathBytesMax)
            throw new BlockStoreException(ErrorKind.InvalidArgument, $"the target of a link has at most {AreaPath.PathBytesMax} bytes", 36);
        return new NewNode(directory, Attributes(operation.Settings, now), operation.Content, operation.Flags != 0);
    }

    private static AreaAttributes Attributes(NodeSettings settings, DateTimeOffset now) => new(settings.Mode ?? 0, settings.Uid ?? 0, settings.Gid ?? 0, null, now);

    private static NodeChange Change(NodeOperation operation, DateTimeOffset now)
    {
        var set = operation.Settings;
        return new NodeChange(Attributes(operation.Shown, now), set.Mode, set.Uid, set.Gid, set.SizeBytes, Time(set.AccessedTicks, now), Time(set.ModifiedTicks, now));
    }

    private static DateTimeOffset? Time(long? ticks, DateTimeOffset now) => ticks switch
    {
        null => null,
        < 0 => now,
        { } given => new DateTimeOffset(given, TimeSpan.Zero),
    };

    private static NodeMove Move(NodeOperation operation)
    {
        if ((operation.Flags & ~(RenameNoReplace | RenameExchange)) != 0)
            throw new BlockStoreException(ErrorKind.InvalidArgument, "a file cannot be renamed so", 22);
        return new NodeMove(
            operation.Node, operation.Name, operation.OtherNode, operation.OtherName, (operation.Flags & RenameNoReplace) == 0, (operation.Flags & RenameExchange) != 0,
            operation.OpenNode);
    }

    private static NodeResult One(AreaNodeInfo node) => NodeResult.Done with { Entries = [Entry(node)] };

    private static NodeEntry Entry(AreaNodeInfo node)
    {
        var modified = node.ModifiedAt.UtcTicks;
        var (accessed, changed) = (node.Attributes?.AccessedAt?.UtcTicks ?? modified, Math.Max(modified, node.Attributes?.ChangedAt.UtcTicks ?? 0));
        // One that was removed while it was open has no name any more.
        var links = node.Name.StartsWith(VolumeId.ReservedPrefix, StringComparison.Ordinal) ? 0 : 1;
        return new NodeEntry(
            node.Name, node.Id, node.IsDirectory, node.Attributes?.Mode is > 0 and var mode ? mode : null, node.Attributes?.Uid ?? 0, node.Attributes?.Gid ?? 0, links,
            node.SizeBytes, node.UsedBytes, accessed, modified, changed);
    }
}
