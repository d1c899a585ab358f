using System.Collections.Immutable;

namespace Mooring.Storage.Files;

/// <summary>What an operating system wants to know of a file or directory beyond its name, size and time. Those made without one have none.</summary>
/// <param name="Mode">Type and permissions as in Linux's <c>st_mode</c>; a symbolic link is a file whose content is its target.</param>
/// <param name="Uid">The owner.</param>
/// <param name="Gid">The group.</param>
/// <param name="AccessedAt">The time of access, when somebody has set it; reading does not change it.</param>
/// <param name="ChangedAt">When these attributes were changed last.</param>
public sealed record AreaAttributes(int Mode, int Uid, int Gid, DateTimeOffset? AccessedAt, DateTimeOffset ChangedAt)
{
    /// <summary>The most bytes that the extended attributes of one node take, names and values together.</summary>
    public const int ExtendedBytesMax = 8 << 10;

    /// <summary>Extended attributes by name.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<byte>> Extended { get; init; } = ImmutableSortedDictionary.Create<string, ImmutableArray<byte>>(StringComparer.Ordinal);

    /// <summary>How many bytes <see cref="Encode"/> writes.</summary>
    internal int EncodedBytes => 30 + ExtendedBytes;

    /// <summary>How many of them are extended attributes.</summary>
    internal int ExtendedBytes => Extended.Sum(one => 6 + System.Text.Encoding.UTF8.GetByteCount(one.Key) + one.Value.Length);

    internal void Encode(ByteWriter writer)
    {
        writer.I32(Mode).I32(Uid).I32(Gid).I64(AccessedAt?.UtcTicks ?? 0).I64(ChangedAt.UtcTicks).U16(Extended.Count);
        foreach (var (name, value) in Extended)
            writer.Text(name).I32(value.Length).Raw(value.AsSpan());
    }

    internal static AreaAttributes Decode(ref ByteReader reader)
    {
        var (mode, uid, gid, accessed, changed, count) = (reader.I32(), reader.I32(), reader.I32(), reader.I64(), ExtentCodec.Time(reader.I64()), reader.U16());
        var read = new AreaAttributes(mode, uid, gid, accessed == 0 ? null : ExtentCodec.Time(accessed), changed);
        if (count == 0)
            return read;
        var extended = read.Extended.ToBuilder();
        for (var i = 0; i < count; i++)
        {
            var name = reader.Text();
            if (!extended.TryAdd(name, [.. reader.Take(reader.I32())]))
                throw new MalformedException("an extended attribute is there twice");
        }
        return read with { Extended = extended.ToImmutable() };
    }

    /// <summary>Two are the same when all of their parts are, the values of the extended ones byte by byte.</summary>
    /// <param name="other">The other one.</param>
    /// <returns>Whether they are.</returns>
    public bool Equals(AreaAttributes? other) => other is not null && Mode == other.Mode && Uid == other.Uid && Gid == other.Gid && AccessedAt == other.AccessedAt
        && ChangedAt == other.ChangedAt && Extended.Count == other.Extended.Count
        && Extended.Zip(other.Extended).All(pair => pair.First.Key == pair.Second.Key && pair.First.Value.AsSpan().SequenceEqual(pair.Second.Value.AsSpan()));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Mode, Uid, Gid, AccessedAt, ChangedAt, Extended.Count);
}

/// <summary>A file or directory as an operating system sees it: by its id, whatever its name is.</summary>
/// <param name="Id">Stays when it is renamed; never used again in this area.</param>
/// <param name="ParentId">The directory that it is in; the root is its own.</param>
/// <param name="Name">Its name there.</param>
/// <param name="IsDirectory">Whether it is a directory.</param>
/// <param name="SizeBytes">The file's size in bytes; 0 for a directory.</param>
/// <param name="UsedBytes">How many bytes of it are stored: the rest are zeros.</param>
/// <param name="ModifiedAt">When its content changed last.</param>
/// <param name="Attributes">The rest, when something was ever said about it.</param>
public sealed record AreaNodeInfo(
    long Id, long ParentId, string Name, bool IsDirectory, long SizeBytes, long UsedBytes, DateTimeOffset ModifiedAt, AreaAttributes? Attributes);
