namespace Mooring.Storage.Files;

/// <summary>What stands under a path.</summary>
/// <param name="Path">The path.</param>
/// <param name="Id">Stays when it is renamed; never used again in this area.</param>
/// <param name="IsDirectory">Whether it is a directory; else it is a file.</param>
/// <param name="SizeBytes">The file's size in bytes; 0 for a directory.</param>
/// <param name="ModifiedAt">When its content last changed, by the clock of the client that changed it.</param>
/// <param name="Crc32c">The CRC-32C of the file's content, where it follows from what is known without reading it; null for directories.</param>
public sealed record AreaEntry(string Path, long Id, bool IsDirectory, long SizeBytes, DateTimeOffset ModifiedAt, uint? Crc32c);

/// <summary>A change that is durable.</summary>
/// <param name="Position">Who has seen this position sees the change.</param>
/// <param name="Entry">What stands under the path now; null after a removal.</param>
public sealed record AreaCommit(AreaPosition Position, AreaEntry? Entry);

/// <summary>Committed changes, as readers are told them.</summary>
/// <param name="Position">The position that a reader has reached with it.</param>
/// <param name="Bytes">The changes in the format of the log, without file content; they check themselves.</param>
public sealed record AreaBatch(AreaPosition Position, ReadOnlyMemory<byte> Bytes);
