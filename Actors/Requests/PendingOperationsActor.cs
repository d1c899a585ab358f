using System.Collections.Frozen;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using Mooring.Actors.Journal;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.Actors.Requests;

/// <summary>
/// The owner's book of requests, child of the owner of the virtual IP and journalled under one persistence id, so that the next owner
/// reads it: accepts requests, has volumes carry them out (asking again until a result comes), and gives results to those who wait,
/// also to those who began to wait at a predecessor.
/// </summary>
public sealed partial class PendingOperationsActor : JournalledActor<OperationsSnapshot, IPendingOperationsEvent>
{
    /// <summary>Its name under the owner.</summary>
    public const string Name = "pending-operations";

    // So many marks of the archive cost as much in a snapshot as one event.
    private const int MarksPerEvent = 100;

    private readonly MooringServices _services;
    private readonly MooringSettings _settings;
    private readonly Epoch _epoch;
    private readonly IActorRef _volumes;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IBlockStore _store;
    private readonly Dictionary<OperationId, Accepting> _accepting = [];
    private readonly Dictionary<OperationId, OperationRunning> _running = [];
    private readonly Dictionary<OperationId, List<Waiter>> _waiters = [];
    private readonly Dictionary<OperationId, OperationEntry> _settling = [];
    private readonly OpenRequests _open = new();
    private readonly List<IPendingOperationsEvent> _unrecorded = [];
    private readonly OperationsBounds _bounds;
    private readonly IActorRef _archive;
    private OperationsState _state = OperationsState.Empty;
    private bool _archiving;
    private long _part;
    private int _waiterCount;
    private long _waiterNumber;

    /// <summary>Makes the actor.</summary>
    /// <param name="services">The node's services.</param>
    /// <param name="epoch">The ownership that it belongs to.</param>
    /// <param name="volumes">The region of all volumes.</param>
    /// <param name="store">Where images are looked up.</param>
    public PendingOperationsActor(MooringServices services, Epoch epoch, IActorRef volumes, IBlockStore store)
    {
        (_services, _settings, _epoch, _volumes, _store) = (services, services.Settings, epoch, volumes, store);
        _bounds = OperationsBounds.Of(services.Settings);
        var snapshots = Persistence.Instance.Apply(Context.System).SnapshotStoreFor(SnapshotPluginId);
        _archive = Context.ActorOf(ResultArchiveActor.Props(snapshots, services.Clock, _settings.WaiterCountMax), "archive");
        _part = FirstPart(epoch);
        Command<SubmitOperation>(OnSubmit);
        Command<GetOperation>(query => Answer(query.Operation, Sender, entry => Found(entry)));
        Command<AwaitOperation>(query => Wait(query.Operation, long.MinValue, query.Wait, query.By, onlyTheEnd: true));
        Command<WatchOperation>(query => Wait(query.Operation, query.SeenVersion, query.Wait, query.By, onlyTheEnd: false));
        Command<CancelOperation>(OnCancel);
        Command<GetOperations>(query => _archive.Forward(new ListResults(_state, query, _running.ToFrozenDictionary())));
        Command<GetUnsettled>(_ => Sender.Tell(new UnsettledOperations(
            _state.Unsettled.Select(e => e.Id).Concat(_accepting.Keys).ToHashSet(), _state.Unsettled.Select(e => e.Command.Volume).ToHashSet())));
        Command<Seen>(OnSeen);
        Command<ResultFound>(OnFound);
        Command<PartKept>(OnPartKept);
        Command<PartsDropped>(dropped =>
        {
            if (dropped.Error is { } error)
                _log.Warning("{0}; they stay until the next are removed", error.Detail);
        });
        Command<OperationRunning>(OnRunning);
        Command<OperationEnded>(OnEnded);
        Command<ConfirmDelivery>(confirm => Delivered(OperationId.For(confirm.RequestId), _settings.Node));
        Command<WaitOver>(over => OnWaitOver(over));
        Command<RecordDue>(_ => OnRecordDue());
        Command<Resend>(_ => OnResend());
        Command<ResendNow>(_ => SendUnsettled());
    }

    /// <inheritdoc/>
    public override string PersistenceId => Name;

    // The marks of the archive are in it, too: the more there are, the rarer it is written.
    /// <inheritdoc/>
    protected override long SnapshotEvery => Math.Max(_settings.OperationsSnapshotEvery, _state.ArchivedCount / MarksPerEvent);

    private DateTimeOffset Now => _services.Clock.GetUtcNow();

    /// <summary>How to make one.</summary>
    /// <param name="services">The node's services.</param>
    /// <param name="epoch">The ownership that it belongs to.</param>
    /// <param name="volumes">The region of all volumes.</param>
    /// <param name="store">Where images are looked up.</param>
    /// <returns>The recipe.</returns>
    public static Props Props(MooringServices services, Epoch epoch, IActorRef volumes, IBlockStore store) =>
        Akka.Actor.Props.Create(() => new PendingOperationsActor(services, epoch, volumes, store));

    // What the archive's actor was doing would never be answered.
    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Escalate);

    /// <inheritdoc/>
    protected override void Restore(OperationsSnapshot snapshot) => _state = snapshot.State();

    /// <inheritdoc/>
    protected override void Replay(IPendingOperationsEvent happened) => _state = _state.Apply(happened);

    /// <inheritdoc/>
    protected override OperationsSnapshot Snapshot() => OperationsSnapshot.Of(_state);

    // The first event of each owner: a predecessor that still tries to append has lost its place in the journal, and if it was faster
    // this append collides, and the actor starts again and reads what the predecessor wrote.
    /// <inheritdoc/>
    protected override void OnRecovered()
    {
        Persist(new OwnershipTaken(_epoch, _settings.Node, Now), taken =>
        {
            _state = _state.Apply(taken);
            foreach (var entry in _state.Unsettled)
                _open.Add(entry);
            _log.Info("owner with epoch {0}: {1} operations under way, {2} remembered", _epoch, _state.OpenCount, _state.Entries.Count + _state.ArchivedCount);
            SendUnsettled();
            DeliverAll();
            // What predecessors wrote and had no time to note.
            _archive.Tell(new DropParts((_state.Parts.LastOrDefault()?.Number ?? 0) + 1, FirstPart(_epoch) - 1));
            Timers.StartPeriodicTimer("resend", Resend.Instance, _settings.ResendInterval);
        });
    }

    private void OnSubmit(SubmitOperation request)
    {
        var operation = OperationId.For(request.RequestId);
        // Only when its entry is in the journal can it be said whether this is the same request.
        if (_accepting.TryGetValue(operation, out var under))
        {
            under.Again.Add((request, Sender));
            return;
        }
        var sender = Sender;
        Find(operation, (known, error) =>
        {
            if (error is not null)
                sender.Tell(new OperationFailed(request.RequestId, operation, error));
            else if (_accepting.TryGetValue(operation, out var accepting))
                accepting.Again.Add((request, sender));
            else
                Submit(request, operation, known, sender);
        });
    }

    private void Submit(SubmitOperation request, OperationId operation, OperationEntry? known, IActorRef sender)
    {
        var deliverTo = request.Deliver && !sender.IsNobody() ? Akka.Serialization.Serialization.SerializedActorPath(sender) : null;
        var bounds = _bounds with { OpenMax = _bounds.OpenMax - _accepting.Count };
        switch (_state.Decide(request, known, _open.CountOf(request.Command.Volume), deliverTo, bounds, Now))
        {
            case SubmitDecision.Known entry:
                sender.Tell(new OperationAccepted(request.RequestId, View(entry.Entry)));
                break;
            case SubmitDecision.Refuse refuse:
                sender.Tell(new OperationFailed(request.RequestId, operation, refuse.Error));
                break;
            case SubmitDecision.Accept accept:
                _accepting[operation] = new Accepting(sender, []);
                if (request.Command.SourceVolume is null)
                    _volumes.Tell(new AnnounceOperation(operation, request.Command));
                Look(accept.Event);
                break;
        }
    }

    // Whoever has asked for the same meanwhile is answered now.
    private IActorRef Accepted(OperationId operation)
    {
        _accepting.Remove(operation, out var accepting);
        foreach (var (request, sender) in accepting!.Again)
            Self.Tell(request, sender);
        return accepting.Asker;
    }

    private void OnAccepted(RequestAccepted accepted)
    {
        _state = _state.Apply(accepted);
        _entering.Remove(accepted.Operation);
        var asker = Accepted(accepted.Operation);
        _services.CrashPoints.Pass(CrashPoint.Accepted, accepted.Operation, accepted.Command.Kind);
        var entry = _state.Entries[accepted.Operation];
        _open.Add(entry);
        Send(entry);
        asker.Tell(new OperationAccepted(accepted.RequestId, View(entry)));
        SnapshotWhenDue();
    }

    private void OnRunning(OperationRunning running)
    {
        if (!_state.Entries.TryGetValue(running.Operation, out var entry) || entry.Outcome is not null)
            return;
        _running[running.Operation] = running;
        TellWaiters(entry);
    }

    // The result is in the volume's journal already: it may be given at once, while the owner's own journal catches up. The volume may forget
    // it only when the journal here says that it is settled: the next owner has everything else carried out, which then must not be new.
    private void OnEnded(OperationEnded ended)
    {
        if (_state.Decide(ended) is not { } finished)
        {
            if (_state.Entries.TryGetValue(ended.Operation, out var known) && known.Settled && !_settling.ContainsKey(ended.Operation))
                Sender.Tell(RecordedOf(known.Command.Volume));
            return;
        }
        _state = _state.Apply(finished);
        _running.Remove(ended.Operation);
        var entry = _state.Entries[ended.Operation];
        if (OperationCatalog.Of(entry.Command).ChangesQuotas)
            ForgetQuotas();
        if (finished.Settled)
            _settling[finished.Operation] = entry;
        RecordSoon(finished);
        TellWaiters(entry);
        Deliver(entry);
    }

    // Nobody waits for these entries: until they are written the next owner would ask the volume again and deliver again. So they share a write,
    // and requests that are to be accepted do not queue behind a write for each of them.
    private void RecordSoon(IPendingOperationsEvent happened)
    {
        _unrecorded.Add(happened);
        if (_unrecorded.Count == 1)
            Timers.StartSingleTimer("record", RecordDue.Instance, _settings.RecordInterval);
    }

    private void OnRecordDue()
    {
        Timers.Cancel("record");
        if (_unrecorded.Count == 0)
            return;
        var events = _unrecorded.ToList();
        _unrecorded.Clear();
        PersistAllAsync(events, OnRecorded);
    }

    private void OnRecorded(IPendingOperationsEvent recorded)
    {
        if (recorded is RequestFinished { Settled: true } finished && _settling.Remove(finished.Operation, out var entry))
        {
            _open.Remove(entry);
            _volumes.Tell(RecordedOf(entry.Command.Volume));
        }
        SnapshotWhenDue();
        ArchiveWhenDue();
    }

    private OutcomeRecorded RecordedOf(VolumeId volume) => new(volume, _open.RecordedBefore(volume, next: _state.Sequence + 1));

    private void Wait(OperationId operation, long seenVersion, TimeSpan wait, NodeName by, bool onlyTheEnd)
    {
        var sender = Sender;
        Answer(operation, sender, entry =>
        {
            var found = Found(entry);
            if (found.Operation.Ended || wait <= TimeSpan.Zero || (!onlyTheEnd && found.Version != seenVersion))
                return Given(found, by);
            if (_waiterCount >= _settings.WaiterCountMax)
            {
                return new QueryFailed(new OperationError(
                    ErrorKind.Overloaded, $"{_waiterCount} clients wait already; ask again without waiting"));
            }
            var waiter = new Waiter(++_waiterNumber, sender, by, onlyTheEnd);
            _waiterCount++;
            if (!_waiters.TryGetValue(operation, out var list))
                _waiters[operation] = list = [];
            list.Add(waiter);
            Timers.StartSingleTimer(waiter.Number, new WaitOver(operation, waiter.Number), wait);
            return null;
        });
    }

    private void OnCancel(CancelOperation request)
    {
        var sender = Sender;
        Answer(request.Operation, sender, entry =>
        {
            if (_state.DecideCancel(entry.Id, Now) is not { } asked)
                return Found(entry);
            PersistAsync(asked, happened =>
            {
                Note(happened);
                // Meanwhile it may have ended, and gone to the archive.
                if (_state.Entries.GetValueOrDefault(entry.Id) is { Outcome: null } open)
                    Send(open);
                Answer(entry.Id, sender, Found);
            });
            return null;
        });
    }

    private void Answer(OperationId operation, IActorRef asker, Func<OperationEntry, object?> answer) => Find(operation, (entry, error) =>
    {
        var reply = error is not null ? new QueryFailed(error)
            : entry is not null ? answer(entry)
            : new QueryFailed(OperationErrors.NotKnown(operation));
        if (reply is not null)
            asker.Tell(reply);
    });

    // What is in memory is found at once; what may be in the archive is read from there. Meanwhile it may have gone to another part.
    private void Find(OperationId operation, Action<OperationEntry?, OperationError?> then, params IReadOnlyList<long> readBefore)
    {
        if (_state.Entries.TryGetValue(operation, out var entry))
            then(entry, null);
        else if (_state.PartsWith(operation).Except(readBefore).ToList() is { Count: > 0 } parts)
            _archive.Tell(new FindResult(operation, parts, readBefore, then));
        else
            then(null, null);
    }

    private void OnFound(ResultFound result)
    {
        var (operation, parts, readBefore, then) = result.Task;
        if (result.Entry is not null || result.Error is not null)
            then(result.Entry, result.Error);
        else
            Find(operation, then, [.. readBefore, .. parts]);
    }

    private void TellWaiters(OperationEntry entry)
    {
        if (!_waiters.TryGetValue(entry.Id, out var list))
            return;
        var found = Found(entry);
        foreach (var waiter in list.Where(w => found.Operation.Ended || !w.OnlyTheEnd).ToList())
            Release(entry.Id, waiter, found);
    }

    private void OnWaitOver(WaitOver over)
    {
        if (_waiters.TryGetValue(over.Operation, out var list)
            && list.Find(w => w.Number == over.Waiter) is { } waiter
            && _state.Entries.TryGetValue(over.Operation, out var entry))
        {
            Release(over.Operation, waiter, Found(entry));
        }
    }

    private void Release(OperationId operation, Waiter waiter, OperationFound found)
    {
        var list = _waiters[operation];
        list.Remove(waiter);
        _waiterCount--;
        if (list.Count == 0)
            _waiters.Remove(operation);
        Timers.Cancel(waiter.Number);
        waiter.Client.Tell(Given(found, waiter.By));
    }

    private OperationFound Given(OperationFound found, NodeName by)
    {
        if (!found.Operation.Ended)
            return found;
        Delivered(found.Operation.Id, by);
        return _state.Entries.TryGetValue(found.Operation.Id, out var entry) ? found with { Operation = View(entry) } : found;
    }

    private void Delivered(OperationId operation, NodeName by)
    {
        if (_state.DecideDelivered(operation, by, Now) is not { } delivered)
            return;
        _state = _state.Apply(delivered);
        var kind = _state.Entries[operation].Command.Kind;
        _services.CrashPoints.Pass(CrashPoint.AfterReply, operation, kind);
        RecordSoon(delivered);
    }

    private void DeliverAll()
    {
        foreach (var entry in _state.Undelivered.ToList())
            Deliver(entry);
    }

    // To actors: sent until it is confirmed; the receiver drops repeats by the request's id.
    private void Deliver(OperationEntry entry)
    {
        if (entry is not { Undelivered: true, DeliverTo: { } path, Outcome: { } outcome })
            return;
        object result = outcome switch
        {
            { Error: { } error } => new OperationFailed(entry.RequestId, entry.Id, error),
            { Volume: { } volume } => new OperationSucceeded<VolumeInfo>(entry.RequestId, entry.Id, volume),
            _ => new OperationSucceeded<VolumeDeleted>(entry.RequestId, entry.Id, new VolumeDeleted(entry.Command.Volume)),
        };
        // Whoever has that path now. Not a selection: the client's system may take those for its own paths only (akka.remote.untrusted-mode).
        var now = ActorPath.Parse(path).WithUid(ActorCell.UndefinedUid);
        ((ExtendedActorSystem)Context.System).Provider.ResolveActorRef(now.ToSerializationFormat()).Tell(result, Self);
    }

    private void OnResend()
    {
        SendUnsettled();
        DeliverAll();
        if (_state.DecideForgotten(_bounds.Retention, Now) is { } forgotten)
            PersistAsync(forgotten, Note);
        if (_state.DecideDropped(_bounds.Retention, Now) is { } dropped)
        {
            PersistAsync(dropped, happened =>
            {
                Note(happened);
                _archive.Tell(new DropParts(0, happened.UpToPart));
            });
        }
        ArchiveWhenDue();
    }

    private void Note(IPendingOperationsEvent happened)
    {
        _state = _state.Apply(happened);
        SnapshotWhenDue();
    }

    // The numbers of an owner's parts are its own: what a predecessor still writes is never taken for a successor's.
    private static long FirstPart(Epoch epoch) => epoch.Value << 24;

    // First the part, then the event that it is there: until then its results are in memory, and in the journal.
    private void ArchiveWhenDue()
    {
        if (_archiving || _state.DecideArchived(_bounds) is not { Count: > 0 } entries)
            return;
        _archiving = true;
        _archive.Tell(new KeepPart(_part++, entries));
    }

    private void OnPartKept(PartKept kept)
    {
        if (kept.Error is { } error)
        {
            _archiving = false;
            _log.Warning("{0}; it is tried again", error.Detail);
            return;
        }
        // Their results stand in the journal before it says that they are elsewhere.
        OnRecordDue();
        PersistAsync(new ResultsArchived(kept.Task.Part, [.. kept.Task.Entries.Select(e => e.Id)]), archived =>
        {
            _archiving = false;
            Note(archived);
            ArchiveWhenDue();
        });
    }

    private void SendUnsettled()
    {
        foreach (var entry in _state.Unsettled)
            Send(entry);
    }

    private void Send(OperationEntry entry) => _volumes.Tell(new ExecuteOperation(entry.Id, entry.Command)
    {
        Sequence = entry.Sequence,
        RecordedBefore = _open.RecordedBefore(entry.Command.Volume, next: entry.Sequence),
        Images = entry.Images,
        Cancel = entry is { CancelAsked: true, Outcome: null },
    });

    private OperationView View(OperationEntry entry) => entry.View(_running.GetValueOrDefault(entry.Id));

    // Grows as the operation moves on, and means the same to the next owner.
    private OperationFound Found(OperationEntry entry)
    {
        var view = View(entry);
        var version = view.Ended ? long.MaxValue : (view.Attempts * 10_000L) + (long)(view.Progress * 9_999);
        return new OperationFound(view, version);
    }

    private sealed record Waiter(long Number, IActorRef Client, NodeName By, bool OnlyTheEnd);

    private sealed record WaitOver(OperationId Operation, long Waiter) : INoSerializationVerificationNeeded;

    private sealed record Accepting(IActorRef Asker, List<(SubmitOperation Request, IActorRef Sender)> Again);

    private sealed record RecordDue : INoSerializationVerificationNeeded
    {
        public static RecordDue Instance { get; } = new();
    }

    private sealed record Resend : INoSerializationVerificationNeeded
    {
        public static Resend Instance { get; } = new();
    }
}

/// <summary>A node is gone: its volumes wake elsewhere, and are told at once what they have to do.</summary>
internal sealed record ResendNow : INoSerializationVerificationNeeded;
