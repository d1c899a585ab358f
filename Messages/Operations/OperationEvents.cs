using System.Text.Json.Serialization;

namespace Mooring.Messages;

/// <summary>What happened to the requests of all clients; journalled by the owner of the virtual IP. Extend-only.</summary>
public interface IPendingOperationsEvent;

/// <summary>
/// A new owner has read the journal. It is the first event that an owner writes: whatever its predecessor still tries to append
/// collides with it.
/// </summary>
/// <param name="Epoch">The new owner's epoch.</param>
/// <param name="Node">The new owner.</param>
/// <param name="At">When, by its clock.</param>
public sealed record OwnershipTaken(Epoch Epoch, NodeName Node, DateTimeOffset At) : IPendingOperationsEvent;

/// <summary>A request is accepted: from now on its result will be delivered.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="RequestId">The client's id.</param>
/// <param name="Command">What to do.</param>
/// <param name="DeliverTo">The serialized path of the actor that the result is sent to, if one asked for that.</param>
/// <param name="At">When.</param>
public sealed record RequestAccepted(
    OperationId Operation, RequestId RequestId, VolumeCommand Command, string? DeliverTo, DateTimeOffset At) : IPendingOperationsEvent
{
    /// <summary>What had the names then; null when no image matters.</summary>
    public AcceptedImages? Images { get; init; }

    /// <summary>The size that its volume will have, in bytes, where a quota had to be asked; null elsewhere.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? SizeAfter { get; init; }
}

/// <summary>The result of a request is known to the owner.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Outcome">Its result.</param>
/// <param name="Settled">Whether its volume has nothing left to clean up.</param>
public sealed record RequestFinished(OperationId Operation, OperationOutcome Outcome, bool Settled) : IPendingOperationsEvent;

/// <summary>Somebody has asked that an operation without a result be cancelled.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="At">When.</param>
public sealed record CancellationAsked(OperationId Operation, DateTimeOffset At) : IPendingOperationsEvent;

/// <summary>The result was given to a client.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="By">The node that gave it.</param>
/// <param name="At">When.</param>
public sealed record ResultDelivered(OperationId Operation, NodeName By, DateTimeOffset At) : IPendingOperationsEvent;

/// <summary>Results whose time is over are forgotten; their request ids may be used again.</summary>
/// <param name="Operations">Which.</param>
public sealed record OperationsForgotten(IReadOnlyList<OperationId> Operations) : IPendingOperationsEvent;

/// <summary>Results lie in the archive from now on, and not in the owner's memory.</summary>
/// <param name="Part">The part of the archive; never used for others.</param>
/// <param name="Operations">Which.</param>
public sealed record ResultsArchived(long Part, IReadOnlyList<OperationId> Operations) : IPendingOperationsEvent;

/// <summary>The time of every result in the oldest parts of the archive is over: they are forgotten.</summary>
/// <param name="UpToPart">The last of these parts.</param>
public sealed record ResultsDropped(long UpToPart) : IPendingOperationsEvent;
