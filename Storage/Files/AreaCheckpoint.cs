using System.Collections.Immutable;

namespace Mooring.Storage.Files;

/// <summary>A tree in the form of a checkpoint: one record after the other, nodes and then answers.</summary>
internal static class AreaCheckpoint
{
    private const byte DirectoryTag = 1, FileTag = 2, AnswerTag = 3, AttributesTag = 4;

    /// <summary>Writes one node.</summary>
    public static void Encode(ByteWriter writer, AreaNode node)
    {
        writer.U8(node is DirectoryNode ? DirectoryTag : FileTag).I64(node.Id).I64(node.ParentId).I64(node.ModifiedAt.UtcTicks).Text(node.Name);
        if (node is FileNode file)
        {
            writer.I64(file.SizeBytes).I32(file.Extents.Length);
            foreach (var extent in file.Extents)
                ExtentCodec.Encode(writer, extent);
        }
        if (node.Attributes is { } attributes)
            attributes.Encode(writer.U8(AttributesTag).I64(node.Id));
    }

    /// <summary>Writes an answer that is remembered.</summary>
    public static void Encode(ByteWriter writer, RequestAnswer answer) => writer.U8(AnswerTag).Guid(answer.Request.Request).I64(answer.Request.Part).I64(answer.NodeId)
        .U8((byte)((answer.IsDirectory ? 1 : 0) | (answer.Crc is null ? 0 : 2))).I64(answer.SizeBytes).I64(answer.ModifiedAt.UtcTicks).U32(answer.Crc ?? 0);

    /// <summary>Reads a whole checkpoint.</summary>
    /// <exception cref="MalformedException">It is damaged.</exception>
    public static AreaTree Decode(ReadOnlySpan<byte> bytes, CheckpointInfo info, AreaLayout layout)
    {
        if (bytes.Length != info.Bytes || Crc32C.Compute(bytes) != info.Crc)
            throw new MalformedException("the checkpoint's checksum does not fit");
        var reader = new ByteReader(bytes);
        var nodes = new Dictionary<long, AreaNode>();
        var answers = RequestAnswers.None(layout.AnswersMax);
        while (reader.Left > 0)
        {
            if (reader.Next == AnswerTag)
            {
                answers = answers.With(DecodeAnswer(ref reader, info));
                continue;
            }
            if (reader.Next == AttributesTag)
            {
                DecodeAttributes(ref reader, nodes);
                continue;
            }
            var node = DecodeNode(ref reader, layout);
            if (node.Id < 1 || node.Id >= info.NextId || !nodes.TryAdd(node.Id, node))
                throw new MalformedException($"node {node.Id} is not possible");
        }
        if (nodes.Count != info.Nodes)
            throw new MalformedException($"the checkpoint has {nodes.Count} nodes instead of {info.Nodes}");
        Link(nodes);
        var point = new LogPoint(new AreaPosition(info.Epoch, info.Sequence), layout.NextBatch(info.Position), info.Chain, info.Position);
        return AreaTree.Restore(nodes.ToImmutableDictionary(), info.NextId, point, answers);
    }

    private static void DecodeAttributes(ref ByteReader reader, Dictionary<long, AreaNode> nodes)
    {
        reader.U8();
        var id = reader.I64();
        if (!nodes.TryGetValue(id, out var node) || node.Attributes is not null)
            throw new MalformedException($"the attributes of node {id} do not follow it");
        nodes[id] = node with { Attributes = AreaAttributes.Decode(ref reader) };
    }

    private static RequestAnswer DecodeAnswer(ref ByteReader reader, CheckpointInfo info)
    {
        reader.U8();
        var request = new RequestPart(reader.Guid(), reader.I64());
        var (node, kind, size, at, crc) = (reader.I64(), reader.U8(), reader.I64(), ExtentCodec.Time(reader.I64()), reader.U32());
        return request.Part >= 0 && node >= 0 && node < info.NextId && size >= 0 && kind <= 2
            ? new RequestAnswer(request, node, kind == 1, size, at, kind == 2 ? crc : null)
            : throw new MalformedException("an answer has impossible numbers");
    }

    private static AreaNode DecodeNode(ref ByteReader reader, AreaLayout layout)
    {
        var (tag, id, parent, at, name) = (reader.U8(), reader.I64(), reader.I64(), ExtentCodec.Time(reader.I64()), reader.Text());
        if (tag == DirectoryTag)
            return new DirectoryNode(id, parent, name, at, DirectoryItem.None);
        if (tag != FileTag)
            throw new MalformedException($"a node of kind {tag} is not known");
        var (size, count) = (reader.I64(), reader.I32());
        if (size < 0 || count < 0 || count > reader.Left)
            throw new MalformedException($"file {id} has impossible numbers");
        var extents = ImmutableArray.CreateBuilder<Extent>(count);
        var end = 0L;
        for (var i = 0; i < count; i++)
        {
            var extent = ExtentCodec.Decode(ref reader, layout);
            if (extent.FileOffset < end || extent.FileEnd > size)
                throw new MalformedException($"the extents of file {id} are not in order");
            end = extent.FileEnd;
            extents.Add(extent);
        }
        return new FileNode(id, parent, name, at, size, extents.MoveToImmutable());
    }

    /// <summary>Fills the directories, and makes sure that everything hangs together below the root.</summary>
    private static void Link(Dictionary<long, AreaNode> nodes)
    {
        if (nodes.GetValueOrDefault(AreaTree.RootId) is not DirectoryNode root || root.ParentId != AreaTree.RootId || root.Name.Length > 0)
            throw new MalformedException("there is no root");
        var children = new Dictionary<long, ImmutableSortedSet<DirectoryItem>.Builder>();
        foreach (var node in nodes.Values)
        {
            if (node.Id == AreaTree.RootId)
                continue;
            if (!children.TryGetValue(node.ParentId, out var items))
            {
                if (nodes.GetValueOrDefault(node.ParentId) is not DirectoryNode)
                    throw new MalformedException($"the parent of node {node.Id} is not a directory");
                children.Add(node.ParentId, items = DirectoryItem.None.ToBuilder());
            }
            if (!items.Add(new DirectoryItem(node.Name, node.Id)))
                throw new MalformedException($"'{node.Name}' is twice in one directory");
        }
        foreach (var (id, items) in children)
            nodes[id] = (DirectoryNode)nodes[id] with { Items = items.ToImmutable() };

        var reached = 1;
        var next = new Stack<long>([AreaTree.RootId]);
        while (next.TryPop(out var id))
        {
            foreach (var item in ((DirectoryNode)nodes[id]).Items)
            {
                reached++;
                if (nodes[item.Id] is DirectoryNode)
                    next.Push(item.Id);
            }
        }
        if (reached != nodes.Count)
            throw new MalformedException("directories are in a circle");
    }
}
