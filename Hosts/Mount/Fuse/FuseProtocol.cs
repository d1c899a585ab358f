namespace Mooring.Mount.Fuse;

/// <summary>What the kernel asks; numbers as in <c>linux/fuse.h</c>, version 7.31.</summary>
internal enum FuseOpcode : uint
{
    Lookup = 1,
    Forget = 2,
    GetAttributes = 3,
    SetAttributes = 4,
    ReadLink = 5,
    MakeLink = 6,
    MakeNode = 8,
    MakeDirectory = 9,
    Unlink = 10,
    RemoveDirectory = 11,
    Rename = 12,
    HardLink = 13,
    Open = 14,
    Read = 15,
    Write = 16,
    StatFs = 17,
    Release = 18,
    Fsync = 20,
    SetExtended = 21,
    GetExtended = 22,
    ListExtended = 23,
    RemoveExtended = 24,
    Flush = 25,
    Init = 26,
    OpenDirectory = 27,
    ReadDirectory = 28,
    ReleaseDirectory = 29,
    FsyncDirectory = 30,
    Access = 34,
    Create = 35,
    Interrupt = 36,
    Destroy = 38,
    BatchForget = 42,
    Allocate = 43,
    Rename2 = 45,
    Seek = 46,
    SyncFs = 50,
}

/// <summary>What both sides are able to do.</summary>
[Flags]
internal enum FuseFeatures : uint
{
    None = 0,
    AsyncRead = 1 << 0,
    BigWrites = 1 << 5,
    AutoInvalidateData = 1 << 12,
    AsyncDirectIo = 1 << 15,
    ParallelDirectoryOperations = 1 << 18,
    MaxPages = 1 << 22,
}

/// <summary>Which fields of a <see cref="FuseOpcode.SetAttributes"/> hold.</summary>
[Flags]
internal enum FuseSet : uint
{
    None = 0,
    Mode = 1 << 0,
    Uid = 1 << 1,
    Gid = 1 << 2,
    Size = 1 << 3,
    Accessed = 1 << 4,
    Modified = 1 << 5,
    AccessedNow = 1 << 7,
    ModifiedNow = 1 << 8,
}

/// <summary>Numbers of Linux that stand in requests and answers.</summary>
internal static class Linux
{
    public const int Eperm = 1, Enoent = 2, Eintr = 4, Eio = 5, Enxio = 6, Eacces = 13, Ebusy = 16, Eexist = 17, Exdev = 18, Enodev = 19, Enotdir = 20, Einval = 22,
        Enospc = 28, Espipe = 29, Erange = 34, Enosys = 38, Enotconn = 107, Enodata = 61, Eproto = 71, Eilseq = 84, Eopnotsupp = 95;

    public const uint TypeMask = 0xF000, TypeFile = 0x8000, TypeDirectory = 0x4000, TypeLink = 0xA000, TypeFifo = 0x1000, TypeSocket = 0xC000;

    public const uint OpenExclusive = 0x80, OpenTruncate = 0x200, OpenAppend = 0x400;

    public const uint SeekData = 3, SeekHole = 4;
}
