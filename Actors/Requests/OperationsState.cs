using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Actors.Requests;

/// <summary>
/// The rules of the owner's book of requests: the same request id always gets the same one result, the same id with other content is
/// refused, nothing accepted is forgotten before its result was kept for its time, and the book is bounded. Pure: no clock, no I/O.
/// </summary>
/// <param name="Entries">Every request that is in memory, by operation: those without a result, and recent results.</param>
/// <param name="Sequence">The number of the latest request; orders the listing.</param>
/// <param name="Epoch">The latest owner's epoch.</param>
/// <param name="OpenCount">How many requests have no result yet.</param>
public sealed record OperationsState(ImmutableDictionary<OperationId, OperationEntry> Entries, long Sequence, Epoch Epoch, int OpenCount)
{
    /// <summary>A book without entries.</summary>
    public static OperationsState Empty { get; } = new(ImmutableDictionary<OperationId, OperationEntry>.Empty, 0, default, 0);

    /// <summary>The parts of the archive that older results lie in, the oldest first.</summary>
    public ImmutableList<ResultPart> Parts { get; init; } = [];

    /// <summary>How many results are in the archive.</summary>
    public int ArchivedCount { get; init; }

    /// <summary>How many results wait for an actor to confirm them.</summary>
    public int UndeliveredCount { get; init; }

    private int RecentCount => Entries.Count - OpenCount - UndeliveredCount;

    /// <summary>Where a request that is not in memory may lie.</summary>
    /// <param name="operation">Its operation.</param>
    /// <returns>Parts of the archive; none when it is new for sure.</returns>
    public IReadOnlyList<long> PartsWith(OperationId operation)
    {
        var mark = ResultPart.Mark(operation);
        return [.. Parts.Where(p => p.MayHave(mark)).Select(p => p.Number)];
    }

    /// <summary>Whether a request may enter the book.</summary>
    /// <param name="request">The request.</param>
    /// <param name="known">Its entry, from memory or from the archive; null when it is in neither.</param>
    /// <param name="openOfVolume">How many requests of its volume are open already.</param>
    /// <param name="deliverTo">The path that the result is sent to, if that was asked for.</param>
    /// <param name="bounds">The book's bounds.</param>
    /// <param name="now">The time now.</param>
    /// <returns>The event to persist, the entry there is already, or why not.</returns>
    public SubmitDecision Decide(
        SubmitOperation request, OperationEntry? known, int openOfVolume, string? deliverTo, OperationsBounds bounds, DateTimeOffset now)
    {
        if (known is not null)
        {
            return known.Command == request.Command
                ? new SubmitDecision.Known(known)
                : new SubmitDecision.Refuse(new OperationError(
                    ErrorKind.RequestConflict, $"request id {request.RequestId} was used before for {Summary(known.Command)}"));
        }
        if (OperationCatalog.Of(request.Command).Invalid(request.Command) is { } invalid)
            return new SubmitDecision.Refuse(invalid);
        if (request.RequestId.MadeAt + bounds.Retention < now)
        {
            return new SubmitDecision.Refuse(new OperationError(
                ErrorKind.Expired,
                $"request id {request.RequestId} was made at {request.RequestId.MadeAt:u}, and results are kept for {bounds.Retention:c}: "
                + "look at what there is, and ask with a new id"));
        }
        return Overload(bounds, request.Command.Volume, openOfVolume, deliverTo is not null) is { } reason
            ? new SubmitDecision.Refuse(new OperationError(ErrorKind.Overloaded, $"{reason}; try again later"))
            : new SubmitDecision.Accept(new RequestAccepted(OperationId.For(request.RequestId), request.RequestId, request.Command, deliverTo, now));
    }

    // What could not be remembered for its time is not begun.
    private string? Overload(OperationsBounds bounds, VolumeId volume, int openOfVolume, bool deliver) =>
        openOfVolume >= bounds.OpenOfVolumeMax ? $"{openOfVolume} operations of {volume} are under way already"
        : OpenCount >= bounds.OpenMax ? $"{bounds.OpenMax} operations are under way already"
        : Entries.Count + ArchivedCount >= bounds.KnownMax ? $"{bounds.KnownMax} results of the last {bounds.Retention:c} are kept already"
        : RecentCount >= 2 * bounds.RecentMax ? "results cannot be archived at present"
        : deliver && UndeliveredCount >= bounds.OpenMax ? $"{UndeliveredCount} results wait for somebody to confirm that they have come"
        : null;

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

    /// <summary>A wish that an operation be cancelled.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="now">The time now.</param>
    /// <returns>The event to persist, or null when it has its result, or was asked before.</returns>
    public CancellationAsked? DecideCancel(OperationId operation, DateTimeOffset now) =>
        Entries.TryGetValue(operation, out var entry) && entry is { Outcome: null, CancelAsked: false } ? new CancellationAsked(operation, now) : null;

    /// <summary>The results whose time is over: settled, and finished longer ago than they are kept.</summary>
    /// <param name="retention">How long a result is kept.</param>
    /// <param name="now">The time now.</param>
    /// <returns>The event to persist, or null when there is none.</returns>
    public OperationsForgotten? DecideForgotten(TimeSpan retention, DateTimeOffset now)
    {
        var old = Entries.Values.Where(e => e is { Outcome: { } outcome, Settled: true } && outcome.FinishedAt + retention <= now).Select(e => e.Id).ToList();
        return old.Count == 0 ? null : new OperationsForgotten(old);
    }

    /// <summary>The parts of the archive whose time is over. The oldest goes first: what is younger may wait for it.</summary>
    /// <param name="retention">How long a result is kept.</param>
    /// <param name="now">The time now.</param>
    /// <returns>The event to persist, or null when there is none.</returns>
    public ResultsDropped? DecideDropped(TimeSpan retention, DateTimeOffset now) =>
        Parts.TakeWhile(p => p.LastFinishedAt + retention <= now).LastOrDefault() is { } last ? new ResultsDropped(last.Number) : null;

    /// <summary>The results that are to go to the archive: the oldest, once memory has a part more of them than it is to have. Not those that have still to
    /// be confirmed.</summary>
    /// <param name="bounds">The book's bounds.</param>
    /// <returns>A part of results, or none.</returns>
    public IReadOnlyList<OperationEntry> DecideArchived(OperationsBounds bounds)
    {
        if (RecentCount < bounds.RecentMax + bounds.PartSize)
            return [];
        return [.. Entries.Values.Where(e => e is { Outcome: not null, Settled: true, Undelivered: false })
            .OrderBy(e => e.Sequence)
            .Take(bounds.PartSize)];
    }

    /// <summary>The operations without a result that were accepted under quotas.</summary>
    public HashSet<OperationId> GrowthOpen => Entries.Values.Where(e => e is { Outcome: null, SizeAfter: not null }).Select(e => e.Id).ToHashSet();

    /// <summary>What was accepted under quotas and may not be in the store yet, as somebody must take it who has listed the store.</summary>
    /// <param name="openThen">The operations that were open before that.</param>
    /// <param name="sequenceThen">The latest request before that.</param>
    /// <returns>What it makes of volumes.</returns>
    public IEnumerable<Growth> GrowthSince(IReadOnlySet<OperationId> openThen, long sequenceThen) => Entries.Values
        .Where(e => e.SizeAfter is not null && (e.Outcome is null || openThen.Contains(e.Id) || e.Sequence > sequenceThen))
        .Select(e => new Growth(e.Command.Volume, e.SizeAfter!.Value, OperationCatalog.Of(e.Command).MakesVolume));

    /// <summary>What a volume must be told again: requests without a result, and results that are not settled.</summary>
    public IEnumerable<OperationEntry> Unsettled => Entries.Values.Where(e => !e.Settled).OrderBy(e => e.Sequence);

    /// <summary>Results that are to be sent to an actor and were not confirmed.</summary>
    public IEnumerable<OperationEntry> Undelivered =>
        Entries.Values.Where(e => e.Undelivered).OrderBy(e => e.Sequence);

    /// <summary>How many operations a page has at most.</summary>
    /// <param name="query">What is asked for.</param>
    /// <returns>The bound.</returns>
    public static int LimitOf(GetOperations query) => Math.Clamp(query.Limit, 1, 1000);

    /// <summary>A page of entries, newest first.</summary>
    /// <param name="entries">The entries that are in hand.</param>
    /// <param name="query">What is asked for.</param>
    /// <param name="before">The page begins below this place in the order of acceptance.</param>
    /// <param name="whole">Above this place every entry is in hand; the page ends there.</param>
    /// <param name="running">What is known of the operations under way.</param>
    /// <param name="isLast">Whether there are no entries but these.</param>
    /// <returns>The page; its next one begins below the last entry that was looked at.</returns>
    public static OperationsListed Page(
        IEnumerable<OperationEntry> entries, GetOperations query, long before, long whole, IReadOnlyDictionary<OperationId, OperationRunning> running, bool isLast)
    {
        var limit = LimitOf(query);
        var page = new List<OperationView>();
        OperationId? last = null;
        foreach (var entry in entries.Where(e => e.Sequence < before && e.Sequence > whole).OrderByDescending(e => e.Sequence))
        {
            if (page.Count == limit)
                return new OperationsListed(page, last);
            last = entry.Id;
            if (query.Target is { } target && entry.Command.Volume != target)
                continue;
            var view = entry.View(running.GetValueOrDefault(entry.Id));
            if (query.State is null || view.State == query.State)
                page.Add(view);
        }
        return new OperationsListed(page, isLast ? null : last);
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
                Sequence + 1, accepted.Operation, accepted.RequestId, accepted.Command, accepted.DeliverTo, accepted.At, null, false, null)
            {
                Images = accepted.Images,
                SizeAfter = accepted.SizeAfter,
            }),
        },
        RequestFinished finished => With(finished.Operation, e => e with { Outcome = finished.Outcome, Settled = finished.Settled }),
        CancellationAsked asked => With(asked.Operation, e => e with { CancelAsked = true }),
        ResultDelivered delivered => With(delivered.Operation, e => e with { DeliveredBy = delivered.By }),
        OperationsForgotten forgotten => Without(Known(forgotten.Operations)),
        ResultsArchived archived => Archived(archived.Part, Known(archived.Operations)),
        ResultsDropped dropped => WithParts(Parts.RemoveAll(p => p.Number <= dropped.UpToPart)),
        _ => this,
    };

    private OperationsState Archived(long part, IReadOnlyList<OperationEntry> entries) =>
        entries.Count == 0 ? this : Without(entries).WithParts(Parts.Add(ResultPart.Of(part, entries)));

    private OperationsState WithParts(ImmutableList<ResultPart> parts) => this with { Parts = parts, ArchivedCount = parts.Sum(p => p.Count) };

    private IReadOnlyList<OperationEntry> Known(IReadOnlyList<OperationId> operations) => [.. operations.Where(Entries.ContainsKey).Select(o => Entries[o])];

    private OperationsState Without(IReadOnlyList<OperationEntry> entries) => this with
    {
        Entries = Entries.RemoveRange(entries.Select(e => e.Id)),
        UndeliveredCount = UndeliveredCount - entries.Count(e => e.Undelivered),
    };

    private OperationsState With(OperationId operation, Func<OperationEntry, OperationEntry> change)
    {
        if (!Entries.TryGetValue(operation, out var before))
            return this;
        var after = change(before);
        return this with
        {
            Entries = Entries.SetItem(operation, after),
            OpenCount = OpenCount + (after.Outcome is null ? 1 : 0) - (before.Outcome is null ? 1 : 0),
            UndeliveredCount = UndeliveredCount + (after.Undelivered ? 1 : 0) - (before.Undelivered ? 1 : 0),
        };
    }

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
    /// <summary>As <see cref="RequestAccepted.Images"/>.</summary>
    public AcceptedImages? Images { get; init; }

    /// <summary>Whether somebody has asked that it be cancelled.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool CancelAsked { get; init; }

    /// <summary>As <see cref="RequestAccepted.SizeAfter"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? SizeAfter { get; init; }

    /// <summary>Whether its result is to be sent to an actor that has not confirmed it.</summary>
    public bool Undelivered => this is { Outcome: not null, DeliverTo: not null, DeliveredBy: null };

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
        CancelAsked = CancelAsked,
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
