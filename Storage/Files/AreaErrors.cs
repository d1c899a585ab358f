using Mooring.Messages;

namespace Mooring.Storage.Files;

/// <summary>The expected failures of an area.</summary>
internal static class AreaErrors
{
    private const int Enoent = 2, Ebusy = 16, Eexist = 17, Enotdir = 20, Eisdir = 21, Einval = 22, Efbig = 27, Enospc = 28, Enametoolong = 36, Enotempty = 39, Enodata = 61, Eshutdown = 108, Estale = 116;

    public static BlockStoreException NotFound(string path) => new(ErrorKind.NotFound, $"there is no {Shown(path)}", Enoent);

    public static BlockStoreException Exists(string path) => new(ErrorKind.AlreadyExists, $"{Shown(path)} exists already", Eexist);

    /// <summary>An id that a mount still holds, of something that is gone.</summary>
    public static BlockStoreException Stale(long id) => new(ErrorKind.NotFound, $"node {id} is gone", Estale);

    public static BlockStoreException NoAttribute(string name) => new(ErrorKind.NotFound, $"there is no extended attribute {Shown(name)}", Enodata);

    /// <summary>It is not as it was when the operation began.</summary>
    public static BlockStoreException Changed(string path) => new(ErrorKind.Busy, $"{Shown(path)} was changed by another while it was appended to", Ebusy);

    /// <summary>It is not what the operation was asked for on condition of.</summary>
    public static BlockStoreException NotAsKnown(string path) => new(ErrorKind.PreconditionFailed, $"{Shown(path)} is not what the request says that it must be");

    public static BlockStoreException IsDirectory(string path) => new(ErrorKind.InvalidArgument, $"{Shown(path)} is a directory", Eisdir);

    public static BlockStoreException NotDirectory(string path) => new(ErrorKind.InvalidArgument, $"{Shown(path)} is not a directory", Enotdir);

    public static BlockStoreException NotEmpty(string path) => new(ErrorKind.InvalidArgument, $"the directory {Shown(path)} is not empty", Enotempty);

    public static BlockStoreException Invalid(string what) => new(ErrorKind.InvalidArgument, what, Einval);

    public static BlockStoreException TooLong(string what) => new(ErrorKind.InvalidArgument, what, Enametoolong);

    public static BlockStoreException TooBig(string what) => new(ErrorKind.InvalidArgument, what, Efbig);

    public static BlockStoreException NoSpace(string what) => new(ErrorKind.NoSpace, what, Enospc);

    public static BlockStoreException Superseded(string what) => new(ErrorKind.Fenced, what, Eshutdown);

    /// <summary>What lies on the image is not what was written there.</summary>
    public static BlockStoreException Damaged(string what) => new(ErrorKind.Internal, $"the area is damaged: {what}");

    /// <summary>The image holds no area, or one that this program cannot read.</summary>
    public static BlockStoreException Unsupported(string what) => new(ErrorKind.Unsupported, what);

    /// <summary>A path as it may stand in one line of an error.</summary>
    public static string Shown(string path)
    {
        const int shownMax = 200;
        var line = string.Concat(path.Take(shownMax).Select(c => char.IsControl(c) ? '?' : c));
        return path.Length > shownMax ? $"'{line}…'" : $"'{line}'";
    }
}

/// <summary>Bytes that do not follow the format. Never leaves this folder: whoever reads knows where the bytes lay and says so.</summary>
internal sealed class MalformedException(string what) : Exception(what);
