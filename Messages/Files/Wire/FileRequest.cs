namespace Mooring.Messages.Wire;

/// <summary>What a small operation does. Numbers never change.</summary>
public enum FileOperationKind : byte
{
    /// <summary>Makes or replaces a file with the bytes that are given.</summary>
    Put = 1,

    /// <summary>As <see cref="Put"/>, but there must be no file of that name.</summary>
    Create = 2,

    /// <summary>Makes a directory and those above it.</summary>
    MakeDirectory = 3,

    /// <summary>Gives a file or directory another name, atomically, replacing a file of that name.</summary>
    Rename = 4,

    /// <summary>Removes a file or an empty directory.</summary>
    Remove = 5,

    /// <summary>Removes a file or a directory with all that is in it.</summary>
    RemoveTree = 6,

    /// <summary>Tells of a file or directory.</summary>
    Stat = 7,

    /// <summary>Lists a directory, page by page.</summary>
    List = 8,

    /// <summary>Sets a file's size.</summary>
    Truncate = 9,

    /// <summary>Gives the bytes of a file that is small enough.</summary>
    Get = 10,
}

/// <summary>One small operation.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Path">The file or directory.</param>
/// <param name="Target">The new path of a rename; the name that a page of a list begins after; otherwise empty.</param>
/// <param name="Number">The size of a truncation, the limit of a list; otherwise 0.</param>
/// <param name="Content">The bytes of a file; otherwise empty.</param>
public sealed record FileOperation(FileOperationKind Kind, string Path, string Target, long Number, ReadOnlyMemory<byte> Content)
{
    /// <summary>The largest content of one operation, in bytes; larger files are streamed.</summary>
    public const int ContentBytesMax = 512 << 10;

    /// <summary>The most entries of one page of a list.</summary>
    public const int ListMax = 1000;

    /// <summary>Whether it changes something.</summary>
    public bool Changes => Kind is not (FileOperationKind.Stat or FileOperationKind.List or FileOperationKind.Get);

    /// <summary>Makes an operation without further arguments.</summary>
    /// <param name="kind">What it does.</param>
    /// <param name="path">The file or directory.</param>
    /// <returns>The operation.</returns>
    public static FileOperation Of(FileOperationKind kind, string path) => new(kind, path, "", 0, ReadOnlyMemory<byte>.Empty);
}

/// <summary>One or many small operations under one token (F8).</summary>
/// <param name="Token">The node's token: for writing when one of them changes something.</param>
/// <param name="Readers">Where the metadata are to go.</param>
/// <param name="Operations">The operations; they are independent of each other.</param>
/// <param name="Attempt">Which sending it is, when one of them changes something; null from a client that does not say it.</param>
/// <param name="Condition">What the path of the only operation, a renaming or removal, must be; needs an attempt.</param>
public sealed record FileRequest(
    string Token, IReadOnlyList<NamedReader> Readers, IReadOnlyList<FileOperation> Operations, RequestAttempt? Attempt = null, EntryCondition? Condition = null)
{
    /// <summary>The most operations of one request.</summary>
    public const int OperationsMax = 1000;

    /// <summary>Writes it.</summary>
    /// <param name="writer">Where to.</param>
    public void Write(WireWriter writer)
    {
        writer.Text(Token);
        WireRecords.Write(writer, Readers);
        writer.Int32(Operations.Count);
        foreach (var operation in Operations)
        {
            writer.Byte((byte)operation.Kind);
            writer.Text(operation.Path);
            writer.Text(operation.Target);
            writer.Int64(operation.Number);
            writer.Bytes(operation.Content.Span);
        }
        RequestAttempt.Write(writer, Attempt);
        EntryCondition.Write(writer, Condition);
    }

    /// <summary>Reads it; contents are copied out of the frame.</summary>
    /// <param name="payload">The frame's payload.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="WireException">It is malformed.</exception>
    public static FileRequest Read(ReadOnlySpan<byte> payload)
    {
        var reader = new WireReader(payload);
        var (token, readers) = (reader.Text(), WireRecords.ReadReaders(ref reader));
        var operations = new FileOperation[reader.Count(OperationsMax)];
        for (var i = 0; i < operations.Length; i++)
        {
            var kind = (FileOperationKind)reader.Byte();
            if (!Enum.IsDefined(kind))
                throw new WireException("an operation is not known");
            operations[i] = new FileOperation(kind, reader.Text(), reader.Text(), reader.Size(), reader.Bytes().ToArray());
        }
        var (attempt, condition) = (RequestAttempt.Read(ref reader), EntryCondition.Read(ref reader));
        reader.End();
        return new FileRequest(token, readers, operations, attempt, condition);
    }
}

/// <summary>The result of one small operation.</summary>
/// <param name="Error">Why it was not done; null when it was.</param>
/// <param name="Entries">The entry, or a page of a list.</param>
/// <param name="Next">Ask again with it as <see cref="FileOperation.Target"/>; empty at the end of a list.</param>
/// <param name="Content">The bytes that were asked for.</param>
public sealed record FileResult(OperationError? Error, IReadOnlyList<FileEntry> Entries, string Next, ReadOnlyMemory<byte> Content)
{
    /// <summary>A failure.</summary>
    /// <param name="error">Why.</param>
    /// <returns>The result.</returns>
    public static FileResult Failed(OperationError error) => new(error, [], "", ReadOnlyMemory<byte>.Empty);

    /// <summary>Writes results.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="results">The results.</param>
    public static void Write(WireWriter writer, IReadOnlyList<FileResult> results)
    {
        writer.Int32(results.Count);
        foreach (var result in results)
        {
            writer.Byte(result.Error is null ? (byte)0 : (byte)1);
            if (result.Error is { } error)
            {
                WireRecords.Write(writer, error);
                continue;
            }
            writer.Int32(result.Entries.Count);
            foreach (var entry in result.Entries)
                entry.Write(writer);
            writer.Text(result.Next);
            writer.Bytes(result.Content.Span);
        }
    }

    /// <summary>Reads results.</summary>
    /// <param name="payload">The frame's payload.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="WireException">It is malformed.</exception>
    public static IReadOnlyList<FileResult> Read(ReadOnlySpan<byte> payload)
    {
        var reader = new WireReader(payload);
        var results = new FileResult[reader.Count(FileRequest.OperationsMax)];
        for (var i = 0; i < results.Length; i++)
        {
            if (reader.Byte() != 0)
            {
                results[i] = Failed(WireRecords.ReadError(ref reader));
                continue;
            }
            var entries = new FileEntry[reader.Count(FileOperation.ListMax)];
            for (var e = 0; e < entries.Length; e++)
                entries[e] = FileEntry.Read(ref reader);
            results[i] = new FileResult(null, entries, reader.Text(), reader.Bytes().ToArray());
        }
        reader.End();
        return results;
    }
}
