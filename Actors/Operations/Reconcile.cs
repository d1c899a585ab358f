using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Actors.Operations;

/// <summary>
/// What an operation in doubt has done: one function a kind, from what the store shows after every earlier attempt's connection was
/// fenced. Pure.
/// </summary>
public static class Reconcile
{
    /// <summary>
    /// Create: the name was free when the intent was journalled, and every other connection that could have made it for us is fenced, so
    /// an image of the right size under it is ours and is rolled forward.
    /// </summary>
    /// <param name="command">The command.</param>
    /// <param name="found">What has the name now.</param>
    /// <param name="info">The image; null when it is half made.</param>
    /// <returns>What to do.</returns>
    public static Reconciliation Create(CreateVolume command, ImageId? found, ImageInfo? info) => (found, info) switch
    {
        (null, _) => Reconciliation.NotBegun,
        (_, null) => Reconciliation.Partial,
        (_, var image) when image.SizeBytes == command.SizeBytes => Reconciliation.Done,
        _ => Reconciliation.Foreign,
    };

    /// <summary>Delete: the image that was to go is known by its internal id; another one under its name is somebody else's.</summary>
    /// <param name="imageIdBefore">The image that was to go.</param>
    /// <param name="found">What has the name now.</param>
    /// <returns>What to do.</returns>
    public static Reconciliation Delete(string? imageIdBefore, ImageId? found) => found switch
    {
        null => Reconciliation.Done,
        { } id when id.Value == imageIdBefore => Reconciliation.Partial,
        _ => Reconciliation.Done,
    };

    /// <summary>Copy: work is done under a name of its own and becomes visible by one rename; the finished image carries the operation's
    /// id.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="found">What has the target's name now.</param>
    /// <param name="madeBy">The operation's id in that image's metadata, if any.</param>
    /// <returns>What to do.</returns>
    public static Reconciliation Copy(OperationId operation, ImageId? found, string? madeBy) => found switch
    {
        null => Reconciliation.NotBegun,
        _ when madeBy == operation.Value => Reconciliation.Done,
        _ => Reconciliation.Foreign,
    };
}

/// <summary>What is left to do of an operation in doubt.</summary>
public enum Reconciliation
{
    /// <summary>Nothing took effect: execute it.</summary>
    NotBegun,

    /// <summary>It took effect: report it.</summary>
    Done,

    /// <summary>It took effect in part: clear that away, then execute it (delete: go on).</summary>
    Partial,

    /// <summary>What is there was made by somebody else and is never claimed: fail.</summary>
    Foreign,
}
