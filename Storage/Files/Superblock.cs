using Mooring.Messages;

namespace Mooring.Storage.Files;

/// <summary>Where a writer began in the log: batches from this sequence on are of its epoch and lie from its position on.</summary>
/// <param name="Epoch">The writer's epoch.</param>
/// <param name="Sequence">The number of its first batch.</param>
/// <param name="Position">Where in the log its first batch lies.</param>
/// <param name="Chain">The chain value of the batch before.</param>
internal sealed record Takeover(Epoch Epoch, long Sequence, long Position, uint Chain);

/// <summary>Which checkpoint holds, and where the log goes on after it.</summary>
/// <param name="Region">0 or 1.</param>
/// <param name="Epoch">The epoch of its last batch.</param>
/// <param name="Sequence">The number of the last batch that is in it.</param>
/// <param name="Position">Where in the log the next batch lies. What lies before is free, and content that came in it is in its place.</param>
/// <param name="Chain">The chain value of its last batch.</param>
/// <param name="Bytes">Its size in bytes.</param>
/// <param name="Crc">Its checksum.</param>
/// <param name="Nodes">How many files and directories it has.</param>
/// <param name="NextId">The next id to give.</param>
internal sealed record CheckpointInfo(int Region, Epoch Epoch, long Sequence, long Position, uint Chain, int Bytes, uint Crc, long Nodes, long NextId);

/// <summary>The head of an area; two copies of 512 bytes, always both written, one after the other.</summary>
/// <param name="AreaId">The area.</param>
/// <param name="Generation">Rises with each change.</param>
/// <param name="Epoch">The epoch of the latest writer: whoever has a lower one may not write.</param>
/// <param name="Owner">The latest writer itself.</param>
/// <param name="Layout">Where things lie.</param>
/// <param name="Checkpoint">The checkpoint that holds.</param>
/// <param name="Takeovers">Where writers began since then, oldest first.</param>
internal sealed record Superblock(
    Guid AreaId, long Generation, Epoch Epoch, Guid Owner, AreaLayout Layout, CheckpointInfo Checkpoint, IReadOnlyList<Takeover> Takeovers)
{
    public const int SizeBytes = 512;
    public const int TakeoversMax = 8;
    public const int FormatVersion = 1;

    // "MOORAREA"
    private const long Magic = 0x4145_5241_524F_4F4D;
    private const int CrcAt = SizeBytes - 4;

    public byte[] Encode()
    {
        var writer = new ByteWriter().I64(Magic).I32(FormatVersion).I32(AreaLayout.BlockBytes).Guid(AreaId).I64(Generation).I64(Epoch.Value).Guid(Owner)
            .I64(Layout.ImageBytes).I64(Layout.LogStart).I64(Layout.LogBytes).I32(Layout.BatchBytesMax)
            .I64(Layout.CheckpointStart).I64(Layout.CheckpointBytes).I64(Layout.DataStart).I64(Layout.DataBytes)
            .I32(Checkpoint.Region).I64(Checkpoint.Epoch.Value).I64(Checkpoint.Sequence).I64(Checkpoint.Position).U32(Checkpoint.Chain)
            .I32(Checkpoint.Bytes).U32(Checkpoint.Crc).I64(Checkpoint.Nodes).I64(Checkpoint.NextId)
            .I32(Takeovers.Count);
        foreach (var takeover in Takeovers)
            writer.I64(takeover.Epoch.Value).I64(takeover.Sequence).I64(takeover.Position).U32(takeover.Chain);
        var bytes = new byte[SizeBytes];
        writer.Written.CopyTo(bytes);
        BitConverter.TryWriteBytes(bytes.AsSpan(CrcAt), Crc32C.Compute(bytes.AsSpan(0, CrcAt)));
        return bytes;
    }

    /// <summary>Reads one copy.</summary>
    /// <exception cref="MalformedException">It is not a whole superblock.</exception>
    public static Superblock Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        if (reader.I64() != Magic)
            throw new MalformedException("there is no area on this image");
        if (BitConverter.ToUInt32(bytes[CrcAt..]) != Crc32C.Compute(bytes[..CrcAt]))
            throw new MalformedException("its checksum does not fit");
        var (version, block) = (reader.I32(), reader.I32());
        if (version != FormatVersion || block != AreaLayout.BlockBytes)
            throw new MalformedException($"its format is version {version} with blocks of {block} bytes; this program knows version {FormatVersion} with {AreaLayout.BlockBytes}");
        var area = reader.Guid();
        var (generation, epoch, owner) = (reader.I64(), new Epoch(reader.I64()), reader.Guid());
        var layout = new AreaLayout(reader.I64(), reader.I64(), reader.I64(), reader.I32(), reader.I64(), reader.I64(), reader.I64(), reader.I64());
        var checkpoint = new CheckpointInfo(
            reader.I32(), new Epoch(reader.I64()), reader.I64(), reader.I64(), reader.U32(), reader.I32(), reader.U32(), reader.I64(), reader.I64());
        var takeovers = new List<Takeover>();
        var count = reader.I32();
        if (count is < 0 or > TakeoversMax)
            throw new MalformedException($"{count} takeovers are not possible");
        for (var i = 0; i < count; i++)
            takeovers.Add(new Takeover(new Epoch(reader.I64()), reader.I64(), reader.I64(), reader.U32()));
        var superblock = new Superblock(area, generation, epoch, owner, layout, checkpoint, takeovers);
        return superblock.Problem() is { } problem ? throw new MalformedException(problem) : superblock;
    }

    private string? Problem()
    {
        if (Layout.Problem() is { } problem)
            return problem;
        // Positions far below overflow.
        const long positionMax = 1L << 62;
        if (Generation < 0 || Epoch.Value < 0 || Checkpoint.Region is not (0 or 1) || Checkpoint.Sequence < 0 || Checkpoint.Nodes < 1
            || Checkpoint.NextId < 2 || Checkpoint.Bytes < 0 || Checkpoint.Bytes > Layout.CheckpointBytes || Checkpoint.Position is < 0 or > positionMax
            || Checkpoint.Position % AreaLayout.BlockBytes != 0)
        {
            return "its checkpoint is not possible";
        }
        var (sequence, position) = (Checkpoint.Sequence + 1, Checkpoint.Position);
        foreach (var takeover in Takeovers)
        {
            if (takeover.Sequence < sequence || takeover.Position < position || takeover.Position > Checkpoint.Position + Layout.LogBytes
                || takeover.Position % AreaLayout.BlockBytes != 0 || takeover.Epoch.Value > Epoch.Value)
            {
                return "its takeovers are not possible";
            }
            (sequence, position) = (takeover.Sequence, takeover.Position);
        }
        return null;
    }
}
