using System.Collections.Frozen;

namespace Mooring.Messages;

/// <summary>An expected failure as a value.</summary>
/// <param name="Kind">The class of the failure.</param>
/// <param name="Detail">One line for a person; no stack, no secrets.</param>
/// <param name="Errno">The positive errno of the block store, where there was one.</param>
public sealed record OperationError(ErrorKind Kind, string Detail, int? Errno = null)
{
    private static readonly FrozenDictionary<string, ErrorKind> KindsByType = Enum.GetValues<ErrorKind>().ToFrozenDictionary(TypeOf);

    /// <summary>One line for a person, whatever stands in the names that it speaks of.</summary>
    public string Detail { get; init; } = PlainText.Line(Detail);

    /// <summary>The stable problem type, such as <c>urn:mooring:error:not-found</c>.</summary>
    public string Type => TypeOf(Kind);

    /// <summary>A short, stable title, such as <c>not found</c>.</summary>
    public string Title => TitleOf(Kind);

    /// <summary>The kind of a failure that came as its type.</summary>
    /// <param name="type">A problem type, as <see cref="Type"/> gives it.</param>
    /// <returns>The kind; null for a type that is none of Mooring's.</returns>
    public static ErrorKind? KindOf(string type) => KindsByType.TryGetValue(type, out var kind) ? kind : null;

    private static string TypeOf(ErrorKind kind) => "urn:mooring:error:" + TitleOf(kind).Replace(' ', '-');

    private static string TitleOf(ErrorKind kind) => kind switch
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
        ErrorKind.Unauthenticated => "unauthenticated",
        ErrorKind.PreconditionFailed => "precondition failed",
        _ => "internal error",
    };
}
