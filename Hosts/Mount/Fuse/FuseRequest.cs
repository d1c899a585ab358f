using System.Buffers.Binary;
using System.Text;

namespace Mooring.Mount.Fuse;

/// <summary>
/// One request of the kernel. Pure: bytes in, fields out; whatever the bytes are, nothing outside of them is read and the worst that comes is null.
/// Fields that a kind does not have are empty or 0.
/// </summary>
/// <param name="Opcode">What is asked.</param>
/// <param name="Unique">The request's number, by which it is answered.</param>
/// <param name="Node">The file or directory.</param>
/// <param name="Uid">Who asks.</param>
/// <param name="Gid">Their group.</param>
internal sealed record FuseRequest(FuseOpcode Opcode, ulong Unique, ulong Node, uint Uid, uint Gid)
{
    /// <summary>The bytes before the fields of a kind.</summary>
    public const int HeaderBytes = 40;

    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>A name; null when its bytes are not UTF-8.</summary>
    public string? Name { get; private init; } = "";

    /// <summary>The new name of a rename; null when its bytes are not UTF-8.</summary>
    public string? OtherName { get; private init; } = "";

    /// <summary>Another file or directory: where a rename leads to, what a hard link is made of.</summary>
    public ulong OtherNode { get; private init; }

    /// <summary>The handle that an open gave.</summary>
    public ulong Handle { get; private init; }

    /// <summary>Where in the file, or behind which entry of a directory; the request's number of an interrupt.</summary>
    public ulong Offset { get; private init; }

    /// <summary>How many bytes are wanted, the length of an allocation, the size of a file.</summary>
    public ulong Size { get; private init; }

    /// <summary>Flags of the kind: of opening, of a rename, of an allocation, of an attribute, whence of a seek.</summary>
    public uint Flags { get; private init; }

    /// <summary>Flags of writing, whose first bit says that the bytes come out of the kernel's cache.</summary>
    public uint WriteFlags { get; private init; }

    /// <summary>Type and permissions.</summary>
    public uint Mode { get; private init; }

    /// <summary>The fields that are to be set.</summary>
    public FuseSet Set { get; private init; }

    /// <summary>The owner to be set.</summary>
    public uint NewUid { get; private init; }

    /// <summary>The group to be set.</summary>
    public uint NewGid { get; private init; }

    /// <summary>The time of access to be set, in seconds since 1970.</summary>
    public long AccessedSeconds { get; private init; }

    /// <summary>And nanoseconds.</summary>
    public uint AccessedNanoseconds { get; private init; }

    /// <summary>The time of change to be set, in seconds since 1970.</summary>
    public long ModifiedSeconds { get; private init; }

    /// <summary>And nanoseconds.</summary>
    public uint ModifiedNanoseconds { get; private init; }

    /// <summary>The kernel's version of the protocol.</summary>
    public uint Major { get; private init; }

    /// <summary>Its lesser number.</summary>
    public uint Minor { get; private init; }

    /// <summary>How much the kernel reads ahead at most.</summary>
    public uint ReadAheadBytes { get; private init; }

    /// <summary>What the kernel is able to do.</summary>
    public FuseFeatures Features { get; private init; }

    /// <summary>Bytes: to be written, an attribute's value, a symbolic link's target.</summary>
    public ReadOnlyMemory<byte> Data { get; private init; }

    /// <summary>Reads one request.</summary>
    /// <param name="bytes">What one read of the device gave.</param>
    /// <param name="problem">Why it is none; then it can still be answered when at least its number was there, which is in <paramref name="unique"/>.</param>
    /// <param name="unique">The request's number; 0 when there is none.</param>
    /// <returns>The request, or null.</returns>
    public static FuseRequest? Parse(ReadOnlyMemory<byte> bytes, out ulong unique, out string? problem)
    {
        (unique, problem) = (0, null);
        if (bytes.Length < HeaderBytes)
        {
            problem = $"{bytes.Length} bytes are no request";
            return null;
        }
        var span = bytes.Span;
        unique = BinaryPrimitives.ReadUInt64LittleEndian(span[8..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(span) != bytes.Length)
        {
            problem = $"a request says that it has {BinaryPrimitives.ReadUInt32LittleEndian(span)} bytes and has {bytes.Length}";
            return null;
        }
        var request = new FuseRequest(
            (FuseOpcode)BinaryPrimitives.ReadUInt32LittleEndian(span[4..]), unique, BinaryPrimitives.ReadUInt64LittleEndian(span[16..]),
            BinaryPrimitives.ReadUInt32LittleEndian(span[24..]), BinaryPrimitives.ReadUInt32LittleEndian(span[28..]));
        var fields = new Fields(bytes[HeaderBytes..]);
        var parsed = request.With(ref fields);
        if (!fields.Failed)
            return parsed;
        problem = $"a request of kind {(uint)request.Opcode} is cut short";
        return null;
    }

    private FuseRequest With(ref Fields f)
    {
        switch (Opcode)
        {
            case FuseOpcode.Lookup or FuseOpcode.Unlink or FuseOpcode.RemoveDirectory or FuseOpcode.RemoveExtended:
                return this with { Name = f.Text() };
            case FuseOpcode.SetAttributes:
                return WithSet(ref f);
            case FuseOpcode.MakeLink:
                return this with { Name = f.Text(), Data = f.Bytes() };
            case FuseOpcode.MakeNode:
                return this with { Mode = f.U32(), Size = f.U32(), Flags = f.Skip(8), Name = f.Text() };
            case FuseOpcode.MakeDirectory:
                return this with { Mode = f.U32(), Flags = f.Skip(4), Name = f.Text() };
            case FuseOpcode.Rename:
                return this with { OtherNode = f.U64(), Name = f.Text(), OtherName = f.Text() };
            case FuseOpcode.Rename2:
                return this with { OtherNode = f.U64(), Flags = f.U32(), Mode = f.Skip(4), Name = f.Text(), OtherName = f.Text() };
            case FuseOpcode.HardLink:
                return this with { OtherNode = f.U64(), Name = f.Text() };
            case FuseOpcode.Open or FuseOpcode.OpenDirectory or FuseOpcode.Access:
                return this with { Flags = f.U32() };
            case FuseOpcode.Read or FuseOpcode.ReadDirectory:
                return this with { Handle = f.U64(), Offset = f.U64(), Size = f.U32() };
            case FuseOpcode.Write:
                return WithWrite(ref f);
            case FuseOpcode.Release or FuseOpcode.ReleaseDirectory or FuseOpcode.Flush or FuseOpcode.Fsync or FuseOpcode.FsyncDirectory:
                return this with { Handle = f.U64(), Flags = f.U32() };
            case FuseOpcode.SetExtended:
                return WithExtended(ref f);
            case FuseOpcode.GetExtended:
                return this with { Size = f.U32(), Flags = f.Skip(4), Name = f.Text() };
            case FuseOpcode.ListExtended:
                return this with { Size = f.U32() };
            case FuseOpcode.Init:
                return this with { Major = f.U32(), Minor = f.U32(), ReadAheadBytes = f.U32(), Features = (FuseFeatures)f.U32() };
            case FuseOpcode.Create:
                return this with { Flags = f.U32(), Mode = f.U32(), Size = f.Skip(8), Name = f.Text() };
            case FuseOpcode.Interrupt:
                return this with { Offset = f.U64() };
            case FuseOpcode.Allocate:
                return this with { Handle = f.U64(), Offset = f.U64(), Size = f.U64(), Flags = f.U32() };
            case FuseOpcode.Seek:
                return this with { Handle = f.U64(), Offset = f.U64(), Flags = f.U32() };
            default:
                return this;
        }
    }

    private FuseRequest WithSet(ref Fields f)
    {
        var valid = (FuseSet)f.U32();
        f.Skip(4);
        var (handle, size) = (f.U64(), f.U64());
        f.Skip(8);
        var (accessed, modified) = ((long)f.U64(), (long)f.U64());
        f.Skip(8);
        var (accessedNano, modifiedNano) = (f.U32(), f.U32());
        f.Skip(4);
        var mode = f.U32();
        f.Skip(4);
        return this with
        {
            Set = valid,
            Handle = handle,
            Size = size,
            Mode = mode,
            NewUid = f.U32(),
            NewGid = f.U32(),
            AccessedSeconds = accessed,
            AccessedNanoseconds = accessedNano,
            ModifiedSeconds = modified,
            ModifiedNanoseconds = modifiedNano,
        };
    }

    private FuseRequest WithWrite(ref Fields f)
    {
        var (handle, offset, size, writeFlags) = (f.U64(), f.U64(), f.U32(), f.U32());
        f.Skip(8);
        var flags = f.U32();
        f.Skip(4);
        return this with { Handle = handle, Offset = offset, Size = size, WriteFlags = writeFlags, Flags = flags, Data = f.Bytes((int)Math.Min(size, int.MaxValue)) };
    }

    private FuseRequest WithExtended(ref Fields f)
    {
        var (size, flags, name) = (f.U32(), f.U32(), f.Text());
        return this with { Size = size, Flags = flags, Name = name, Data = f.Bytes((int)Math.Min(size, int.MaxValue)) };
    }

    // What is not there any more is 0, and remembered.
    private ref struct Fields(ReadOnlyMemory<byte> rest)
    {
        private ReadOnlyMemory<byte> _rest = rest;

        public bool Failed { get; private set; }

        public uint U32() => Take(4) is { Length: 4 } bytes ? BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span) : 0;

        public ulong U64() => Take(8) is { Length: 8 } bytes ? BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span) : 0;

        public uint Skip(int count)
        {
            Take(count);
            return 0;
        }

        public ReadOnlyMemory<byte> Bytes(int count) => Take(count);

        // Up to the NUL.
        public ReadOnlyMemory<byte> Bytes()
        {
            var end = _rest.Span.IndexOf((byte)0);
            var bytes = Take(end < 0 ? _rest.Length + 1 : end);
            Skip(end < 0 ? 0 : 1);
            return bytes;
        }

        public string? Text()
        {
            var bytes = Bytes();
            try
            {
                return _strict.GetString(bytes.Span);
            }
            catch (DecoderFallbackException)
            {
                return null;
            }
        }

        private ReadOnlyMemory<byte> Take(int count)
        {
            if (Failed || count > _rest.Length)
            {
                Failed = true;
                return ReadOnlyMemory<byte>.Empty;
            }
            var taken = _rest[..count];
            _rest = _rest[count..];
            return taken;
        }
    }
}
