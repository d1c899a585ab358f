using Mooring.Messages;

namespace Mooring.Operations;

/// <summary>The errors that operations end with, and which of the store's answers are not an end.</summary>
public static class OperationErrors
{
    private const int ENoent = 2, EExist = 17, EInval = 22;

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
    /// <returns>The error.</returns>
    public static OperationError Exists(VolumeId volume) => new(ErrorKind.AlreadyExists, $"volume {volume} exists already", EExist);

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
