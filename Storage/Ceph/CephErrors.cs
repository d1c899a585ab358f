using Mooring.Messages;

namespace Mooring.Storage.Ceph;

/// <summary>From a negative errno of librados or librbd to an expected failure.</summary>
internal static class CephErrors
{
    public const int NotPermitted = -1, NotFound = -2, InputOutput = -5, Denied = -13, Busy = -16, Exists = -17, Invalid = -22, NoSpace = -28, ReadOnly = -30, Range = -34,
        NotEmpty = -39, Shutdown = -108, TimedOut = -110, QuotaExceeded = -122, Cancelled = -125;

    /// <summary>
    /// Everything that librados and librbd of Ceph 16.2 were seen or are said to answer. What a kind means for an operation is
    /// <c>OperationErrors.MeaningOf</c>; both together are <c>docs/errors.md</c>.
    /// </summary>
    internal static IReadOnlyDictionary<int, (string Name, string Reason, ErrorKind Kind)> Known { get; } = new Dictionary<int, (string, string, ErrorKind)>
    {
        [1] = ("EPERM", "it is not permitted", ErrorKind.PermissionDenied),
        [2] = ("ENOENT", "it does not exist", ErrorKind.NotFound),
        [4] = ("EINTR", "the store was interrupted", ErrorKind.Overloaded),
        [5] = ("EIO", "an input or output error", ErrorKind.Internal),
        [6] = ("ENXIO", "there is no such device", ErrorKind.Unavailable),
        [7] = ("E2BIG", "it is too big", ErrorKind.InvalidArgument),
        [8] = ("ENOEXEC", "its format is not known", ErrorKind.Unsupported),
        [11] = ("EAGAIN", "the store asks to try again", ErrorKind.Overloaded),
        [12] = ("ENOMEM", "the store has no memory for it now", ErrorKind.Overloaded),
        [13] = ("EACCES", "access is denied", ErrorKind.PermissionDenied),
        [16] = ("EBUSY", "it is in use", ErrorKind.Busy),
        [17] = ("EEXIST", "it exists already", ErrorKind.AlreadyExists),
        [18] = ("EXDEV", "the two lie in different pools or namespaces", ErrorKind.InvalidArgument),
        [22] = ("EINVAL", "an invalid argument", ErrorKind.InvalidArgument),
        [26] = ("ETXTBSY", "it is in use", ErrorKind.Busy),
        [27] = ("EFBIG", "it is too big", ErrorKind.InvalidArgument),
        [28] = ("ENOSPC", "no space is left", ErrorKind.NoSpace),
        [30] = ("EROFS", "it can only be read (a snapshot, a mirror's copy, or somebody else has its lock)", ErrorKind.PermissionDenied),
        [31] = ("EMLINK", "it is in a group, or has clones", ErrorKind.Busy),
        [33] = ("EDOM", "a value out of its domain", ErrorKind.InvalidArgument),
        [34] = ("ERANGE", "a value out of range", ErrorKind.InvalidArgument),
        [36] = ("ENAMETOOLONG", "the name is too long", ErrorKind.InvalidArgument),
        [38] = ("ENOSYS", "this Ceph cannot do it", ErrorKind.Unsupported),
        [39] = ("ENOTEMPTY", "it has snapshots", ErrorKind.Busy),
        [61] = ("ENODATA", "there is no such value", ErrorKind.NotFound),
        [74] = ("EBADMSG", "what is stored cannot be read: it is damaged", ErrorKind.Unsupported),
        [75] = ("EOVERFLOW", "a value is too large", ErrorKind.InvalidArgument),
        [84] = ("EILSEQ", "what is stored is not in order: it is damaged", ErrorKind.Unsupported),
        [85] = ("ERESTART", "the store asks to try again", ErrorKind.Overloaded),
        [90] = ("EMSGSIZE", "it is too big for one write", ErrorKind.InvalidArgument),
        [95] = ("EOPNOTSUPP", "this Ceph, or this image's features, cannot do it", ErrorKind.Unsupported),
        [101] = ("ENETUNREACH", "the network cannot be reached", ErrorKind.Unavailable),
        [103] = ("ECONNABORTED", "the connection was ended", ErrorKind.Unavailable),
        [104] = ("ECONNRESET", "the connection was ended", ErrorKind.Unavailable),
        [107] = ("ENOTCONN", "there is no connection", ErrorKind.Unavailable),
        [108] = ("ESHUTDOWN", "this connection has been fenced (EBLOCKLISTED)", ErrorKind.Fenced),
        [110] = ("ETIMEDOUT", "no answer in time", ErrorKind.TimedOut),
        [111] = ("ECONNREFUSED", "the connection is refused", ErrorKind.Unavailable),
        [112] = ("EHOSTDOWN", "the host is down", ErrorKind.Unavailable),
        [113] = ("EHOSTUNREACH", "the host cannot be reached", ErrorKind.Unavailable),
        [114] = ("EALREADY", "it is being done already", ErrorKind.Busy),
        [115] = ("EINPROGRESS", "it is being done already", ErrorKind.Busy),
        [116] = ("ESTALE", "it has changed meanwhile", ErrorKind.Overloaded),
        [122] = ("EDQUOT", "the quota is used up", ErrorKind.NoSpace),
        [125] = ("ECANCELED", "it was cancelled", ErrorKind.Cancelled),
    };

    /// <summary>Makes the exception for a return value.</summary>
    /// <param name="result">A negative errno.</param>
    /// <param name="what">What was tried, as in <c>create rbd/a</c>.</param>
    /// <param name="reason">Instead of the errno's own reason.</param>
    public static BlockStoreException Failure(int result, string what, string? reason = null)
    {
        var errno = -result;
        (what, reason) = (OneLine(what), reason is null ? null : OneLine(reason));
        return Known.TryGetValue(errno, out var known)
            ? new BlockStoreException(known.Kind, $"cannot {what}: {reason ?? known.Reason} ({known.Name})", errno)
            : new BlockStoreException(ErrorKind.Internal, $"cannot {what}: {reason ?? "an unexpected error"} (errno {errno})", errno);
    }

    /// <summary>Whether a comparison with an object's data failed: -MAX_ERRNO and the place of the difference; also when there is no object.</summary>
    public static bool IsDifference(int result) => result <= -4095;

    /// <summary>Text for one line of an error, whatever it holds.</summary>
    public static string OneLine(string? text) => string.Concat((text ?? "").Select(c => char.IsControl(c) ? ' ' : c)).Trim();
}
