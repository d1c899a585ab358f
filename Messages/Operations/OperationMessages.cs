using System.Text.Json.Serialization;

namespace Mooring.Messages;

/// <summary>
/// Hands in a request. Answered with <see cref="OperationAccepted"/> (its journal entry stands) or <see cref="OperationFailed"/>;
/// afterwards the sender's path gets <see cref="OperationSucceeded{T}"/> or <see cref="OperationFailed"/> once, from
/// whichever node owns the virtual IP by then, when <see cref="Deliver"/> is set.
/// </summary>
/// <param name="RequestId">The client's id: the same id always gets the same one result.</param>
/// <param name="Command">What to do.</param>
/// <param name="Deliver">Whether the result is to be sent to the sender without being asked for.</param>
public sealed record SubmitOperation(RequestId RequestId, VolumeCommand Command, bool Deliver) : IWithRequestId;

/// <summary>The request is in the journal; its result will come.</summary>
/// <param name="RequestId">The client's id.</param>
/// <param name="Operation">The operation as it stands.</param>
public sealed record OperationAccepted(RequestId RequestId, OperationView Operation) : IWithRequestId;

/// <summary>The operation is under way.</summary>
/// <param name="RequestId">The client's id.</param>
/// <param name="Operation">The operation as it stands.</param>
public sealed record OperationProgress(RequestId RequestId, OperationView Operation) : IWithRequestId;

/// <summary>The operation took effect, once.</summary>
/// <typeparam name="T">What kind of result it has.</typeparam>
/// <param name="RequestId">The client's id; drop repeats by it, and confirm with <see cref="ConfirmDelivery"/>.</param>
/// <param name="Operation">The operation's id.</param>
/// <param name="Result">The result.</param>
public sealed record OperationSucceeded<T>(RequestId RequestId, OperationId Operation, T Result) : IWithRequestId;

/// <summary>The result of an operation that leaves no volume behind.</summary>
/// <param name="Volume">The volume that is gone.</param>
public sealed record VolumeDeleted(VolumeId Volume);

/// <summary>The operation failed or was refused; nothing was changed unless the error says so.</summary>
/// <param name="RequestId">The client's id.</param>
/// <param name="Operation">The operation's id.</param>
/// <param name="Error">Why.</param>
public sealed record OperationFailed(RequestId RequestId, OperationId Operation, OperationError Error) : IWithRequestId;

/// <summary>The client has the result; it is not sent again.</summary>
/// <param name="RequestId">The client's id.</param>
public sealed record ConfirmDelivery(RequestId RequestId) : IWithRequestId;

/// <summary>A question to the owner about operations.</summary>
public interface IOperationQuery;

/// <summary>Asks for one operation; answered with <see cref="OperationFound"/> or <see cref="QueryFailed"/>.</summary>
/// <param name="Operation">Its id.</param>
public sealed record GetOperation(OperationId Operation) : IOperationQuery;

/// <summary>
/// Waits until an operation has ended; answered with <see cref="OperationFound"/>, ended or not, when the time is over at the latest,
/// or <see cref="QueryFailed"/>. An answer with a result counts as its delivery.
/// </summary>
/// <param name="Operation">Its id.</param>
/// <param name="Wait">How long to wait at most; 0 answers at once.</param>
/// <param name="By">The node that passes the answer on to the client.</param>
public sealed record AwaitOperation(OperationId Operation, TimeSpan Wait, NodeName By) : IOperationQuery;

/// <summary>
/// Waits for the operation to move on: answered with <see cref="OperationFound"/> as soon as it differs from what the caller has seen.
/// </summary>
/// <param name="Operation">Its id.</param>
/// <param name="SeenVersion">The <see cref="OperationFound.Version"/> that the caller has; -1 for none.</param>
/// <param name="Wait">How long to wait at most.</param>
/// <param name="By">The node that passes the answer on to the client.</param>
public sealed record WatchOperation(OperationId Operation, long SeenVersion, TimeSpan Wait, NodeName By) : IOperationQuery;

/// <summary>
/// Asks that an operation be cancelled: before it has begun it is at once, and an attempt that runs ends at its next step where its kind can be stopped.
/// What can be stopped no more ends as if nothing had been asked. Answered with <see cref="OperationFound"/> when the wish is in the journal, and passed on
/// by whoever owns the virtual IP then, or <see cref="QueryFailed"/>; the result comes as every result does.
/// </summary>
/// <param name="Operation">Its id.</param>
public sealed record CancelOperation(OperationId Operation) : IOperationQuery;

/// <summary>Asks for operations, newest first; answered with <see cref="OperationsListed"/>.</summary>
/// <param name="State">Only those in this state; null for all.</param>
/// <param name="Target">Only those of this volume; null for all.</param>
/// <param name="Before">The page begins before this operation; null begins with the newest.</param>
/// <param name="Limit">At most so many, 1 to 1,000.</param>
public sealed record GetOperations(OperationState? State, VolumeId? Target, OperationId? Before, int Limit) : IOperationQuery;

/// <summary>An operation.</summary>
/// <param name="Operation">As it stands.</param>
/// <param name="Version">Differs when anything about it has changed.</param>
public sealed record OperationFound(OperationView Operation, long Version);

/// <summary>A page of operations.</summary>
/// <param name="Items">Newest first.</param>
/// <param name="Next">Ask again with this as <see cref="GetOperations.Before"/>; null at the end.</param>
public sealed record OperationsListed(IReadOnlyList<OperationView> Items, OperationId? Next);

/// <summary>Where an operation stands.</summary>
public enum OperationState
{
    /// <summary>In the journal, not begun.</summary>
    Accepted = 0,

    /// <summary>An attempt is running.</summary>
    Running = 1,

    /// <summary>Took effect.</summary>
    Succeeded = 2,

    /// <summary>Failed or refused.</summary>
    Failed = 3,

    /// <summary>Cancelled before it took effect.</summary>
    Cancelled = 4,
}

/// <summary>An operation as the outside sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="RequestId">The client's id for it.</param>
/// <param name="Command">What it does.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Progress">The share that is done, 0 to 1.</param>
/// <param name="Attempts">How many attempts were begun.</param>
/// <param name="Result">The volume afterwards, when it succeeded and there is one.</param>
/// <param name="Error">Why it failed, if it did.</param>
/// <param name="AcceptedAt">When its journal entry was made.</param>
/// <param name="StartedAt">When the first attempt began, if one did.</param>
/// <param name="FinishedAt">When it ended, if it did.</param>
/// <param name="ExecutedBy">The node of the latest attempt, if any.</param>
/// <param name="DeliveredBy">The node that first delivered the result, if one did.</param>
public sealed record OperationView(
    OperationId Id,
    RequestId RequestId,
    VolumeCommand Command,
    OperationState State,
    double Progress,
    int Attempts,
    VolumeInfo? Result,
    OperationError? Error,
    DateTimeOffset AcceptedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? FinishedAt,
    NodeName? ExecutedBy,
    NodeName? DeliveredBy)
{
    /// <summary>Why the last try was put off, while it has no result; null when none was.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public OperationSetback? Setback { get; init; }

    /// <summary>Whether somebody has asked that it be cancelled.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool CancelAsked { get; init; }

    /// <summary>Whether it will not change any more.</summary>
    public bool Ended => State is OperationState.Succeeded or OperationState.Failed or OperationState.Cancelled;
}
