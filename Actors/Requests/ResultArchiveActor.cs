using Akka.Actor;
using Akka.Persistence;
using Mooring.Messages;

namespace Mooring.Actors.Requests;

/// <summary>
/// Results that are too old for the owner's memory and not old enough to be forgotten. They lie in the snapshot store beside the owner's own
/// snapshots, one for each part. One thing at a time: however many ask, the owner's node holds one part in memory, or what a page needs.
/// </summary>
public sealed class ResultArchiveActor : ReceiveActor
{
    /// <summary>The id that its parts have in the snapshot store; their numbers are the snapshots'.</summary>
    public const string Id = "operation-results";

    /// <summary>How many parts a page of the listing reads at most; the next page goes on from there.</summary>
    public const int PartsPerPageMax = 16;

    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(30);

    private readonly IActorRef _snapshots;
    private readonly TimeProvider _clock;
    private readonly int _queueMax;
    private readonly Queue<(ArchiveTask Task, IActorRef Asker)> _queue = [];
    private (ArchiveTask Task, IActorRef Asker)? _doing;
    private Action<IReadOnlyList<OperationEntry>>? _read;
    private long _reading;

    /// <summary>Makes the actor.</summary>
    /// <param name="snapshots">The snapshot store.</param>
    /// <param name="clock">The time.</param>
    /// <param name="queueMax">How much may wait; more is refused.</param>
    public ResultArchiveActor(IActorRef snapshots, TimeProvider clock, int queueMax)
    {
        (_snapshots, _clock, _queueMax) = (snapshots, clock, queueMax);
        Receive<ArchiveTask>(OnTask);
        Receive<SaveSnapshotSuccess>(saved => End<KeepPart>(t => t.Part == saved.Metadata.SequenceNr, null));
        Receive<SaveSnapshotFailure>(failed => End<KeepPart>(t => t.Part == failed.Metadata.SequenceNr, Problem($"part {failed.Metadata.SequenceNr} cannot be written", failed.Cause)));
        Receive<DeleteSnapshotsSuccess>(gone => End<DropParts>(t => t.To == gone.Criteria.MaxSequenceNr, null));
        Receive<DeleteSnapshotsFailure>(failed => End<DropParts>(
            t => t.To == failed.Criteria.MaxSequenceNr, Problem($"parts up to {failed.Criteria.MaxSequenceNr} cannot be removed", failed.Cause)));
        Receive<LoadSnapshotResult>(OnRead);
        Receive<LoadSnapshotFailed>(failed => End<ArchiveTask>(_ => _read is not null, Problem($"part {_reading} cannot be read", failed.Cause)));
        Receive<ReceiveTimeout>(_ => End<ArchiveTask>(_ => true, Problem("the snapshot store does not answer", null)));
    }

    /// <summary>How to make one.</summary>
    /// <param name="snapshots">The snapshot store.</param>
    /// <param name="clock">The time.</param>
    /// <param name="queueMax">How much may wait; more is refused.</param>
    /// <returns>The recipe.</returns>
    public static Props Props(IActorRef snapshots, TimeProvider clock, int queueMax) =>
        Akka.Actor.Props.Create(() => new ResultArchiveActor(snapshots, clock, queueMax));

    private static OperationError Problem(string what, Exception? cause) =>
        new(ErrorKind.Unavailable, $"archive of results: {what}{(cause is null ? "" : ": " + cause.Message)}");

    private void OnTask(ArchiveTask task)
    {
        if (_queue.Count >= _queueMax)
        {
            Sender.Tell(task.Answer(null, new OperationError(ErrorKind.Overloaded, $"{_queueMax} wait for archived results already; try again later")));
            return;
        }
        _queue.Enqueue((task, Sender));
        Next();
    }

    private void Next()
    {
        if (_doing is not null || !_queue.TryDequeue(out var next))
            return;
        _doing = next;
        SetReceiveTimeout(AnswerMax);
        switch (next.Task)
        {
            case KeepPart keep:
                _snapshots.Tell(new SaveSnapshot(new SnapshotMetadata(Id, keep.Part, _clock.GetUtcNow().UtcDateTime), new ArchivedResults(keep.Entries)));
                break;
            case DropParts drop:
                _snapshots.Tell(new DeleteSnapshots(Id, new SnapshotSelectionCriteria(drop.To, DateTime.MaxValue, drop.From)));
                break;
            case FindResult find:
                Find(find.Operation, find.Parts, End);
                break;
            case ListResults list when list.Query.Before is { } id && !list.Book.Entries.ContainsKey(id):
                Find(id, list.Book.PartsWith(id), mark => List(list, mark?.Sequence ?? long.MaxValue));
                break;
            case ListResults list:
                List(list, list.Query.Before is { } known ? list.Book.Entries[known].Sequence : long.MaxValue);
                break;
        }
    }

    private void Find(OperationId operation, IEnumerable<long> parts, Action<OperationEntry?> then)
    {
        if (!parts.Any())
            then(null);
        else
            Read(parts.First(), entries =>
            {
                if (entries.FirstOrDefault(e => e.Id == operation) is { } entry)
                    then(entry);
                else
                    Find(operation, parts.Skip(1), then);
            });
    }

    private void List(ListResults list, long before)
    {
        var inHand = list.Book.Entries.Values.ToList();
        var unread = new Stack<ResultPart>(list.Book.Parts.Where(p => p.FirstSequence < before).OrderBy(p => p.LastSequence));
        ListOn(list, before, inHand, unread, partsMax: PartsPerPageMax);
    }

    private void ListOn(ListResults list, long before, List<OperationEntry> inHand, Stack<ResultPart> unread, int partsMax)
    {
        // Above the newest entry of the parts that are not read, every entry is in hand.
        var whole = unread.TryPeek(out var next) ? next.LastSequence : 0;
        var page = OperationsState.Page(inHand, list.Query, before, whole, list.Running, isLast: next is null);
        if (next is null || page.Items.Count == OperationsState.LimitOf(list.Query) || (page.Next is not null && partsMax <= 0))
        {
            End(page);
            return;
        }
        Read(unread.Pop().Number, entries =>
        {
            inHand.AddRange(entries);
            ListOn(list, before, inHand, unread, partsMax - 1);
        });
    }

    private void Read(long part, Action<IReadOnlyList<OperationEntry>> then)
    {
        (_reading, _read) = (part, then);
        _snapshots.Tell(new LoadSnapshot(Id, new SnapshotSelectionCriteria(part, DateTime.MaxValue, part), part));
    }

    // An answer to what was given up is not taken for that of another.
    private void OnRead(LoadSnapshotResult result)
    {
        if (_read is not { } then || result.ToSequenceNr != _reading)
            return;
        _read = null;
        if (result.Snapshot?.Snapshot is ArchivedResults results)
            then(results.Entries);
        else
            End(null, Problem($"part {_reading} is not there", null));
    }

    private void End<T>(Func<T, bool> isMeant, OperationError? error)
        where T : ArchiveTask
    {
        if (_doing?.Task is T task && isMeant(task))
            End(null, error);
    }

    private void End(object? found) => End(found, null);

    private void End(object? found, OperationError? error)
    {
        var (task, asker) = _doing!.Value;
        (_doing, _read) = (null, null);
        SetReceiveTimeout(null);
        asker.Tell(task.Answer(found, error));
        Next();
    }
}

/// <summary>Something that the archive does.</summary>
internal abstract record ArchiveTask : INoSerializationVerificationNeeded
{
    /// <summary>What whoever asked for it is told.</summary>
    /// <param name="found">What was found, if it was to find something.</param>
    /// <param name="error">What went wrong, if it did.</param>
    /// <returns>The answer.</returns>
    public abstract object Answer(object? found, OperationError? error);
}

/// <summary>Writes a part. A failure leaves open whether it is written.</summary>
/// <param name="Part">Its number, which was never used before.</param>
/// <param name="Entries">The results.</param>
internal sealed record KeepPart(long Part, IReadOnlyList<OperationEntry> Entries) : ArchiveTask
{
    /// <inheritdoc/>
    public override object Answer(object? found, OperationError? error) => new PartKept(this, error);
}

/// <summary>A part is written, or perhaps not.</summary>
/// <param name="Task">What was asked for.</param>
/// <param name="Error">What went wrong, if it did.</param>
internal sealed record PartKept(KeepPart Task, OperationError? Error) : INoSerializationVerificationNeeded;

/// <summary>Removes parts.</summary>
/// <param name="From">The first.</param>
/// <param name="To">The last.</param>
internal sealed record DropParts(long From, long To) : ArchiveTask
{
    /// <inheritdoc/>
    public override object Answer(object? found, OperationError? error) => new PartsDropped(error);
}

/// <summary>Parts are removed, or some of them.</summary>
/// <param name="Error">What went wrong, if it did.</param>
internal sealed record PartsDropped(OperationError? Error) : INoSerializationVerificationNeeded;

/// <summary>Looks for a request.</summary>
/// <param name="Operation">Its operation.</param>
/// <param name="Parts">Where it may be.</param>
/// <param name="ReadBefore">Where it is not.</param>
/// <param name="Then">What whoever asked does with it.</param>
internal sealed record FindResult(
    OperationId Operation, IReadOnlyList<long> Parts, IReadOnlyList<long> ReadBefore, Action<OperationEntry?, OperationError?> Then) : ArchiveTask
{
    /// <inheritdoc/>
    public override object Answer(object? found, OperationError? error) => new ResultFound(this, (OperationEntry?)found, error);
}

/// <summary>A request was looked for.</summary>
/// <param name="Task">What was asked for.</param>
/// <param name="Entry">Its entry; null when it is in none of the parts.</param>
/// <param name="Error">What went wrong, if it did.</param>
internal sealed record ResultFound(FindResult Task, OperationEntry? Entry, OperationError? Error) : INoSerializationVerificationNeeded;

/// <summary>Makes a page of the book with what lies in the archive. It may be shorter than asked for, or empty, and still have a next one.</summary>
/// <param name="Book">The book.</param>
/// <param name="Query">What is asked for.</param>
/// <param name="Running">What is known of the operations under way.</param>
internal sealed record ListResults(OperationsState Book, GetOperations Query, IReadOnlyDictionary<OperationId, OperationRunning> Running) : ArchiveTask
{
    /// <inheritdoc/>
    public override object Answer(object? found, OperationError? error) => error is null ? (OperationsListed)found! : new QueryFailed(error);
}
