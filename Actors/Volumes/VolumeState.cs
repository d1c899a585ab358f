using System.Collections.Immutable;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Actors.Volumes;

/// <summary>
/// The rules of one volume: one changing operation at a time, intent before effect, one result for each operation, and no change
/// while another operation reads it. Pure: no clock, no I/O.
/// </summary>
/// <param name="Active">The operation whose intent stands and whose result does not, if any.</param>
/// <param name="Ended">Results that the owner has not recorded yet, or that still have something to clean up.</param>
/// <param name="Holds">The operations that read this volume.</param>
public sealed partial record VolumeState(
    ActiveOperation? Active, ImmutableDictionary<OperationId, EndedOperation> Ended, ImmutableDictionary<OperationId, SourceHold> Holds)
{
    /// <summary>
    /// What has a lower place in the owner's order of acceptance has its result in the owner's journal. It is forgotten here, and never begun.
    /// </summary>
    public long RecordedBefore { get; init; }

    /// <summary>A volume that nothing has happened to.</summary>
    public static VolumeState Empty { get; } =
        new(null, ImmutableDictionary<OperationId, EndedOperation>.Empty, ImmutableDictionary<OperationId, SourceHold>.Empty);

    /// <summary>What to do about a request, before the store has been looked at.</summary>
    /// <param name="request">The request.</param>
    /// <param name="resultsMax">How many results may wait to be recorded.</param>
    /// <returns>Answer, wait, refuse or begin.</returns>
    public VolumeDecision Decide(ExecuteOperation request, int resultsMax)
    {
        if (Ended.TryGetValue(request.Operation, out var ended))
            return new VolumeDecision.Answer(ended);
        // It was on its way while its result was recorded and forgotten: from an owner that has been replaced, or through a node that stood still.
        if (request.Sequence < RecordedBefore)
            return new VolumeDecision.Outdated();
        if (Active?.Operation == request.Operation)
            return new VolumeDecision.AlreadyActive(Active);
        // A result that is forgotten before it is recorded would be made a second time.
        if (!HasRoomFor(request, resultsMax))
            return new VolumeDecision.Full();
        if (request.Cancel)
            return new VolumeDecision.Cancel(OperationErrors.Cancelled(request.Command.Kind));
        if (Active is { } active)
            return new VolumeDecision.Wait(active.Operation);
        var beside = OperationCatalog.Of(request.Command).GoesBesideReaders;
        foreach (var (reader, hold) in Holds.Where(h => h.Value.Exclusive || !beside))
        {
            return new VolumeDecision.Refuse(new OperationError(
                ErrorKind.Busy, $"{request.Volume} is in use by {reader}, which makes {hold.Target}", 16));
        }
        return new VolumeDecision.Begin();
    }

    /// <summary>
    /// What the first attempt may do, given what the store shows right now: the intent, or the result at once when the facts forbid it.
    /// </summary>
    /// <param name="request">The request, for which <see cref="Decide(ExecuteOperation, int)"/> said begin.</param>
    /// <param name="seen">What the store shows.</param>
    /// <param name="node">The node that will execute it.</param>
    /// <param name="worker">The connection that will execute it.</param>
    /// <param name="now">The time now.</param>
    /// <returns><see cref="OperationStarted"/> or <see cref="OperationFinished"/>.</returns>
    public IVolumeEvent DecideIntent(ExecuteOperation request, VolumeObservation seen, NodeName node, FenceAddress worker, DateTimeOffset now)
    {
        if (OperationCatalog.Of(request.Command).Forbids(request.Command, seen) is { } error)
            return DecideRefusal(request, error, node, now);
        if (Changed(request, seen) is { } other)
            return DecideRefusal(request, OperationErrors.Another(other), node, now);
        return new OperationStarted(request.Operation, request.Command, 1, node, worker, seen.ImageId, now)
        {
            Sequence = request.Sequence,
            SourceImageIdBefore = seen.SourceImageId,
            Noted = seen.Noted,
        };
    }

    // What has a name now is not always what the request is about.
    private static VolumeId? Changed(ExecuteOperation request, VolumeObservation seen) =>
        request.Images?.Volume is { } volume && volume != seen.ImageId ? request.Volume
        : request.Images?.Source is { } source && source != seen.SourceImageId ? request.Command.SourceVolume
        : null;

    /// <summary>The result of a request that is not carried out. A source that it may hold is to be released.</summary>
    /// <param name="request">The request.</param>
    /// <param name="error">Why not.</param>
    /// <param name="node">The node that refuses.</param>
    /// <param name="now">The time now.</param>
    /// <returns>The result.</returns>
    public OperationFinished DecideRefusal(ExecuteOperation request, OperationError error, NodeName node, DateTimeOffset now) => new(
        request.Operation, request.Command, new OperationOutcome(null, error, 0, now, now, node), Leftovers: request.Command.SourceVolume is not null)
    {
        Sequence = request.Sequence,
    };

    /// <summary>The intent of the attempt after those that are in doubt.</summary>
    /// <param name="node">The node that will execute it.</param>
    /// <param name="worker">The connection that will execute it.</param>
    /// <param name="mayAct">The connections of which something may still be on its way; null for those of all attempts.</param>
    /// <param name="now">The time now.</param>
    /// <returns>The intent.</returns>
    /// <exception cref="InvalidOperationException">Nothing is active.</exception>
    public OperationStarted DecideRetry(NodeName node, FenceAddress worker, IReadOnlyList<FenceAddress>? mayAct, DateTimeOffset now)
    {
        var active = Active ?? throw new InvalidOperationException("there is no operation to attempt again");
        return new OperationStarted(active.Operation, active.Command, active.Attempt + 1, node, worker, active.ImageIdBefore, now)
        {
            Sequence = active.Sequence,
            SourceImageIdBefore = active.SourceImageIdBefore,
            Noted = active.Noted,
            MayAct = mayAct,
        };
    }

    /// <summary>Whether an operation on another volume may read this one.</summary>
    /// <param name="request">The request.</param>
    /// <param name="next">What will change this one as soon as its intent stands; null when nothing is about to.</param>
    /// <returns>The event to persist, or null when nothing needs to be (held already, or busy).</returns>
    public SourceHeld? Decide(HoldSource request, VolumeCommand? next = null)
    {
        var changing = Active?.Command ?? next;
        if (Holds.ContainsKey(request.Operation)
            || Holds.Values.Any(h => h.Exclusive || request.Exclusive)
            || (changing is not null && (request.Exclusive || !OperationCatalog.Of(changing).GoesBesideReaders)))
        {
            return null;
        }
        return new SourceHeld(request.Operation, request.Target) { Exclusive = request.Exclusive, Sequence = request.Sequence };
    }

    /// <summary>The end of a hold.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The event to persist, or null when there is no such hold.</returns>
    public SourceReleased? Decide(ReleaseSource request) =>
        Holds.ContainsKey(request.Operation) ? new SourceReleased(request.Operation) : null;

    /// <summary>Whether a hold that this volume's operation had on a source may be ended. One that was never heard of here may still come.</summary>
    /// <param name="hold">The hold.</param>
    /// <param name="waiting">Whether the actor has the operation in its hands without an intent.</param>
    /// <returns>True when the operation is over for sure.</returns>
    public bool IsOver(ConfirmHold hold, bool waiting) =>
        !waiting && Active?.Operation != hold.Operation && (Ended.ContainsKey(hold.Operation) || hold.Sequence < RecordedBefore);

    /// <summary>The state after an event.</summary>
    /// <param name="happened">The event.</param>
    /// <returns>The new state.</returns>
    public VolumeState Apply(IVolumeEvent happened) => happened switch
    {
        OperationStarted started when Active?.Operation == started.Operation => this with { Active = Active.Again(started) },
        OperationStarted started => this with { Active = ActiveOperation.First(started) },
        OperationFinished finished => this with
        {
            Active = Active?.Operation == finished.Operation ? null : Active,
            Ended = Ended.SetItem(finished.Operation, new EndedOperation(
                finished.Operation, finished.Command, finished.Outcome, !finished.Leftovers, Active?.Operation == finished.Operation ? Active : null)
            {
                Sequence = finished.Sequence,
            }),
        },
        OperationSettled settled when Ended.TryGetValue(settled.Operation, out var ended) =>
            this with { Ended = Ended.SetItem(settled.Operation, ended with { Settled = true, Remains = null }) },
        SourceHeld held => this with { Holds = Holds.SetItem(held.Operation, new SourceHold(held.Target, held.Sequence, held.Exclusive)) },
        SourceReleased released => this with { Holds = Holds.Remove(released.Operation) },
        _ => this,
    };

    /// <summary>The state after the owner has recorded results: they need not be kept here. Not journalled; the next snapshot has it.</summary>
    /// <param name="before">Before which place in its order of acceptance every request of this volume is recorded, and settled.</param>
    /// <returns>The new state.</returns>
    public VolumeState Recorded(long before) => before <= RecordedBefore ? this : this with
    {
        RecordedBefore = before,
        Ended = Ended.RemoveRange(Ended.Values.Where(e => e.Settled && e.Sequence < before).Select(e => e.Operation)),
    };

    /// <summary>
    /// Whether a request's result may be added to those that wait to be recorded. That of the first request which is open always may: what
    /// came after it cannot be forgotten before it has ended.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="resultsMax">How many results may wait.</param>
    /// <returns>False when the owner has to record some first.</returns>
    public bool HasRoomFor(ExecuteOperation request, int resultsMax) => !IsFull(resultsMax) || !(request.Sequence > RecordedBefore);

    /// <summary>Whether so many results wait to be recorded that only one more may be added.</summary>
    /// <param name="resultsMax">How many may wait.</param>
    /// <returns>True when the owner has to record some.</returns>
    public bool IsFull(int resultsMax) => Ended.Count >= resultsMax && Ended.Values.Count(e => e.Sequence is not null) >= resultsMax;
}

/// <summary>An operation whose intent stands and whose result does not.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Command">What it does.</param>
/// <param name="Attempt">The latest attempt.</param>
/// <param name="Workers">The connections of its attempts of which something may still be on its way; that of the latest attempt last.</param>
/// <param name="ImageIdBefore">The image under the volume's name before the first attempt; null when the name was free.</param>
/// <param name="StartedAt">When the first attempt began.</param>
/// <param name="Node">The node of the latest attempt.</param>
public sealed record ActiveOperation(
    OperationId Operation,
    VolumeCommand Command,
    int Attempt,
    ImmutableList<FenceAddress> Workers,
    string? ImageIdBefore,
    DateTimeOffset StartedAt,
    NodeName Node)
{
    /// <summary>The image under its source's name before the first attempt; null when it has no source.</summary>
    public string? SourceImageIdBefore { get; init; }

    /// <summary>As <see cref="OperationStarted.Noted"/>.</summary>
    public string? Noted { get; init; }

    /// <summary>As <see cref="ExecuteOperation.Sequence"/>.</summary>
    public long? Sequence { get; init; }

    internal static ActiveOperation First(OperationStarted started) => new(
        started.Operation, started.Command, started.Attempt, [started.Worker], started.ImageIdBefore, started.At, started.Node)
    {
        SourceImageIdBefore = started.SourceImageIdBefore,
        Noted = started.Noted,
        Sequence = started.Sequence,
    };

    internal ActiveOperation Again(OperationStarted started) =>
        this with { Attempt = started.Attempt, Workers = (started.MayAct?.ToImmutableList() ?? Workers).Add(started.Worker), Node = started.Node };
}

/// <summary>An operation on another volume reads this one, which must not change meanwhile.</summary>
/// <param name="Target">The volume that it makes.</param>
/// <param name="Sequence">As <see cref="ExecuteOperation.Sequence"/>.</param>
/// <param name="Exclusive">As <see cref="HoldSource.Exclusive"/>.</param>
public readonly record struct SourceHold(VolumeId Target, long? Sequence, bool Exclusive = false);

/// <summary>An operation that has its result.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Command">What it did.</param>
/// <param name="Outcome">Its result.</param>
/// <param name="Settled">Whether nothing is left to be cleaned up.</param>
/// <param name="Remains">What the clean-up needs to know; null when settled or when no attempt was made.</param>
public sealed record EndedOperation(
    OperationId Operation, VolumeCommand Command, OperationOutcome Outcome, bool Settled, ActiveOperation? Remains)
{
    /// <summary>As <see cref="ExecuteOperation.Sequence"/>.</summary>
    public long? Sequence { get; init; }
}

/// <summary>What a volume does about a request.</summary>
public abstract record VolumeDecision
{
    /// <summary>The result is known: give it.</summary>
    /// <param name="Ended">The result.</param>
    public sealed record Answer(EndedOperation Ended) : VolumeDecision;

    /// <summary>It is under way.</summary>
    /// <param name="Active">As it stands.</param>
    public sealed record AlreadyActive(ActiveOperation Active) : VolumeDecision;

    /// <summary>Another operation changes the volume: this one comes after it.</summary>
    /// <param name="Behind">The other operation.</param>
    public sealed record Wait(OperationId Behind) : VolumeDecision;

    /// <summary>It waits until the owner has recorded results of earlier ones.</summary>
    public sealed record Full : VolumeDecision;

    /// <summary>It has not begun and is not to: it ends with an error, whatever else goes on.</summary>
    /// <param name="Error">That it was cancelled.</param>
    public sealed record Cancel(OperationError Error) : VolumeDecision;

    /// <summary>It cannot be done now and ends with an error.</summary>
    /// <param name="Error">Why.</param>
    public sealed record Refuse(OperationError Error) : VolumeDecision;

    /// <summary>It was carried out, recorded and forgotten: nothing.</summary>
    public sealed record Outdated : VolumeDecision;

    /// <summary>Look at the store, then decide the intent.</summary>
    public sealed record Begin : VolumeDecision;
}

/// <summary>How an attempt went.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Attempt">Which attempt.</param>
/// <param name="Volume">The volume afterwards, when it succeeded and there is one.</param>
/// <param name="Error">What went wrong; null when it succeeded.</param>
/// <param name="InDoubt">Whether it is unknown what took effect: fence, look, and attempt again.</param>
/// <param name="Leftovers">Whether images of this or earlier attempts are still to be removed.</param>
/// <param name="EarlierFenced">Whether nothing of the earlier attempts is on its way any more.</param>
public sealed record AttemptReport(
    OperationId Operation, int Attempt, VolumeInfo? Volume, OperationError? Error, bool InDoubt, bool Leftovers, bool EarlierFenced = false);
