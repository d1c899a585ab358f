using System.Security.Cryptography;
using System.Text;
using Akka.Actor;
using Akka.Event;
using Mooring.Actors.Journal;
using Mooring.Actors.Nodes;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Actors.Volumes;

/// <summary>
/// One volume: sharded by its name and persistent. It executes what <see cref="VolumeState"/> decides: persists the intent, has a worker
/// of its node do the work, persists the result, then tells the owner. Everything that it waits for is a message.
/// </summary>
public sealed partial class VolumeActor : JournalledActor<VolumeSnapshot, IVolumeEvent>
{
    private const int PersistenceIdLengthMax = 255;

    private static readonly TimeSpan HoldRetryInterval = TimeSpan.FromMilliseconds(200);

    private readonly VolumeId _volume;
    private readonly MooringServices _services;
    private readonly IActorRef _dispatcher;
    private readonly ICanTell _volumes;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly List<(ExecuteOperation Request, IActorRef Owner)> _waiting = [];
    private readonly HashSet<OperationId> _settling = [];
    private readonly HashSet<OperationId> _releasing = [];
    private readonly Dictionary<OperationId, IActorRef> _cleaners = [];
    private readonly Dictionary<OperationId, int> _cleanUpFailures = [];
    private VolumeState _state = VolumeState.Empty;
    private Preparation? _preparing;
    private IActorRef _owner = ActorRefs.Nobody;
    private IActorRef _worker = ActorRefs.Nobody;
    private OperationId? _cancelled;
    private double _progress;
    private bool _stopping;

    /// <summary>Makes the actor.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="services">The node's services.</param>
    /// <param name="dispatcher">The node's dispatcher.</param>
    /// <param name="volumes">The region of all volumes.</param>
    public VolumeActor(VolumeId volume, MooringServices services, IActorRef dispatcher, ICanTell volumes)
    {
        (_volume, _services, _dispatcher, _volumes) = (volume, services, dispatcher, volumes);
        Working();
    }

    /// <inheritdoc/>
    public override string PersistenceId => IdOf(_volume);

    /// <inheritdoc/>
    protected override long SnapshotEvery => _services.Settings.VolumeSnapshotEvery;

    private DateTimeOffset Now => _services.Clock.GetUtcNow();

    private TimeSpan Monotonic => Context.System.Scheduler.MonotonicClock;

    private bool Busy => _preparing is { Announced: false } || _state.Active is not null;

    // Journals have a bound for these (Akka.Persistence.Sql on PostgreSQL: 255 characters); names may be longer. Never changes.
    /// <summary>The id under which a volume's events are journalled.</summary>
    /// <param name="volume">The volume.</param>
    /// <returns>Its name, or what stands for that.</returns>
    internal static string IdOf(VolumeId volume)
    {
        var id = "volume-" + volume;
        return id.Length <= PersistenceIdLengthMax ? id : "volume#" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)));
    }

    /// <summary>How to make one.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="services">The node's services.</param>
    /// <param name="dispatcher">The node's dispatcher.</param>
    /// <param name="volumes">The region of all volumes.</param>
    /// <returns>The recipe.</returns>
    public static Props Props(VolumeId volume, MooringServices services, IActorRef dispatcher, ICanTell volumes) =>
        Akka.Actor.Props.Create(() => new VolumeActor(volume, services, dispatcher, volumes));

    private void Working()
    {
        Command<AnnounceOperation>(OnAnnounce);
        Command<AnnouncementOver>(over => DropAnnounced(over.Operation));
        Command<ExecuteOperation>(OnExecute);
        Command<SourceHoldAnswered>(OnHoldAnswered);
        Command<WorkerReady>(OnWorkerReady);
        Command<WorkerRefused>(OnWorkerRefused);
        Command<AttemptProgressed>(OnProgress);
        Command<AttemptReport>(OnReport);
        Command<CleanUpEnded>(OnCleanUpEnded);
        Command<SourceHoldReleased>(OnHoldReleased);
        Command<HoldSource>(OnHold);
        Command<ReleaseSource>(OnRelease);
        Command<ConfirmHold>(OnConfirmHold);
        Command<OutcomeRecorded>(recorded =>
        {
            if (RecordedMakesRoom(recorded.Before))
                Next();
        });
        Command<HoldDue>(_ => AskForHold());
        Command<WorkerDue>(_ => AskForWorker());
        Command<GraceOver>(OnGraceOver);
        Command<SettleAgain>(again =>
        {
            _settling.Remove(again.Operation);
            Settle(again.Operation);
        });
        Command<Terminated>(terminated => OnWorkerLost(terminated.ActorRef));
        Command<WorkerLost>(_ => OnWorkerLost(Sender));
        Command<StopVolume>(_ =>
        {
            DropAnnounced();
            _stopping = true;
            StopWhenFree();
        });
    }

    /// <inheritdoc/>
    protected override void Restore(VolumeSnapshot snapshot) => _state = snapshot.State();

    /// <inheritdoc/>
    protected override void Replay(IVolumeEvent happened) => _state = _state.Apply(happened);

    /// <inheritdoc/>
    protected override VolumeSnapshot Snapshot() => VolumeSnapshot.Of(_state);

    /// <inheritdoc/>
    protected override void OnRecovered()
    {
        if (_state.Active is { } active)
        {
            _log.Info("{0}: {1} attempt {2} is in doubt; its worker {3} will be fenced", _volume, active.Operation, active.Attempt, active.Workers[^1]);
            AskForWorker();
        }
        foreach (var ended in _state.Ended.Values.Where(e => !e.Settled))
            Settle(ended.Operation);
        QuestionHolds();
    }

    // The request is on its way into the owner's journal. Nothing is journalled and nothing changed before it comes.
    private void OnAnnounce(AnnounceOperation announced)
    {
        var request = new ExecuteOperation(announced.Operation, announced.Command);
        if (_preparing is not null || Busy || _stopping || _waiting.Count > 0 || request.Command.SourceVolume is not null
            || _state.Decide(request, _services.Settings.VolumeResultsMax) is not VolumeDecision.Begin)
        {
            return;
        }
        _preparing = new Preparation(request, default, Announced: true);
        ForgetSetback();
        AskForWorker();
        Timers.StartSingleTimer("announced", new AnnouncementOver(request.Operation), _services.Settings.AnnouncedMax);
    }

    private void DropAnnounced(OperationId? only = null)
    {
        if (_preparing is not { Announced: true } preparing || (only is { } operation && preparing.Request.Operation != operation))
            return;
        _preparing = null;
        Timers.Cancel("announced");
        if (preparing.Ready is not { } ready)
            return;
        Context.Unwatch(ready.Worker);
        ready.Worker.Tell(new ReturnWorker(ready.Operation));
    }

    // True when the request is the one that was announced, which is under way from here on.
    private bool TakeUpAnnounced(ExecuteOperation request)
    {
        if (_preparing is not { Announced: true } preparing)
            return false;
        if (preparing.Request.Operation != request.Operation || preparing.Request.Command != request.Command)
        {
            DropAnnounced();
            return false;
        }
        Timers.Cancel("announced");
        _preparing = preparing with { Request = request, Announced = false, Ready = null };
        if (preparing.Ready is { } ready)
            OnWorkerReady(ready);
        else
            AskForWorker();
        return true;
    }

    private void OnExecute(ExecuteOperation request)
    {
        if (RecordedMakesRoom(request.RecordedBefore ?? 0))
        {
            Enqueue(request);
            Next();
            return;
        }
        var decision = _state.Decide(request, _services.Settings.VolumeResultsMax);
        if (decision is VolumeDecision.Outdated)
        {
            _log.Info("{0}: {1} comes again after its result was recorded", _volume, request.Operation);
            return;
        }
        _owner = Sender;
        if (decision is VolumeDecision.Cancel cancel)
        {
            Cancel(request, cancel.Error);
            return;
        }
        if (TakeUpAnnounced(request))
            return;
        if (_preparing?.Request.Operation == request.Operation)
        {
            if (_preparing.Held || request.Command.SourceVolume is null)
                AskForWorker();
            TellWaiting();
            return;
        }
        switch (decision)
        {
            case VolumeDecision.Answer answer:
                Tell(answer.Ended);
                Settle(request.Operation);
                break;
            case VolumeDecision.AlreadyActive already:
                TellRunning(already.Active);
                if (request.Cancel)
                    CancelActive();
                AskForWorker();
                break;
            case VolumeDecision.Refuse refuse when _preparing is null:
                WaitForRelease(request, refuse.Error);
                break;
            case VolumeDecision.Begin when _preparing is null && !_stopping:
                Prepare(request);
                break;
            default:
                Enqueue(request);
                break;
        }
    }

    // It has not begun: whatever was made ready for it is given back.
    private void Cancel(ExecuteOperation request, OperationError error)
    {
        var operation = request.Operation;
        DropAnnounced(operation);
        _waiting.RemoveAll(w => w.Request.Operation == operation);
        Timers.Cancel("grace-" + operation);
        if (_preparing?.Request.Operation == operation)
        {
            Timers.Cancel("hold");
            ForgetSetback();
            _preparing = null;
        }
        End(_state.DecideRefusal(request, error, _services.Settings.Node, Now));
    }

    // An attempt that runs ends by itself at its next step, if its kind can be stopped. While none runs one has to look what the earlier ones did: a store
    // that says that it does nothing now may have done it, or a part.
    private void CancelActive()
    {
        var operation = _state.Active!.Operation;
        if (_cancelled == operation)
            return;
        _cancelled = operation;
        _worker.Tell(new CancelAttempt(operation));
        if (Timers.IsTimerActive(RetryTimer))
            Timers.StartSingleTimer(RetryTimer, new WorkerDue(), TimeSpan.Zero);
    }

    // What does not fit is sent again by the owner.
    private void Enqueue(ExecuteOperation request)
    {
        if (_waiting.Count < _services.Settings.VolumeQueueMax && _waiting.All(w => w.Request.Operation != request.Operation))
            _waiting.Add((request, Sender));
    }

    private void Prepare(ExecuteOperation request)
    {
        _preparing = new Preparation(request, Monotonic + _services.Settings.SourceWaitMax);
        ForgetSetback();
        if (request.Command.SourceVolume is null)
            AskForWorker();
        else
            AskForHold();
    }

    private void AskForHold()
    {
        if (_preparing is not { Held: false, Request: var request })
            return;
        _volumes.Tell(new HoldSource(request.Command.SourceVolume!.Value, request.Operation, _volume)
        {
            Exclusive = OperationCatalog.Of(request.Command).ChangesSource,
            Sequence = request.Sequence,
        }, Self);
        Timers.StartSingleTimer("hold", new HoldDue(), _services.Settings.ResendInterval);
    }

    private void OnHoldAnswered(SourceHoldAnswered answer)
    {
        if (_preparing is not { Held: false } preparing || preparing.Request.Operation != answer.Operation)
            return;
        Timers.Cancel("hold");
        if (answer.Granted)
        {
            _preparing = preparing with { Held = true };
            AskForWorker();
        }
        else if (Monotonic < preparing.HoldDeadline)
        {
            Timers.StartSingleTimer("hold", new HoldDue(), HoldRetryInterval);
        }
        else
        {
            End(_state.DecideRefusal(preparing.Request, new OperationError(
                ErrorKind.Busy, $"{preparing.Request.Command.SourceVolume} is in use by {answer.BusyWith}", 16), _services.Settings.Node, Now));
        }
    }

    // Asked again whenever the owner sends its request again, in case the dispatcher has started anew; it drops repeats. Not before its time when the
    // store has put it off.
    private void AskForWorker()
    {
        if (Timers.IsTimerActive(RetryTimer))
            return;
        if (_preparing is { Request: var request })
            _dispatcher.Tell(new RequestWorker(request.Operation, request.Command));
        else if (_state.Active is { } active && _worker.IsNobody())
            _dispatcher.Tell(new RequestWorker(active.Operation, null));
    }

    private void OnWorkerReady(WorkerReady ready)
    {
        var node = _services.Settings.Node;
        if (_preparing is { Announced: true, Ready: null } preparing && preparing.Request.Operation == ready.Operation && ready.Seen is not null)
        {
            _preparing = preparing with { Ready = ready };
            Context.Watch(ready.Worker);
        }
        else if (_preparing is { Announced: false, Request: var request } && request.Operation == ready.Operation && ready.Seen is { } seen)
        {
            _services.CrashPoints.Pass(CrashPoint.BeforeIntent, request.Operation, request.Command.Kind);
            switch (_state.DecideIntent(request, seen, node, ready.Address, Now))
            {
                case OperationStarted started:
                    Begin(started, ready.Worker);
                    break;
                case OperationFinished refused:
                    ready.Worker.Tell(new ReturnWorker(ready.Operation));
                    End(refused);
                    break;
            }
        }
        else if (_preparing is null && _state.Active?.Operation == ready.Operation && _worker.IsNobody())
        {
            Begin(_state.DecideRetry(node, ready.Address, _mayAct, Now), ready.Worker);
        }
        else if (_state.Ended.TryGetValue(ready.Operation, out var ended) && ended is { Settled: false, Remains: { } remains }
            && _settling.Contains(ready.Operation) && _cleaners.TryAdd(ready.Operation, ready.Worker))
        {
            Timers.Cancel("settle-" + ready.Operation);
            Context.Watch(ready.Worker);
            ready.Worker.Tell(new RunCleanUp(remains));
        }
        else
        {
            ready.Worker.Tell(new ReturnWorker(ready.Operation));
        }
    }

    private void Begin(OperationStarted intent, IActorRef worker)
    {
        _worker = worker;
        Persist(intent, started =>
        {
            _state = _state.Apply(started);
            _preparing = null;
            _progress = 0;
            _services.CrashPoints.Pass(CrashPoint.AfterIntent, started.Operation, started.Command.Kind);
            Context.Watch(worker);
            worker.Tell(new RunAttempt(_state.Active!, OnlyLook: _cancelled == started.Operation || (_setback is not null && Backoff.IsOver(_setback))));
            TellRunning(_state.Active!);
        });
    }

    private void OnProgress(AttemptProgressed progressed)
    {
        if (_state.Active is not { } active || active.Operation != progressed.Operation || active.Attempt != progressed.Attempt)
            return;
        _progress = progressed.Progress;
        TellRunning(active);
    }

    private void OnWorkerLost(IActorRef worker)
    {
        foreach (var (operation, _) in _cleaners.Where(c => c.Value.Equals(worker)).ToList())
        {
            _cleaners.Remove(operation);
            Context.Unwatch(worker);
            SettleLater(operation, failed: true);
        }
        if (_preparing is { Announced: true, Ready: { } ready } && worker.Equals(ready.Worker))
        {
            Context.Unwatch(worker);
            _preparing = null;
            Timers.Cancel("announced");
        }
        if (!worker.Equals(_worker))
            return;
        DropWorker();
        RetryLost();
    }

    private void DropWorker()
    {
        Context.Unwatch(_worker);
        _worker = ActorRefs.Nobody;
    }

    private void End(OperationFinished finished) => Persist(finished, ended =>
    {
        _state = _state.Apply(ended);
        if (_preparing?.Request.Operation == ended.Operation)
            _preparing = null;
        if (!Busy)
            ForgetSetback();
        _services.CrashPoints.Pass(CrashPoint.BeforeReply, ended.Operation, ended.Command.Kind);
        Tell(_state.Ended[ended.Operation]);
        Settle(ended.Operation);
        SnapshotWhenDue();
        Next();
    });

    // True when requests waited for it.
    private bool RecordedMakesRoom(long before)
    {
        var waitedFor = before > _state.RecordedBefore && _waiting.Count > 0 && _state.IsFull(_services.Settings.VolumeResultsMax);
        _state = _state.Recorded(before);
        return waitedFor;
    }

    private void Next()
    {
        if (StopWhenFree())
            return;
        if (Busy)
            return;
        foreach (var waiting in _waiting.FindAll(w => !IsRefused(w.Request)))
        {
            _waiting.Remove(waiting);
            Self.Tell(waiting.Request, waiting.Owner);
        }
    }

    // Settling: work of attempts is removed, then the source is released, then that is journalled. Every step may be done again.
    private void Settle(OperationId operation)
    {
        if (!_state.Ended.TryGetValue(operation, out var ended) || ended.Settled || !_settling.Add(operation))
            return;
        if (ended.Remains is null)
        {
            ReleaseHold(ended);
            return;
        }
        // Asked again until there is one, in case the dispatcher has started anew; it drops repeats.
        _dispatcher.Tell(new RequestWorker(operation, null));
        SettleLater(operation);
    }

    private void OnCleanUpEnded(CleanUpEnded cleaned)
    {
        if (_cleaners.Remove(cleaned.Operation, out var cleaner))
            Context.Unwatch(cleaner);
        if (!_settling.Contains(cleaned.Operation) || !_state.Ended.TryGetValue(cleaned.Operation, out var ended))
            return;
        if (cleaned.Error is { } error)
        {
            _log.Warning("{0}: what {1} left cannot be removed yet: {2}", _volume, cleaned.Operation, error.Detail);
            SettleLater(cleaned.Operation, failed: true);
        }
        else
        {
            ReleaseHold(ended);
        }
    }

    private void ReleaseHold(EndedOperation ended)
    {
        if (ended.Command.SourceVolume is not { } source)
        {
            Settled(ended.Operation);
            return;
        }
        _releasing.Add(ended.Operation);
        _volumes.Tell(new ReleaseSource(source, ended.Operation), Self);
        SettleLater(ended.Operation);
    }

    // The source may have been released before the work was removed, when it asked (OnConfirmHold): that settles nothing.
    private void OnHoldReleased(SourceHoldReleased released)
    {
        if (_releasing.Remove(released.Operation))
            Settled(released.Operation);
    }

    // What has failed holds a worker at each try: it comes later each time.
    private void SettleLater(OperationId operation, bool failed = false)
    {
        var failures = _cleanUpFailures[operation] = _cleanUpFailures.GetValueOrDefault(operation) + (failed ? 1 : 0);
        var pause = _services.Settings.ResendInterval + (failures == 0 ? TimeSpan.Zero : Backoff.Pause(failures, Chance));
        Timers.StartSingleTimer("settle-" + operation, new SettleAgain(operation), pause);
    }

    private void Settled(OperationId operation)
    {
        if (!_settling.Remove(operation))
            return;
        _cleanUpFailures.Remove(operation);
        Timers.Cancel("settle-" + operation);
        Persist(new OperationSettled(operation), settled =>
        {
            _state = _state.Apply(settled);
            if (_state.Ended.TryGetValue(operation, out var ended))
                Tell(ended);
            SnapshotWhenDue();
            StopWhenFree();
        });
    }

    private bool IsRefused(ExecuteOperation request) => _state.Decide(request, _services.Settings.VolumeResultsMax) is VolumeDecision.Refuse;

    private bool StopWhenFree()
    {
        if (_stopping && !Busy && _settling.Count == 0)
            Context.Stop(Self);
        return _stopping;
    }

    private void Tell(EndedOperation ended) => _owner.Tell(new OperationEnded(ended.Operation, ended.Outcome, ended.Settled));

    private void TellRunning(ActiveOperation active) =>
        _owner.Tell(new OperationRunning(active.Operation, active.Attempt, active.Node, _progress, active.StartedAt) { Setback = _setback });

    // Announced: not asked for yet. Ready: the worker that is reserved for what was announced.
    private sealed record Preparation(
        ExecuteOperation Request, TimeSpan HoldDeadline, bool Held = false, bool Announced = false, WorkerReady? Ready = null);

    private sealed record AnnouncementOver(OperationId Operation) : INoSerializationVerificationNeeded;
    private sealed record HoldDue : INoSerializationVerificationNeeded;
    private sealed record WorkerDue : INoSerializationVerificationNeeded;
    private sealed record GraceOver(OperationId Operation, OperationError Error) : INoSerializationVerificationNeeded;
    private sealed record SettleAgain(OperationId Operation) : INoSerializationVerificationNeeded;
}
