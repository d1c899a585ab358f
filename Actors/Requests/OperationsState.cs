using System.Collections.Immutable;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Actors.Requests;

/// <summary>
/// The rules of the owner's book of requests: the same request id always gets the same one result, the same id with other content is
/// refused, nothing accepted is forgotten before its result was kept for its time, and the book is bounded. Pure: no clock, no I/O.
/// </summary>
/// <param name="Entries">Every request that is remembered, by operation.</param>
/// <param name="Sequence">The number of the latest request; orders the listing.</param>
/// <param name="Epoch">The latest owner's epoch.</param>
/// <param name="OpenCount">How many requests have no result yet.</param>
public sealed record OperationsState(ImmutableDictionary<OperationId, OperationEntry> Entries, long Sequence, Epoch Epoch, int OpenCount)
{
    /// <summary>A book without entries.</summary>
    public static OperationsState Empty { get; } = new(ImmutableDictionary<OperationId, OperationEntry>.Empty, 0, default, 0);

    /// <summary>Whether a request may enter the book.</summary>
    /// <param name="request">The request.</param>
    /// <param name="deliverTo">The path that the result is sent to, if that was asked for.</param>
    /// <param name="openCountMax">At most so many requests without result.</param>
    /// <param name="now">The time now.</param>
    /// <returns>The event to persist, the entry there is already, or why not.</returns>
    public SubmitDecision Decide(SubmitOperation request, string? deliverTo, int openCountMax, DateTimeOffset now)
    {
        var operation = OperationId.For(request.RequestId);
        if (Entries.TryGetValue(operation, out var known))
        {
            return known.Command == request.Command
                ? new SubmitDecision.Known(known)
                : new SubmitDecision.Refuse(new OperationError(
                    ErrorKind.RequestConflict, $"request id {request.RequestId} was used before for {Summary(known.Command)}"));
        }
        if (OperationCatalog.Of(request.Command).Invalid(request.Command) is { } invalid)
            return new SubmitDecision.Refuse(invalid);
        if (OpenCount >= openCountMax)
        {
            return new SubmitDecision.Refuse(new OperationError(
                ErrorKind.Overloaded, $"{openCountMax} operations are under way already; try again later"));
        }
        return new SubmitDecision.Accept(new RequestAccepted(operation, request.RequestId, request.Command, deliverTo, now));
    }

    /// <summary>A result that came from a volume.</summary>
    /// <param name="ended">The result.</param>
    /// <returns>The event to persist, or null when nothing new is in it.</returns>
    public RequestFinished? Decide(OperationEnded ended) =>
        Entries.TryGetValue(ended.Operation, out var entry) && (entry.Outcome is null || (ended.Settled && !entry.Settled))
            ? new RequestFinished(ended.Operation, entry.Outcome ?? ended.Outcome, ended.Settled)
            : null;

    /// <summary>A result that was given to a client.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="by">The node that gave it.</param>
    /// <param name="now">The time now.</param>
    /// <returns>The event to persist, or null when it was given before.</returns>
    public ResultDelivered? DecideDelivered(OperationId operation, NodeName by, DateTimeOffset now) =>
        Entries.TryGetValue(operation, out var entry) && entry is { Outcome: not null, DeliveredBy: null }
            ? new ResultDelivered(operation, by, now)
            : null;

    /// <summary>The results whose time is over: settled, and finished longer ago than they are kept, or beyond the bound of how many
    /// are.</summary>
    /// <param name="retention">How long a result is kept.</param>
    /// <param name="endedCountMax">At most so many are kept.</param>
    /// <param name="now">The time now.</param>
    /// <returns>The event to persist, or null when there is none.</returns>
    public OperationsForgotten? DecideForgotten(TimeSpan retention, int endedCountMax, DateTimeOffset now)
    {
        var ended = Entries.Values.Where(e => e is { Outcome: not null, Settled: true }).OrderBy(e => e.Sequence).ToList();
        var old = ended.Where((e, i) => e.Outcome!.FinishedAt + retention <= now || ended.Count - i > endedCountMax).Select(e => e.Id).ToList();
        return old.Count == 0 ? null : new OperationsForgotten(old);
    }

    /// <summary>What a volume must be told again: requests without a result, and results that are not settled.</summary>
    public IEnumerable<OperationEntry> Unsettled => Entries.Values.Where(e => !e.Settled).OrderBy(e => e.Sequence);

    /// <summary>Results that are to be sent to an actor and were not confirmed.</summary>
    public IEnumerable<OperationEntry> Undelivered =>
        Entries.Values.Where(e => e is { Outcome: not null, DeliveredBy: null, DeliverTo: not null }).OrderBy(e => e.Sequence);

    /// <summary>A page of the book, newest first.</summary>
    /// <param name="query">What is asked for.</param>
    /// <param name="running">What is known of the operations under way.</param>
    /// <returns>The page.</returns>
    public OperationsListed Page(GetOperations query, Func<OperationId, OperationRunning?> running)
    {
        var before = query.Before is { } id && Entries.TryGetValue(id, out var mark) ? mark.Sequence : long.MaxValue;
        var limit = Math.Clamp(query.Limit, 1, 1000);
        var page = Entries.Values
            .Where(e => e.Sequence < before && (query.Target is null || e.Command.Volume == query.Target))
            .OrderByDescending(e => e.Sequence)
            .Select(e => e.View(running(e.Id)))
            .Where(v => query.State is null || v.State == query.State)
            .Take(limit + 1)
            .ToList();
        return page.Count > limit ? new OperationsListed(page[..limit], page[limit - 1].Id) : new OperationsListed(page, null);
    }

    /// <summary>The book after an event.</summary>
    /// <param name="happened">The event.</param>
    /// <returns>The new book.</returns>
    public OperationsState Apply(IPendingOperationsEvent happened) => happened switch
    {
        OwnershipTaken taken => this with { Epoch = taken.Epoch },
        RequestAccepted accepted => this with
        {
            Sequence = Sequence + 1,
            OpenCount = OpenCount + 1,
            Entries = Entries.SetItem(accepted.Operation, new OperationEntry(
                Sequence + 1, accepted.Operation, accepted.RequestId, accepted.Command, accepted.DeliverTo, accepted.At, null, false, null)),
        },
        RequestFinished finished => With(finished.Operation, e => e with { Outcome = finished.Outcome, Settled = finished.Settled }) with
        {
            OpenCount = OpenCount - (Entries.TryGetValue(finished.Operation, out var open) && open.Outcome is null ? 1 : 0),
        },
        ResultDelivered delivered => With(delivered.Operation, e => e with { DeliveredBy = delivered.By }),
        OperationsForgotten forgotten => this with { Entries = Entries.RemoveRange(forgotten.Operations) },
        _ => this,
    };

    private OperationsState With(OperationId operation, Func<OperationEntry, OperationEntry> change) =>
        Entries.TryGetValue(operation, out var entry) ? this with { Entries = Entries.SetItem(operation, change(entry)) } : this;

    private static string Summary(VolumeCommand command) => $"{command.Kind} of {command.Volume} with other content";
}

/// <summary>One request in the book.</summary>
/// <param name="Sequence">Its place in the order of acceptance.</param>
/// <param name="Id">The operation.</param>
/// <param name="RequestId">The client's id.</param>
/// <param name="Command">What to do.</param>
/// <param name="DeliverTo">The path of the actor that the result is sent to, if one asked for that.</param>
/// <param name="AcceptedAt">When it entered the book.</param>
/// <param name="Outcome">Its result, once there is one.</param>
/// <param name="Settled">Whether there is a result and nothing is left to be cleaned up.</param>
/// <param name="DeliveredBy">The node that first gave the result to a client.</param>
public sealed record OperationEntry(
    long Sequence,
    OperationId Id,
    RequestId RequestId,
    VolumeCommand Command,
    string? DeliverTo,
    DateTimeOffset AcceptedAt,
    OperationOutcome? Outcome,
    bool Settled,
    NodeName? DeliveredBy)
{
    /// <summary>The operation as the outside sees it.</summary>
    /// <param name="running">What its volume has told of it, while it has no result.</param>
    /// <returns>The view.</returns>
    public OperationView View(OperationRunning? running) => new(
        Id,
        RequestId,
        Command,
        State(running),
        Outcome is { Succeeded: true } ? 1 : Outcome is null ? running?.Progress ?? 0 : 0,
        Outcome?.Attempts ?? running?.Attempt ?? 0,
        Outcome?.Volume,
        Outcome?.Error,
        AcceptedAt,
        Outcome?.StartedAt ?? (running is { Attempt: > 0 } ? running.StartedAt : null),
        Outcome?.FinishedAt,
        Outcome?.ExecutedBy ?? running?.Node,
        DeliveredBy)
    {
        Setback = Outcome is null ? running?.Setback : null,
    };

    private OperationState State(OperationRunning? running) => Outcome switch
    {
        { Succeeded: true } => OperationState.Succeeded,
        { Error.Kind: ErrorKind.Cancelled } => OperationState.Cancelled,
        not null => OperationState.Failed,
        null => running is null or { Attempt: 0 } ? OperationState.Accepted : OperationState.Running,
    };
}

/// <summary>What the owner does about a request.</summary>
public abstract record SubmitDecision
{
    /// <summary>It is new: persist this, then answer.</summary>
    /// <param name="Event">The event.</param>
    public sealed record Accept(RequestAccepted Event) : SubmitDecision;

    /// <summary>The same request is in the book already: answer from there.</summary>
    /// <param name="Entry">Its entry.</param>
    public sealed record Known(OperationEntry Entry) : SubmitDecision;

    /// <summary>It is refused and leaves no trace.</summary>
    /// <param name="Error">Why.</param>
    public sealed record Refuse(OperationError Error) : SubmitDecision;
}
