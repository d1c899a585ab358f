using Mooring.Messages;

namespace Mooring.Operations;

/// <summary>The errors that operations end with, and which of the store's answers are not an end.</summary>
public static class OperationErrors
{
    private const int ENoent = 2, EBusy = 16, EExist = 17, EInval = 22, EUclean = 117, ECanceled = 125;

    /// <summary>The error for a volume that there is not.</summary>
    /// <param name="volume">Its name.</param>
    /// <returns>The error.</returns>
    public static OperationError Missing(VolumeId volume) => new(ErrorKind.NotFound, $"volume {volume} does not exist", ENoent);

    /// <summary>The error for a volume that has another image than when the request was accepted.</summary>
    /// <param name="volume">Its name.</param>
    /// <returns>The error.</returns>
    public static OperationError Another(VolumeId volume) => new(ErrorKind.NotFound, $"volume {volume} is another image than when the request was accepted", ENoent);

    /// <summary>The error for a name that is taken.</summary>
    /// <param name="volume">The name.</param>
    /// <param name="damage">What is damaged of what has it; null when that is whole.</param>
    /// <returns>The error.</returns>
    public static OperationError Exists(VolumeId volume, string? damage = null) => new(
        ErrorKind.AlreadyExists, $"volume {volume} exists already{(damage is null ? "" : $" and is damaged: {WithRemedy(damage)}")}", EExist);

    /// <summary>The error for a volume of which parts are missing.</summary>
    /// <param name="volume">Its name.</param>
    /// <param name="damage">What is damaged.</param>
    /// <returns>The error.</returns>
    public static OperationError Damaged(VolumeId volume, string damage) =>
        new(ErrorKind.Damaged, $"volume {volume} is damaged: {WithRemedy(damage)}", EUclean);

    /// <summary>What is damaged, and what can be done about it.</summary>
    /// <param name="damage">What is damaged.</param>
    /// <returns>One line.</returns>
    public static string WithRemedy(string damage) => $"{damage}; deleting it removes what is left of it";

    /// <summary>The error for something that cannot be changed now.</summary>
    /// <param name="detail">What stands in the way, in one line.</param>
    /// <returns>The error.</returns>
    public static OperationError Busy(string detail) => new(ErrorKind.Busy, detail, EBusy);

    /// <summary>The error for something else than a volume that there is not.</summary>
    /// <param name="detail">What is not there, in one line.</param>
    /// <returns>The error.</returns>
    public static OperationError NotThere(string detail) => new(ErrorKind.NotFound, detail, ENoent);

    /// <summary>The error for an operation that nobody knows, or that the one who asks may not know of.</summary>
    /// <param name="operation">Its id.</param>
    /// <returns>The error.</returns>
    public static OperationError NotKnown(OperationId operation) => NotThere($"operation {operation} is not known");

    /// <summary>The error for a snapshot that there is not.</summary>
    /// <param name="volume">Its volume.</param>
    /// <param name="snapshot">Its name.</param>
    /// <returns>The error.</returns>
    public static OperationError MissingSnapshot(VolumeId volume, string snapshot) =>
        new(ErrorKind.NotFound, $"volume {volume} has no snapshot '{snapshot}'", ENoent);

    /// <summary>The error for a snapshot's name that is taken.</summary>
    /// <param name="volume">Its volume.</param>
    /// <param name="snapshot">The name.</param>
    /// <returns>The error.</returns>
    public static OperationError SnapshotExists(VolumeId volume, string snapshot) =>
        new(ErrorKind.AlreadyExists, $"volume {volume} has a snapshot '{snapshot}' already", EExist);

    /// <summary>The error for an operation that was cancelled before it took effect.</summary>
    /// <param name="kind">Its kind.</param>
    /// <returns>The error.</returns>
    public static OperationError Cancelled(string kind) => new(ErrorKind.Cancelled, $"{kind} was cancelled and has not taken effect", ECanceled);

    /// <summary>The error for bytes that the client was to send and has not.</summary>
    /// <param name="detail">What has become of them, in one line.</param>
    /// <returns>The error.</returns>
    public static OperationError NoContent(string detail) => new(ErrorKind.Cancelled, $"the content did not arrive: {detail}", ECanceled);

    /// <summary>The error for a command that can never be right.</summary>
    /// <param name="detail">What is wrong, in one line.</param>
    /// <returns>The error.</returns>
    public static OperationError Wrong(string detail) => new(ErrorKind.InvalidArgument, detail, EInval);

    /// <summary>What an error of the block store means for the operation that met it (docs/errors.md).</summary>
    /// <param name="kind">The error's kind.</param>
    /// <returns>Its meaning.</returns>
    public static ErrorMeaning MeaningOf(ErrorKind kind) => kind switch
    {
        ErrorKind.TimedOut or ErrorKind.Fenced or ErrorKind.Unavailable => ErrorMeaning.InDoubt,
        ErrorKind.Overloaded or ErrorKind.Internal => ErrorMeaning.PutOff,
        _ => ErrorMeaning.Final,
    };
}
