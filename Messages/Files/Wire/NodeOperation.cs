namespace Mooring.Messages.Wire;

/// <summary>What a mount asks about a file or directory that it knows by its id. Numbers never change.</summary>
public enum NodeOperationKind : byte
{
    /// <summary>What has a name in a directory.</summary>
    Lookup = 1,

    /// <summary>What has the id.</summary>
    Get = 2,

    /// <summary>A page of a directory: what comes after the name, at most <see cref="NodeOperation.Length"/>.</summary>
    List = 3,

    /// <summary>Bytes of a file.</summary>
    Read = 4,

    /// <summary>How much space there is: two numbers, all and free, in bytes, and how many files and directories.</summary>
    Space = 5,

    /// <summary>The value of an extended attribute.</summary>
    GetExtended = 6,

    /// <summary>The names of all extended attributes, as texts that end with NUL.</summary>
    ListExtended = 7,

    /// <summary>What has a path: the name is a path of the file system.</summary>
    Resolve = 8,

    /// <summary>Where bytes (flag 0) or zeros (flag 1) come next in a file, as a number.</summary>
    Seek = 9,

    /// <summary>Makes a file, or with a type among the permissions a directory or what else has a name.</summary>
    Make = 16,

    /// <summary>Writes bytes at an offset, or, below 0, at the end.</summary>
    Write = 17,

    /// <summary>Changes attributes.</summary>
    Set = 18,

    /// <summary>Removes the name of a file (flag 0) or of an empty directory (flag 1).</summary>
    Remove = 19,

    /// <summary>Gives it another name; flags are those of Linux's <c>renameat2</c>.</summary>
    Rename = 20,

    /// <summary>Takes space or gives it back; flags are those of Linux's <c>fallocate</c>.</summary>
    Allocate = 21,

    /// <summary>Sets an extended attribute; flags are those of Linux's <c>setxattr</c>.</summary>
    SetExtended = 22,

    /// <summary>Removes an extended attribute.</summary>
    RemoveExtended = 23,

    /// <summary>The mount has closed a file that was removed while it was open.</summary>
    Close = 24,

    /// <summary>The mount still has a file open that was removed.</summary>
    Keep = 25,
}

/// <summary>Attributes to be set; null leaves them as they are.</summary>
/// <param name="Mode">Type and permissions, as in Linux's <c>st_mode</c>.</param>
/// <param name="Uid">The owner.</param>
/// <param name="Gid">The group.</param>
/// <param name="SizeBytes">The size of a file.</param>
/// <param name="AccessedTicks">The time of access, in 100 ns since year 1, UTC; -1 for now.</param>
/// <param name="ModifiedTicks">The time of the last change, likewise.</param>
public sealed record NodeSettings(
    int? Mode = null, int? Uid = null, int? Gid = null, long? SizeBytes = null, long? AccessedTicks = null, long? ModifiedTicks = null)
{
    /// <summary>Nothing.</summary>
    public static NodeSettings None { get; } = new();

    internal void Write(WireWriter writer)
    {
        writer.Byte((byte)((Mode is null ? 0 : 1) | (Uid is null ? 0 : 2) | (Gid is null ? 0 : 4) | (SizeBytes is null ? 0 : 8)
            | (AccessedTicks is null ? 0 : 16) | (ModifiedTicks is null ? 0 : 32)));
        foreach (var number in (int?[])[Mode, Uid, Gid])
        {
            if (number is { } given)
                writer.Int32(given);
        }
        foreach (var number in (long?[])[SizeBytes, AccessedTicks, ModifiedTicks])
        {
            if (number is { } given)
                writer.Int64(given);
        }
    }

    internal static NodeSettings Read(ref WireReader reader)
    {
        var has = reader.Byte();
        if (has == 0)
            return None;
        return new NodeSettings(
            (has & 1) != 0 ? reader.Int32() : null, (has & 2) != 0 ? reader.Int32() : null, (has & 4) != 0 ? reader.Int32() : null,
            (has & 8) != 0 ? reader.Size() : null, (has & 16) != 0 ? Ticks(ref reader) : null, (has & 32) != 0 ? Ticks(ref reader) : null);
    }

    internal static long Ticks(ref WireReader reader) =>
        reader.Int64() is >= -1 and var ticks && ticks <= DateTime.MaxValue.Ticks ? ticks : throw new WireException("a time is out of its range");
}

/// <summary>One operation of a mount. What a kind does not use is empty or 0.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Node">The file or directory, or the directory that a name is looked for in.</param>
public sealed record NodeOperation(NodeOperationKind Kind, long Node)
{
    /// <summary>The most bytes that one operation reads or writes.</summary>
    public const int ContentBytesMax = 1 << 20;

    /// <summary>The most entries of one page of a directory.</summary>
    public const int ListMax = 1000;

    /// <summary>A name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Another directory: where a rename leads to.</summary>
    public long OtherNode { get; init; }

    /// <summary>The new name.</summary>
    public string OtherName { get; init; } = "";

    /// <summary>Where in the file.</summary>
    public long Offset { get; init; }

    /// <summary>How much or how many.</summary>
    public long Length { get; init; }

    /// <summary>As the kind says.</summary>
    public int Flags { get; init; }

    /// <summary>A file that the mount has open: when a removal or a rename makes it go, it stays without a name until it is closed; 0 for none.</summary>
    public long OpenNode { get; init; }

    /// <summary>Attributes of what is made, or to be set.</summary>
    public NodeSettings Settings { get; init; } = NodeSettings.None;

    /// <summary>What the mount shows of one that nobody has said anything about: it stays so beside what is set.</summary>
    public NodeSettings Shown { get; init; } = NodeSettings.None;

    /// <summary>Bytes to be written, a symbolic link's target, an attribute's value.</summary>
    public ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>Whether it changes something.</summary>
    public bool Changes => Kind >= NodeOperationKind.Make;
}

/// <summary>An operation of a mount, and by which right.</summary>
/// <param name="Token">The node's token, for the whole area.</param>
/// <param name="Readers">Where the metadata are to go.</param>
/// <param name="Operation">The operation.</param>
/// <param name="Attempt">Which sending it is, when it changes something.</param>
public sealed record NodeRequest(string Token, IReadOnlyList<NamedReader> Readers, NodeOperation Operation, RequestAttempt? Attempt = null)
{
    /// <summary>Writes it but for the content, which follows as it is.</summary>
    /// <param name="writer">Where to.</param>
    public void Write(WireWriter writer)
    {
        writer.Text(Token);
        WireRecords.Write(writer, Readers);
        writer.Byte((byte)Operation.Kind);
        writer.Int64(Operation.Node);
        writer.Text(Operation.Name);
        writer.Int64(Operation.OtherNode);
        writer.Text(Operation.OtherName);
        writer.Int64(Operation.Offset);
        writer.Int64(Operation.Length);
        writer.Int32(Operation.Flags);
        writer.Int64(Operation.OpenNode);
        Operation.Settings.Write(writer);
        Operation.Shown.Write(writer);
        writer.Byte(Attempt is null ? (byte)0 : (byte)1);
        RequestAttempt.Write(writer, Attempt);
    }

    /// <summary>Reads it.</summary>
    /// <param name="payload">The frame's payload; the content is a part of it, valid as long as the frame.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="WireException">It is malformed.</exception>
    public static NodeRequest Read(ReadOnlyMemory<byte> payload)
    {
        var reader = new WireReader(payload.Span);
        var (token, readers, kind) = (reader.Text(), WireRecords.ReadReaders(ref reader), (NodeOperationKind)reader.Byte());
        if (!Enum.IsDefined(kind))
            throw new WireException("an operation is not known");
        var operation = new NodeOperation(kind, reader.Size())
        {
            Name = reader.Text(),
            OtherNode = reader.Size(),
            OtherName = reader.Text(),
            Offset = reader.Int64(),
            Length = reader.Size(),
            Flags = reader.Int32(),
            OpenNode = reader.Size(),
            Settings = NodeSettings.Read(ref reader),
            Shown = NodeSettings.Read(ref reader),
        };
        RequestAttempt? attempt = null;
        if (reader.Byte() != 0)
        {
            var (request, number) = (WireRecords.ReadGuid(ref reader), reader.Int32());
            attempt = number > 0 ? new RequestAttempt(request, number) : throw new WireException("an attempt has no number");
        }
        return new NodeRequest(token, readers, operation with { Content = payload[^reader.Left..] }, attempt);
    }
}

/// <summary>A file or directory as a mount sees it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Id">Stays when it is renamed; never used again in its area.</param>
/// <param name="IsDirectory">Whether it is a directory.</param>
/// <param name="Mode">Type and permissions as in Linux's <c>st_mode</c>; null when nobody has said anything about it: owner and group are nobody's then.</param>
/// <param name="Uid">The owner.</param>
/// <param name="Gid">The group.</param>
/// <param name="Links">How many names it has.</param>
/// <param name="SizeBytes">The size of a file.</param>
/// <param name="UsedBytes">How many of them are stored.</param>
/// <param name="AccessedTicks">The time of access, in 100 ns since year 1, UTC.</param>
/// <param name="ModifiedTicks">The time of the last change.</param>
/// <param name="ChangedTicks">The time of the last change of attributes or content.</param>
public sealed record NodeEntry(
    string Name, long Id, bool IsDirectory, int? Mode, int Uid, int Gid, int Links, long SizeBytes, long UsedBytes, long AccessedTicks, long ModifiedTicks, long ChangedTicks)
{
    /// <summary>Writes it.</summary>
    /// <param name="writer">Where to.</param>
    public void Write(WireWriter writer)
    {
        writer.Text(Name);
        writer.Int64(Id);
        writer.Byte((byte)((IsDirectory ? 1 : 0) | (Mode is null ? 0 : 2)));
        foreach (var number in (int[])[Mode ?? 0, Uid, Gid, Links])
            writer.Int32(number);
        foreach (var number in (long[])[SizeBytes, UsedBytes, AccessedTicks, ModifiedTicks, ChangedTicks])
            writer.Int64(number);
    }

    /// <summary>Reads it.</summary>
    /// <param name="reader">The fields.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="WireException">It is malformed.</exception>
    public static NodeEntry Read(ref WireReader reader)
    {
        var (name, id, kind, mode, uid, gid, links) = (reader.Text(), reader.Size(), reader.Byte(), reader.Int32(), reader.Int32(), reader.Int32(), reader.Int32());
        return new NodeEntry(
            name, id, (kind & 1) != 0, (kind & 2) != 0 ? mode : null, uid, gid, links, reader.Size(), reader.Size(), NodeSettings.Ticks(ref reader),
            NodeSettings.Ticks(ref reader), NodeSettings.Ticks(ref reader));
    }
}

/// <summary>The result of an operation of a mount.</summary>
/// <param name="Error">Why it was not done; null when it was.</param>
/// <param name="Entries">The entry, or a page of a directory.</param>
/// <param name="More">Whether a page is not the last one.</param>
/// <param name="Numbers">As the kind says.</param>
/// <param name="Content">The bytes that were asked for.</param>
public sealed record NodeResult(OperationError? Error, IReadOnlyList<NodeEntry> Entries, bool More, IReadOnlyList<long> Numbers, ReadOnlyMemory<byte> Content)
{
    private const int NumbersMax = 8;

    /// <summary>Done, with nothing to tell.</summary>
    public static NodeResult Done { get; } = new(null, [], false, [], ReadOnlyMemory<byte>.Empty);

    /// <summary>A failure.</summary>
    /// <param name="error">Why.</param>
    /// <returns>The result.</returns>
    public static NodeResult Failed(OperationError error) => Done with { Error = error };

    /// <summary>Writes it but for the content, which follows as it is.</summary>
    /// <param name="writer">Where to.</param>
    public void Write(WireWriter writer)
    {
        writer.Byte(Error is null ? (byte)0 : (byte)1);
        if (Error is { } error)
        {
            WireRecords.Write(writer, error);
            return;
        }
        writer.Int32(Entries.Count);
        foreach (var entry in Entries)
            entry.Write(writer);
        writer.Byte(More ? (byte)1 : (byte)0);
        writer.Int32(Numbers.Count);
        foreach (var number in Numbers)
            writer.Int64(number);
    }

    /// <summary>Reads it.</summary>
    /// <param name="payload">The frame's payload; the content is a part of it, valid as long as the frame.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="WireException">It is malformed.</exception>
    public static NodeResult Read(ReadOnlyMemory<byte> payload)
    {
        var reader = new WireReader(payload.Span);
        if (reader.Byte() != 0)
            return Failed(WireRecords.ReadError(ref reader));
        var entries = new NodeEntry[reader.Count(NodeOperation.ListMax)];
        for (var i = 0; i < entries.Length; i++)
            entries[i] = NodeEntry.Read(ref reader);
        var more = reader.Byte() != 0;
        var numbers = new long[reader.Count(NumbersMax)];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = reader.Int64();
        return new NodeResult(null, entries, more, numbers, payload[^reader.Left..]);
    }
}
