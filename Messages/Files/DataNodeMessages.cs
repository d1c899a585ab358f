namespace Mooring.Messages;

/// <summary>What a data node does for an area.</summary>
public enum AreaRole
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Reads (the second data nodes).</summary>
    Reader = 1,

    /// <summary>Writes and reads (the first data node).</summary>
    Writer = 2,
}

/// <summary>A data node's report of itself to all others.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Incarnation">Unique for each start of its actor system.</param>
/// <param name="Address">Where it takes files, <c>host:port</c>.</param>
/// <param name="Problem">What its self-test found (F9), one line; null when it is well.</param>
public sealed record DataNodeReport(NodeName Node, string Incarnation, string Address, string? Problem);

/// <summary>
/// The name node tells a data node what it is to do for an area. Safe to send again; what is of an earlier file system of that name than known, or of
/// a lower epoch, is ignored.
/// </summary>
/// <param name="Area">The area.</param>
/// <param name="Path">The directory that it is mounted at.</param>
/// <param name="Image">Its image.</param>
/// <param name="BaseEpoch">The epoch that the area began with; higher for each file system of one name than for the one before.</param>
/// <param name="Epoch">The writer's epoch; the base epoch before any writer.</param>
/// <param name="Role">What the node is.</param>
/// <param name="Admitted">Whether the writer may write.</param>
/// <param name="Writer">The writer.</param>
/// <param name="Readers">The readers.</param>
public sealed record AssignArea(
    AreaId Area,
    string Path,
    VolumeId Image,
    Epoch BaseEpoch,
    Epoch Epoch,
    AreaRole Role,
    bool Admitted,
    DataNodeAddress? Writer,
    IReadOnlyList<DataNodeAddress> Readers);

/// <summary>A data node tells the name node how it stands with an area.</summary>
/// <param name="FileSystem">The file system.</param>
/// <param name="Area">The area.</param>
/// <param name="Node">The node.</param>
/// <param name="Incarnation">Its incarnation.</param>
/// <param name="BaseEpoch">The base epoch that it knows: which of the file systems of that name it speaks of.</param>
/// <param name="Epoch">The epoch that it knows.</param>
/// <param name="Role">What it is.</param>
/// <param name="Ready">Whether it serves.</param>
/// <param name="Connection">Its connection to the block store for this area; null while it has none.</param>
/// <param name="Problem">What its self-test of the area found; null when it is well.</param>
/// <param name="Files">How many files there are.</param>
/// <param name="UsedBytes">How many bytes of the image are in use.</param>
/// <param name="LaggingReaders">The readers that a writer cannot reach.</param>
public sealed record AreaReport(
    FileSystemName FileSystem,
    AreaId Area,
    NodeName Node,
    string Incarnation,
    Epoch BaseEpoch,
    Epoch Epoch,
    AreaRole Role,
    bool Ready,
    FenceAddress? Connection,
    string? Problem,
    long Files,
    long UsedBytes,
    IReadOnlyList<NodeName> LaggingReaders) : IWithFileSystem;

/// <summary>Asks a data node whether it serves an area, when somebody says that it does not; answered with <see cref="AreaReport"/>.</summary>
/// <param name="Area">The area.</param>
public sealed record CheckArea(AreaId Area);
