using System.Text.Json.Serialization;

namespace Mooring.Messages;

/// <summary>Asks a volume to carry out an operation. Safe to send again: an operation is carried out once.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Command">What to do.</param>
public sealed record ExecuteOperation(OperationId Operation, VolumeCommand Command) : IWithVolumeId
{
    /// <summary>Its place in the order in which the owners have accepted requests, from 1; null when the sender does not say.</summary>
    public long? Sequence { get; init; }

    /// <summary>As <see cref="OutcomeRecorded.Before"/>, when it was sent: in case that message was lost. Null when the sender does not say.</summary>
    public long? RecordedBefore { get; init; }

    /// <summary>What had the names when the request was accepted; null when no image matters.</summary>
    public AcceptedImages? Images { get; init; }

    /// <summary>Whether somebody has asked that it be cancelled.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Cancel { get; init; }

    /// <inheritdoc/>
    public VolumeId Volume => Command.Volume;
}

/// <summary>
/// The images that a request is about, by their internal ids: what was under the names when it was accepted. Null where that does not matter: there was
/// none, the operation makes it, or operations that were accepted before decide what it will be.
/// </summary>
/// <param name="Volume">The image of the operation's volume.</param>
/// <param name="Source">The image of its source.</param>
public readonly record struct AcceptedImages(string? Volume, string? Source);

/// <summary>
/// Tells a volume what it will soon be asked for, while that enters the owner's journal: it may wake, look at the store and reserve a worker
/// meanwhile. Begins nothing; what has been prepared is dropped when the request does not come.
/// </summary>
/// <param name="Operation">The operation.</param>
/// <param name="Command">What it will do.</param>
public sealed record AnnounceOperation(OperationId Operation, VolumeCommand Command) : IWithVolumeId
{
    /// <inheritdoc/>
    public VolumeId Volume => Command.Volume;
}

/// <summary>An attempt is running, or waits to be made.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Attempt">Which attempt; 0 when none has begun.</param>
/// <param name="Node">Who executes it.</param>
/// <param name="Progress">The share that is done, 0 to 1.</param>
/// <param name="StartedAt">When this attempt began.</param>
public sealed record OperationRunning(OperationId Operation, int Attempt, NodeName Node, double Progress, DateTimeOffset StartedAt)
{
    /// <summary>Why the last try was put off; null when none was.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public OperationSetback? Setback { get; init; }
}

/// <summary>The block store has put an operation off, or has not answered: it is tried again.</summary>
/// <param name="Reason">What it said.</param>
/// <param name="Count">How many tries of this series were put off.</param>
/// <param name="Since">When the first of them was.</param>
/// <param name="NextTryAt">When the next try begins; it is under way when that is past.</param>
public sealed record OperationSetback(OperationError Reason, int Count, DateTimeOffset Since, DateTimeOffset NextTryAt);

/// <summary>An operation has ended.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Outcome">Its result.</param>
/// <param name="Settled">Whether nothing is left to be cleaned up; asking again continues the cleaning.</param>
public sealed record OperationEnded(OperationId Operation, OperationOutcome Outcome, bool Settled);

/// <summary>Results are in the owner's journal, and settled: the volume may forget them, and must not begin them any more.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Before">All of its requests with a lower place in the order of acceptance; see <see cref="ExecuteOperation.Sequence"/>.</param>
public sealed record OutcomeRecorded(VolumeId Volume, long Before) : IWithVolumeId;

/// <summary>Asks a volume not to change while an operation reads it.</summary>
/// <param name="Volume">The volume to be read.</param>
/// <param name="Operation">The operation that reads it.</param>
/// <param name="Target">The volume that the operation makes.</param>
public sealed record HoldSource(VolumeId Volume, OperationId Operation, VolumeId Target) : IWithVolumeId
{
    /// <summary>Whether the operation changes what it reads: nobody else may hold it meanwhile.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Exclusive { get; init; }

    /// <summary>As <see cref="ExecuteOperation.Sequence"/>.</summary>
    public long? Sequence { get; init; }
}

/// <summary>The answer to <see cref="HoldSource"/>.</summary>
/// <param name="Operation">The operation that asked.</param>
/// <param name="Granted">Whether the volume is held now.</param>
/// <param name="BusyWith">The operation that changes it, otherwise.</param>
public sealed record SourceHoldAnswered(OperationId Operation, bool Granted, OperationId? BusyWith);

/// <summary>Ends a hold. Safe to send again.</summary>
/// <param name="Volume">The volume that was read.</param>
/// <param name="Operation">The operation that read it.</param>
public sealed record ReleaseSource(VolumeId Volume, OperationId Operation) : IWithVolumeId;

/// <summary>The hold is over.</summary>
/// <param name="Operation">The operation that had it.</param>
public sealed record SourceHoldReleased(OperationId Operation);

/// <summary>A held volume asks the target of the operation that holds it whether the hold is still needed.</summary>
/// <param name="Volume">The target.</param>
/// <param name="Operation">The operation.</param>
/// <param name="Source">The volume that is held.</param>
public sealed record ConfirmHold(VolumeId Volume, OperationId Operation, VolumeId Source) : IWithVolumeId
{
    /// <summary>As <see cref="ExecuteOperation.Sequence"/>.</summary>
    public long? Sequence { get; init; }
}
