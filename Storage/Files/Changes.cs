using System.Collections.Immutable;

namespace Mooring.Storage.Files;

/// <summary>One step of a batch: what the log records and the tree applies.</summary>
internal abstract record Change
{
    private const byte MakeNodeTag = 1, RemoveNodeTag = 2, MoveNodeTag = 3, WriteContentTag = 4, RecordAnswerTag = 5, SetNodeTag = 6;

    /// <summary>Puts it into the form of the log. Extents whose bytes come in the same batch give their place relative to its begin.</summary>
    public void Encode(ByteWriter writer, long batchPosition)
    {
        switch (this)
        {
            case MakeNode make:
                writer.U8(MakeNodeTag).I64(make.Id).I64(make.ParentId).U8(make.IsDirectory ? (byte)1 : (byte)0).I64(make.ModifiedAt.UtcTicks).Text(make.Name);
                break;
            case RemoveNode remove:
                writer.U8(RemoveNodeTag).I64(remove.Id);
                break;
            case MoveNode move:
                writer.U8(MoveNodeTag).I64(move.Id).I64(move.ParentId).Text(move.Name);
                break;
            case WriteContent write:
                writer.U8(WriteContentTag).I64(write.Id).I64(write.From).I64(write.To).I64(write.SizeBytes).I64(write.ModifiedAt.UtcTicks).I32(write.Extents.Length);
                foreach (var extent in write.Extents)
                {
                    ExtentCodec.Encode(writer, extent);
                    writer.I32(extent.LogPosition < 0 ? -1 : checked((int)(extent.LogPosition - batchPosition)));
                }
                break;
            case SetNode set:
                writer.U8(SetNodeTag).I64(set.Id).I64(set.ModifiedAt.UtcTicks).U8(set.Attributes is null ? (byte)0 : (byte)1);
                set.Attributes?.Encode(writer);
                break;
            case RecordAnswer record:
                writer.U8(RecordAnswerTag).Guid(record.Request.Request).I64(record.Request.Part).I64(record.NodeId);
                break;
            default:
                throw new NotSupportedException($"{GetType()} has no form in the log");
        }
    }

    /// <summary>Reads one.</summary>
    /// <exception cref="MalformedException">It is none.</exception>
    public static Change Decode(ref ByteReader reader, long batchPosition, AreaLayout layout) => reader.U8() switch
    {
        MakeNodeTag => DecodeMake(ref reader),
        RemoveNodeTag => new RemoveNode(reader.I64()),
        MoveNodeTag => new MoveNode(reader.I64(), reader.I64(), reader.Text()),
        WriteContentTag => DecodeWrite(ref reader, batchPosition, layout),
        SetNodeTag => new SetNode(reader.I64(), ExtentCodec.Time(reader.I64()), reader.U8() == 0 ? null : AreaAttributes.Decode(ref reader)),
        RecordAnswerTag => DecodeRecord(ref reader),
        var tag => throw new MalformedException($"a change of kind {tag} is not known"),
    };

    private static MakeNode DecodeMake(ref ByteReader reader)
    {
        var (id, parent, kind, at) = (reader.I64(), reader.I64(), reader.U8(), ExtentCodec.Time(reader.I64()));
        return new MakeNode(id, parent, reader.Text(), kind == 1, at);
    }

    private static RecordAnswer DecodeRecord(ref ByteReader reader)
    {
        var record = new RecordAnswer(new RequestPart(reader.Guid(), reader.I64()), reader.I64());
        return record is { Request.Part: >= 0, NodeId: >= 0 } ? record : throw new MalformedException("an answer has impossible numbers");
    }

    private static WriteContent DecodeWrite(ref ByteReader reader, long batchPosition, AreaLayout layout)
    {
        var (id, from, to, size, at) = (reader.I64(), reader.I64(), reader.I64(), reader.I64(), ExtentCodec.Time(reader.I64()));
        var count = reader.I32();
        if (from < 0 || to < from || size < 0 || count < 0 || count > reader.Left)
            throw new MalformedException("a write has impossible numbers");
        var extents = ImmutableArray.CreateBuilder<Extent>(Math.Min(count, 1024));
        var end = from;
        for (var i = 0; i < count; i++)
        {
            var extent = ExtentCodec.Decode(ref reader, layout);
            var inBatch = reader.I32();
            if (inBatch < -1 || inBatch > layout.BatchBytesMax)
                throw new MalformedException("content is said to lie outside its batch");
            if (extent.FileOffset < end || extent.FileEnd > to || extent.FileEnd > size)
                throw new MalformedException("the extents of a write are not in order");
            end = extent.FileEnd;
            extents.Add(inBatch < 0 ? extent : extent with { LogPosition = batchPosition + inBatch });
        }
        return new WriteContent(id, from, to, size, extents.ToImmutable(), at);
    }
}

/// <summary>A new file or directory, empty.</summary>
internal sealed record MakeNode(long Id, long ParentId, string Name, bool IsDirectory, DateTimeOffset ModifiedAt) : Change;

/// <summary>A file goes, or a directory with all that is in it.</summary>
internal sealed record RemoveNode(long Id) : Change;

/// <summary>A file or directory gets another name; what had that name goes.</summary>
internal sealed record MoveNode(long Id, long ParentId, string Name) : Change;

/// <summary>What a file has from one offset up to another is replaced, and its size set.</summary>
internal sealed record WriteContent(long Id, long From, long To, long SizeBytes, ImmutableArray<Extent> Extents, DateTimeOffset ModifiedAt) : Change;

/// <summary>The time and the attributes of a file or directory become these.</summary>
internal sealed record SetNode(long Id, DateTimeOffset ModifiedAt, AreaAttributes? Attributes) : Change;

/// <summary>The changes before it in the batch were those of a part of a request, and this node, or none, is the answer.</summary>
internal sealed record RecordAnswer(RequestPart Request, long NodeId) : Change;

/// <summary>Extents and times in the form of the log and of checkpoints.</summary>
internal static class ExtentCodec
{
    public static void Encode(ByteWriter writer, Extent extent)
    {
        writer.I64(extent.FileOffset).I32(extent.Length).I32(extent.Skip).I64(extent.ImageOffset).I32(extent.StoredBytes);
        foreach (var crc in extent.Crcs)
            writer.U32(crc);
    }

    public static Extent Decode(ref ByteReader reader, AreaLayout layout)
    {
        var (fileOffset, length, skip, imageOffset, stored) = (reader.I64(), reader.I32(), reader.I32(), reader.I64(), reader.I32());
        if (stored is <= 0 or > Extent.StoredBytesMax)
            throw new MalformedException($"an extent of {stored} bytes is not possible");
        var crcs = ImmutableArray.CreateBuilder<uint>(AreaLayout.PageCount(stored));
        for (var i = 0; i < crcs.Capacity; i++)
            crcs.Add(reader.U32());
        var extent = new Extent(fileOffset, length, skip, imageOffset, stored, crcs.MoveToImmutable(), -1);
        return extent.Problem(layout) is { } problem ? throw new MalformedException($"an extent is not possible: {problem}") : extent;
    }

    public static DateTimeOffset Time(long ticks) => ticks >= 0 && ticks <= DateTimeOffset.MaxValue.Ticks
        ? new DateTimeOffset(ticks, TimeSpan.Zero)
        : throw new MalformedException("a time is not possible");
}
