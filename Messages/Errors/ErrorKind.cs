namespace Mooring.Messages;

/// <summary>
/// Why an operation did not succeed. The names are stable: they appear in HTTP problem types, in the journal and in exit statuses.
/// </summary>
public enum ErrorKind
{
    /// <summary>Something that was never expected; the detail says what was seen.</summary>
    Internal = 0,

    /// <summary>The request itself is wrong: a bad name, size or combination. EINVAL.</summary>
    InvalidArgument = 1,

    /// <summary>The pool, namespace, volume or operation does not exist. ENOENT.</summary>
    NotFound = 2,

    /// <summary>The target exists already. EEXIST.</summary>
    AlreadyExists = 3,

    /// <summary>The volume is in use or held by another operation. EBUSY.</summary>
    Busy = 4,

    /// <summary>No space or quota left. ENOSPC, EDQUOT.</summary>
    NoSpace = 5,

    /// <summary>The block store does not permit it, or the one who asks may not. EPERM, EACCES, EROFS.</summary>
    PermissionDenied = 6,

    /// <summary>No answer within the bound; whether it took effect is unknown. ETIMEDOUT.</summary>
    TimedOut = 7,

    /// <summary>This connection or owner has been replaced and may not act any more. ESHUTDOWN, ECANCELED of an epoch guard.</summary>
    Fenced = 8,

    /// <summary>The operation was cancelled. ECANCELED.</summary>
    Cancelled = 9,

    /// <summary>The block store or the owner cannot be reached now. ENOTCONN, EHOSTUNREACH and the like.</summary>
    Unavailable = 10,

    /// <summary>The same request id was used before with other content.</summary>
    RequestConflict = 11,

    /// <summary>The block store cannot do this. EOPNOTSUPP, ENOSYS.</summary>
    Unsupported = 12,

    /// <summary>A bound of the system is reached (queue full, too many operations); try again later.</summary>
    Overloaded = 13,

    /// <summary>The request is older than results are kept: whether it was carried out before is not known any more.</summary>
    Expired = 14,

    /// <summary>Parts of the image are missing in the block store; the detail says which and what can be done. EUCLEAN.</summary>
    Damaged = 15,

    /// <summary>Nobody said who asks, or not in a way that is believed.</summary>
    Unauthenticated = 16,

    /// <summary>What was to be changed is not what the request says that it must be; nothing was changed.</summary>
    PreconditionFailed = 17,
}
