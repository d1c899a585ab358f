using Mooring.Messages;
using SQLitePCL;

namespace Mooring.Storage.Embedded;

/// <summary>Something that SQLite reports.</summary>
internal sealed class SqliteFailure(int code, string message) : Exception(message)
{
    /// <summary>The primary result code.</summary>
    public int Code { get; } = code & 0xff;
}

/// <summary>Turns what the operating system and SQLite report into expected failures.</summary>
internal static class Failures
{
    public const int Enotempty = 39;

    private const int Eio = 5, Eacces = 13, Ebusy = 16, Enospc = 28, Efbig = 27, Erofs = 30, Edquot = 122, Eshutdown = 108, Enotconn = 107;

    public static BlockStoreException NotFound(string what) => new(ErrorKind.NotFound, what, 2);

    public static BlockStoreException Exists(VolumeId volume) => new(ErrorKind.AlreadyExists, $"{volume} exists already", 17);

    public static BlockStoreException Invalid(string what, int errno = 22) => new(ErrorKind.InvalidArgument, what, errno);

    public static BlockStoreException Busy(string what) => new(ErrorKind.Busy, what, Ebusy);

    public static BlockStoreException InTheWay(string what, IReadOnlyList<VolumeId> volumes, int errno = Ebusy) =>
        new(ErrorKind.Busy, what, errno) { InTheWay = volumes };

    public static BlockStoreException Fenced(string address) => new(ErrorKind.Fenced, $"connection {address} is fenced", Eshutdown);

    public static BlockStoreException Cut(string file) => new(ErrorKind.Unavailable, $"the link to the store is cut by {file}", Enotconn);

    /// <summary>An expected failure for what was thrown, or null when nobody expected it.</summary>
    public static BlockStoreException? Translate(Exception thrown, string directory) => thrown switch
    {
        BlockStoreException expected => expected,
        SqliteFailure failure => new BlockStoreException(Describe(failure, directory), failure),
        UnauthorizedAccessException => new BlockStoreException(new OperationError(ErrorKind.PermissionDenied, OneLine($"{directory}: {thrown.Message}"), Eacces), thrown),
        IOException io => new BlockStoreException(Describe(io, directory), io),
        _ => null,
    };

    private static OperationError Describe(SqliteFailure failure, string directory)
    {
        var detail = OneLine($"the store in {directory}: {failure.Message}");
        return failure.Code switch
        {
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => new OperationError(ErrorKind.Unavailable, detail, Ebusy),
            raw.SQLITE_FULL => new OperationError(ErrorKind.NoSpace, detail, Enospc),
            raw.SQLITE_READONLY => new OperationError(ErrorKind.PermissionDenied, detail, Erofs),
            raw.SQLITE_PERM or raw.SQLITE_AUTH => new OperationError(ErrorKind.PermissionDenied, detail, Eacces),
            raw.SQLITE_IOERR or raw.SQLITE_CANTOPEN => new OperationError(ErrorKind.Unavailable, detail, Eio),
            _ => new OperationError(ErrorKind.Internal, detail),
        };
    }

    private static OperationError Describe(IOException io, string directory)
    {
        var detail = OneLine($"the store in {directory}: {io.Message}");
        // On Unix the runtime puts the errno into HResult.
        return io.HResult switch
        {
            Enospc or Edquot => new OperationError(ErrorKind.NoSpace, detail, io.HResult),
            Efbig => new OperationError(ErrorKind.InvalidArgument, detail, Efbig),
            Erofs => new OperationError(ErrorKind.PermissionDenied, detail, Erofs),
            _ => new OperationError(ErrorKind.Unavailable, detail, io.HResult is > 0 and < 256 ? io.HResult : Eio),
        };
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
