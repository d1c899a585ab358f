namespace Mooring.Messages;

/// <summary>An expected failure as a value.</summary>
/// <param name="Kind">The class of the failure.</param>
/// <param name="Detail">One line for a person; no stack, no secrets.</param>
/// <param name="Errno">The positive errno of the block store, where there was one.</param>
public sealed record OperationError(ErrorKind Kind, string Detail, int? Errno = null)
{
    /// <summary>One line for a person, whatever stands in the names that it speaks of.</summary>
    public string Detail { get; init; } = PlainText.Line(Detail);

    /// <summary>The stable problem type, such as <c>urn:mooring:error:not-found</c>.</summary>
    public string Type => "urn:mooring:error:" + Title.Replace(' ', '-');

    /// <summary>A short, stable title, such as <c>not found</c>.</summary>
    public string Title => Kind switch
    {
        ErrorKind.InvalidArgument => "invalid argument",
        ErrorKind.NotFound => "not found",
        ErrorKind.AlreadyExists => "already exists",
        ErrorKind.Busy => "busy",
        ErrorKind.NoSpace => "no space",
        ErrorKind.PermissionDenied => "permission denied",
        ErrorKind.TimedOut => "timed out",
        ErrorKind.Fenced => "fenced",
        ErrorKind.Cancelled => "cancelled",
        ErrorKind.Unavailable => "unavailable",
        ErrorKind.RequestConflict => "request conflict",
        ErrorKind.Unsupported => "unsupported",
        ErrorKind.Overloaded => "overloaded",
        ErrorKind.Expired => "expired",
        ErrorKind.Damaged => "damaged",
        _ => "internal error",
    };
}
