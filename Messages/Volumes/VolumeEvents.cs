using System.Text.Json.Serialization;

namespace Mooring.Messages;

/// <summary>What happened to one volume; journalled under its persistence id. Extend-only.</summary>
public interface IVolumeEvent;

/// <summary>
/// The intent: from now on the operation may have taken effect. Persisted before the first changing call of the attempt.
/// </summary>
/// <param name="Operation">The operation.</param>
/// <param name="Command">What it does.</param>
/// <param name="Attempt">1 for the first.</param>
/// <param name="Node">The node that executes this attempt.</param>
/// <param name="Worker">The connection of its worker: what a successor fences.</param>
/// <param name="ImageIdBefore">The internal id of the image under the volume's name before the first attempt; null when the name was free.</param>
/// <param name="At">When, by the node's clock.</param>
public sealed record OperationStarted(
    OperationId Operation, VolumeCommand Command, int Attempt, NodeName Node, FenceAddress Worker, string? ImageIdBefore, DateTimeOffset At) : IVolumeEvent
{
    /// <summary>The internal id of the image under its source's name before the first attempt; null when it has no source.</summary>
    public string? SourceImageIdBefore { get; init; }

    /// <summary>What else the operation noted before the first attempt, in its own words.</summary>
    public string? Noted { get; init; }

    /// <summary>
    /// The connections of earlier attempts of which something may still be on its way, and which are fenced before this attempt does anything
    /// but look. Null: those of all of them.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<FenceAddress>? MayAct { get; init; }

    /// <summary>As <see cref="ExecuteOperation.Sequence"/>.</summary>
    public long? Sequence { get; init; }
}

/// <summary>The result, which never changes from here on.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Command">What it did.</param>
/// <param name="Outcome">Its result.</param>
/// <param name="Leftovers">Whether there is something to clean up: work of attempts to be removed, a source to be released.</param>
public sealed record OperationFinished(OperationId Operation, VolumeCommand Command, OperationOutcome Outcome, bool Leftovers) : IVolumeEvent
{
    /// <summary>As <see cref="ExecuteOperation.Sequence"/>.</summary>
    public long? Sequence { get; init; }
}

/// <summary>What earlier attempts of a finished operation left is gone, and its source is released.</summary>
/// <param name="Operation">The operation.</param>
public sealed record OperationSettled(OperationId Operation) : IVolumeEvent;

/// <summary>The volume is read by an operation on another volume and must not change.</summary>
/// <param name="Operation">The operation that reads it.</param>
/// <param name="Target">The volume that the operation makes.</param>
public sealed record SourceHeld(OperationId Operation, VolumeId Target) : IVolumeEvent
{
    /// <summary>As <see cref="HoldSource.Exclusive"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Exclusive { get; init; }

    /// <summary>As <see cref="ExecuteOperation.Sequence"/>.</summary>
    public long? Sequence { get; init; }
}

/// <summary>The operation that read the volume is over.</summary>
/// <param name="Operation">The operation that read it.</param>
public sealed record SourceReleased(OperationId Operation) : IVolumeEvent;

/// <summary>How an operation ended.</summary>
/// <param name="Volume">The volume afterwards, when it succeeded and there is one.</param>
/// <param name="Error">Why it failed; null when it succeeded.</param>
/// <param name="Attempts">How many attempts were begun; 0 when it was refused before any.</param>
/// <param name="StartedAt">When the first attempt began, by the executing node's clock.</param>
/// <param name="FinishedAt">When it ended.</param>
/// <param name="ExecutedBy">The node of the last attempt.</param>
public sealed record OperationOutcome(
    VolumeInfo? Volume, OperationError? Error, int Attempts, DateTimeOffset StartedAt, DateTimeOffset FinishedAt, NodeName ExecutedBy)
{
    /// <summary>Whether it succeeded.</summary>
    public bool Succeeded => Error is null;
}
