namespace Mooring.Messages.Wire;

/// <summary>How a stream of bytes changes its file.</summary>
public enum WriteMode : byte
{
    /// <summary>The file is made or replaced whole, at the end, atomically.</summary>
    Replace = 1,

    /// <summary>As <see cref="Replace"/>, but there must be no file of that name.</summary>
    CreateNew = 2,

    /// <summary>The bytes go behind the file's end, wherever that is by then, together and at once, when all are there; it is made when it is missing.</summary>
    Append = 3,

    /// <summary>The bytes go at an offset of the file as they become durable; it is made when it is missing.</summary>
    At = 4,
}

/// <summary>A reader that a client names to the writer (F4).</summary>
/// <param name="Node">The node.</param>
/// <param name="Address">Its address.</param>
/// <param name="Token">Its token for reading, by which the writer knows that the name node has named it.</param>
public sealed record NamedReader(string Node, string Address, string Token);

/// <summary>Opens a stream of bytes to be written.</summary>
/// <param name="Token">The writer's token.</param>
/// <param name="Readers">Where the metadata are to go.</param>
/// <param name="Path">The file.</param>
/// <param name="Mode">What becomes of it.</param>
/// <param name="Offset">Where to begin, for <see cref="WriteMode.At"/>.</param>
/// <param name="Stream">The client's id of the stream: by it a stream goes on at another writer.</param>
/// <param name="Resume">Whether the stream was begun before.</param>
/// <param name="Attempt">Which sending it is; null from a client that does not say it.</param>
/// <param name="Condition">What the file must be when it is replaced whole; needs an attempt.</param>
public sealed record WriteOpen(
    string Token, IReadOnlyList<NamedReader> Readers, string Path, WriteMode Mode, long Offset, Guid Stream, bool Resume, RequestAttempt? Attempt = null,
    EntryCondition? Condition = null)
{
    /// <summary>The most readers that a client may name.</summary>
    public const int ReadersMax = 64;

    /// <summary>Writes it.</summary>
    /// <param name="writer">Where to.</param>
    public void Write(WireWriter writer)
    {
        writer.Text(Token);
        WireRecords.Write(writer, Readers);
        writer.Text(Path);
        writer.Byte((byte)Mode);
        writer.Int64(Offset);
        writer.Bytes(Stream.ToByteArray());
        writer.Byte(Resume ? (byte)1 : (byte)0);
        RequestAttempt.Write(writer, Attempt);
        EntryCondition.Write(writer, Condition);
    }

    /// <summary>Reads it.</summary>
    /// <param name="payload">The frame's payload.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="WireException">It is malformed.</exception>
    public static WriteOpen Read(ReadOnlySpan<byte> payload)
    {
        var reader = new WireReader(payload);
        var read = new WriteOpen(
            reader.Text(), WireRecords.ReadReaders(ref reader), reader.Text(), (WriteMode)reader.Byte(), reader.Size(), WireRecords.ReadGuid(ref reader), reader.Byte() != 0,
            RequestAttempt.Read(ref reader), EntryCondition.Read(ref reader));
        reader.End();
        return Enum.IsDefined(read.Mode) ? read : throw new WireException("the mode of a write is not known");
    }
}

/// <summary>Opens a range to be read.</summary>
/// <param name="Token">The node's token for reading.</param>
/// <param name="Path">The file.</param>
/// <param name="Offset">Where to begin.</param>
/// <param name="Length">At most so many bytes; fewer when the file ends before.</param>
public sealed record ReadOpen(string Token, string Path, long Offset, long Length)
{
    /// <summary>Writes it.</summary>
    /// <param name="writer">Where to.</param>
    public void Write(WireWriter writer)
    {
        writer.Text(Token);
        writer.Text(Path);
        writer.Int64(Offset);
        writer.Int64(Length);
    }

    /// <summary>Reads it.</summary>
    /// <param name="payload">The frame's payload.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="WireException">It is malformed.</exception>
    public static ReadOpen Read(ReadOnlySpan<byte> payload)
    {
        var reader = new WireReader(payload);
        var read = new ReadOpen(reader.Text(), reader.Text(), reader.Size(), reader.Size());
        reader.End();
        return read;
    }
}

/// <summary>A file or directory.</summary>
/// <param name="Path">Its path.</param>
/// <param name="IsDirectory">Whether it is a directory.</param>
/// <param name="SizeBytes">Its size in bytes; 0 for a directory.</param>
/// <param name="ModifiedAt">When it was changed last.</param>
/// <param name="Crc32C">The checksum of all its bytes, where it is known.</param>
/// <param name="Area">The number of its area.</param>
public sealed record FileEntry(string Path, bool IsDirectory, long SizeBytes, DateTimeOffset ModifiedAt, uint? Crc32C, int Area)
{
    /// <summary>Writes it.</summary>
    /// <param name="writer">Where to.</param>
    public void Write(WireWriter writer)
    {
        writer.Text(Path);
        writer.Byte(IsDirectory ? (byte)1 : (byte)0);
        writer.Int64(SizeBytes);
        writer.Int64(ModifiedAt.ToUnixTimeMilliseconds());
        writer.Int64(Crc32C ?? -1L);
        writer.Int32(Area);
    }

    /// <summary>Reads it.</summary>
    /// <param name="reader">The fields.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="WireException">It is malformed.</exception>
    public static FileEntry Read(ref WireReader reader)
    {
        var (path, directory, size, modified, crc, area) = (reader.Text(), reader.Byte() != 0, reader.Size(), reader.Int64(), reader.Int64(), reader.Int32());
        return modified is >= -62_135_596_800_000 and <= 253_402_300_799_999
            ? new FileEntry(path, directory, size, DateTimeOffset.FromUnixTimeMilliseconds(modified), crc is >= 0 and <= uint.MaxValue ? (uint)crc : null, area)
            : throw new WireException("a time is out of its range");
    }
}

/// <summary>Fields that several frames have.</summary>
public static class WireRecords
{
    /// <summary>Writes an error.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="error">The error.</param>
    public static void Write(WireWriter writer, OperationError error)
    {
        writer.Byte((byte)error.Kind);
        writer.Text(error.Detail.Length > 1000 ? error.Detail[..1000] : error.Detail);
        writer.Int32(error.Errno ?? 0);
    }

    /// <summary>Reads an error.</summary>
    /// <param name="reader">The fields.</param>
    /// <returns>The error.</returns>
    /// <exception cref="WireException">It is malformed.</exception>
    public static OperationError ReadError(ref WireReader reader)
    {
        var (kind, detail, errno) = ((ErrorKind)reader.Byte(), reader.Text(), reader.Int32());
        return new OperationError(Enum.IsDefined(kind) ? kind : ErrorKind.Internal, detail, errno == 0 ? null : errno);
    }

    internal static void Write(WireWriter writer, IReadOnlyList<NamedReader> readers)
    {
        writer.Int32(readers.Count);
        foreach (var named in readers)
        {
            writer.Text(named.Node);
            writer.Text(named.Address);
            writer.Text(named.Token);
        }
    }

    internal static IReadOnlyList<NamedReader> ReadReaders(ref WireReader reader)
    {
        var readers = new NamedReader[reader.Count(WriteOpen.ReadersMax)];
        for (var i = 0; i < readers.Length; i++)
            readers[i] = new NamedReader(reader.Text(), reader.Text(), reader.Text());
        return readers;
    }

    internal static Guid ReadGuid(ref WireReader reader)
    {
        var bytes = reader.Bytes();
        return bytes.Length == 16 ? new Guid(bytes) : throw new WireException("an id is not 16 bytes long");
    }
}
