using System.Buffers.Binary;
using Mooring.Messages;

namespace Mooring.Storage.Files;

/// <summary>
/// The head of a batch of the log, 96 bytes. Content follows it, then the changes; the whole is padded to a block. What readers are told is the
/// head and the changes.
/// </summary>
/// <param name="AreaId">The area.</param>
/// <param name="Epoch">The writer's epoch.</param>
/// <param name="Sequence">Its number.</param>
/// <param name="Position">Where in the log it lies.</param>
/// <param name="LogHead">Content that came in the log before this position is in its place.</param>
/// <param name="Previous">The chain value of the batch before.</param>
/// <param name="ContentBytes">How much content follows.</param>
/// <param name="ContentCrc">Its checksum.</param>
/// <param name="ChangesBytes">How many bytes of changes follow that.</param>
/// <param name="ChangesCrc">Their checksum.</param>
/// <param name="ChangeCount">How many changes these are.</param>
internal sealed record LogBatch(
    Guid AreaId, Epoch Epoch, long Sequence, long Position, long LogHead, uint Previous, int ContentBytes, uint ContentCrc, int ChangesBytes, uint ChangesCrc, int ChangeCount)
{
    public const int HeadBytes = 96;

    // "MLOG"
    private const uint Magic = 0x474F_4C4D;
    private const int CrcAt = HeadBytes - 4;

    /// <summary>How much of the log it takes.</summary>
    public long TotalBytes => AreaLayout.RoundUp((long)HeadBytes + ContentBytes + ChangesBytes);

    /// <summary>Puts the head down.</summary>
    /// <returns>The chain value: the checksum of the head, which has those of the rest in it.</returns>
    public uint Encode(Span<byte> head)
    {
        var writer = new ByteWriter().U32(Magic).U16(Superblock.FormatVersion).U16(0).Guid(AreaId).I64(Epoch.Value).I64(Sequence).I64(Position).I64(LogHead)
            .U32(Previous).I32(ContentBytes).U32(ContentCrc).I32(ChangesBytes).U32(ChangesCrc).I32(ChangeCount);
        head[..HeadBytes].Clear();
        writer.Written.Span.CopyTo(head);
        var crc = Crc32C.Compute(head[..CrcAt]);
        BinaryPrimitives.WriteUInt32LittleEndian(head[CrcAt..], crc);
        return crc;
    }

    /// <summary>Reads a head.</summary>
    /// <param name="head">At least <see cref="HeadBytes"/>.</param>
    /// <param name="layout">Where things lie.</param>
    /// <param name="chain">The chain value.</param>
    /// <exception cref="MalformedException">It is none.</exception>
    public static LogBatch Decode(ReadOnlySpan<byte> head, AreaLayout layout, out uint chain)
    {
        var reader = new ByteReader(head);
        if (reader.U32() != Magic || head.Length < HeadBytes)
            throw new MalformedException("no batch begins here");
        chain = BinaryPrimitives.ReadUInt32LittleEndian(head[CrcAt..]);
        if (chain != Crc32C.Compute(head[..CrcAt]))
            throw new MalformedException("the checksum of a batch's head does not fit");
        if (reader.U16() != Superblock.FormatVersion || reader.U16() != 0)
            throw new MalformedException("a batch is of another version");
        var batch = new LogBatch(
            reader.Guid(), new Epoch(reader.I64()), reader.I64(), reader.I64(), reader.I64(), reader.U32(), reader.I32(), reader.U32(), reader.I32(), reader.U32(), reader.I32());
        if (batch.Sequence < 1 || batch.Position < 0 || batch.LogHead < 0 || batch.LogHead > batch.Position || batch.ContentBytes < 0 || batch.ChangesBytes < 0
            || batch.ChangeCount < 0 || batch.ContentBytes > layout.BatchBytesMax || batch.ChangesBytes > layout.BatchBytesMax || batch.TotalBytes > layout.BatchBytesMax)
        {
            throw new MalformedException("a batch has impossible numbers");
        }
        return batch;
    }

    /// <summary>Where in the log its content begins.</summary>
    public long ContentPosition => Position + HeadBytes;

    /// <summary>Reads its changes and applies them.</summary>
    /// <param name="tree">The tree before.</param>
    /// <param name="changes">The bytes of the changes.</param>
    /// <param name="chain">The batch's own chain value.</param>
    /// <param name="layout">Where things lie.</param>
    /// <param name="freed">Takes what is freed.</param>
    /// <exception cref="MalformedException">They are damaged or do not fit the tree.</exception>
    public AreaTree ApplyTo(AreaTree tree, ReadOnlySpan<byte> changes, uint chain, AreaLayout layout, List<Blocks> freed)
    {
        if (changes.Length != ChangesBytes || Crc32C.Compute(changes) != ChangesCrc)
            throw new MalformedException("the checksum of a batch's changes does not fit");
        var reader = new ByteReader(changes);
        for (var i = 0; i < ChangeCount; i++)
            tree = tree.Apply(Change.Decode(ref reader, Position, layout), freed);
        return reader.Left == 0
            ? tree.At(new LogPoint(new AreaPosition(Epoch, Sequence), layout.NextBatch(Position + TotalBytes), chain, Math.Max(tree.Point.Head, LogHead)))
            : throw new MalformedException("a batch has more bytes than changes");
    }
}
