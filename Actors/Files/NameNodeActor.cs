using Akka.Actor;
using Akka.Event;
using Mooring.Actors.Journal;
using Mooring.Messages;
using Mooring.Messages.Wire;

namespace Mooring.Actors.Files;

/// <summary>
/// The name node of one file system: sharded by its name and persistent. It executes what <see cref="NameNodeState"/> decides: journals who is to
/// write, shuts earlier writers out, raises the area's epoch in the block store, then admits the writer and tells everybody. It is not on the
/// way of the data.
/// </summary>
public sealed class NameNodeActor : JournalledActor<NameNodeSnapshot, INameNodeEvent>
{
    private readonly FileSystemName _name;
    private readonly MooringServices _services;
    private readonly FileSettings _settings;
    private readonly NameNodeContext _node;
    private readonly NameNodeWork _work;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<NodeName, DataNodeView> _nodes = [];
    private readonly Dictionary<(int Area, NodeName Node), AreaReport> _reports = [];
    private readonly Dictionary<(int Area, NodeName Node), string> _suspects = [];
    private readonly Dictionary<(int Area, NodeName Node), string> _checks = [];
    private readonly Dictionary<(int Area, NodeName Node), TimeSpan> _resting = [];
    private readonly List<AccessWaiter> _waiters = [];
    private readonly List<IActorRef> _makers = [];
    private readonly List<IActorRef> _removers = [];
    private readonly HashSet<int> _admitting = [];
    private NameNodeState _state = NameNodeState.Empty;
    private bool _working;
    private bool _persisting;
    private bool _informed;

    /// <summary>Makes the actor.</summary>
    /// <param name="name">The file system.</param>
    /// <param name="services">The node's services.</param>
    /// <param name="node">What the node's file plane shares.</param>
    public NameNodeActor(FileSystemName name, MooringServices services, NameNodeContext node)
    {
        (_name, _services, _settings, _node) = (name, services, services.Settings.Files, node);
        _work = new NameNodeWork(name, node.Store, services.Settings.FenceDuration);
        Command<CreateFileSystem>(OnCreate);
        Command<DeleteFileSystem>(_ => OnDelete());
        Command<GetFileSystem>(_ => Sender.Tell(_state.Phase == FileSystemPhase.Made ? new FileSystemFound(Describe()) : Missing()));
        Command<RequestAccess>(OnAccess);
        Command<AreaReport>(OnReport);
        Command<DataNodesChanged>(OnNodes);
        Command<CheckOver>(OnCheckOver);
        Command<WorkDone>(OnWorkDone);
        Command<AdmissionDone>(OnAdmissionDone);
        Command<Tick>(_ => OnTick());
        Command<StopNameNode>(_ => Context.Stop(Self));
    }

    /// <inheritdoc/>
    public override string PersistenceId => "name-node-" + _name;

    /// <inheritdoc/>
    protected override long SnapshotEvery => _settings.SnapshotEvery;

    private DateTimeOffset Now => _services.Clock.GetUtcNow();

    private TimeSpan Monotonic => Context.System.Scheduler.MonotonicClock;

    /// <summary>How to make one.</summary>
    /// <param name="name">The file system.</param>
    /// <param name="services">The node's services.</param>
    /// <param name="node">What the node's file plane shares.</param>
    /// <returns>The recipe.</returns>
    public static Props Props(FileSystemName name, MooringServices services, NameNodeContext node) =>
        Akka.Actor.Props.Create(() => new NameNodeActor(name, services, node));

    /// <inheritdoc/>
    protected override void Restore(NameNodeSnapshot snapshot) => _state = snapshot.State();

    /// <inheritdoc/>
    protected override void Replay(INameNodeEvent happened) => _state = _state.Apply(happened);

    /// <inheritdoc/>
    protected override NameNodeSnapshot Snapshot() => NameNodeSnapshot.Of(_state);

    /// <inheritdoc/>
    protected override void OnRecovered()
    {
        _node.DataNode.Tell(new SubscribeDataNodes(), Self);
        Timers.StartPeriodicTimer("tick", Tick.Instance, _settings.ReportInterval);
        if (_state.Phase is FileSystemPhase.Planned)
            Make();
        else if (_state.Phase is FileSystemPhase.Removing)
            Remove();
    }

    private void OnCreate(CreateFileSystem request)
    {
        if (!_informed)
        {
            Stash.Stash();
            return;
        }
        if (_state.Plan is { } plan && plan.RequestId == request.RequestId && _state.Phase is FileSystemPhase.Planned or FileSystemPhase.Made)
        {
            AnswerMaker(Sender);
            return;
        }
        if (_state.Forbids(request, _nodes.Values.Count(n => n.Failure is null)) is { } refusal)
        {
            Sender.Tell(new QueryFailed(refusal));
            return;
        }
        if (_working || _persisting)
        {
            Sender.Tell(new QueryFailed(new OperationError(ErrorKind.Overloaded, $"file system {_name} is being made or removed; ask again")));
            return;
        }
        var planned = new FileSystemPlanned(
            _name,
            request.RequestId,
            request.Pool,
            request.SizeBytes,
            [.. request.AreaPaths.Select((path, i) => new PlannedArea(i, path, new AreaId(_name, i).Image(request.Pool)))],
            request.Readers,
            Now);
        _makers.Add(Sender);
        _working = true;
        // Looked at before the intent stands: what has the images' names already is not this file system's.
        _work.LookAsync(planned).PipeTo(Self, success: () => new WorkDone(planned, null), failure: e => new WorkDone(planned, NameNodeWork.ErrorOf(e)));
    }

    private void AnswerMaker(IActorRef asker)
    {
        if (_state.Phase == FileSystemPhase.Made)
            asker.Tell(new FileSystemFound(Describe()));
        else
            _makers.Add(asker);
    }

    private void OnDelete()
    {
        if (_state.Phase is FileSystemPhase.None)
        {
            Sender.Tell(Missing());
            return;
        }
        _removers.Add(Sender);
        OnTick();
    }

    private void OnWorkDone(WorkDone done)
    {
        _working = false;
        switch (done.Step)
        {
            case FileSystemPlanned planned when _state.Phase == FileSystemPhase.None && done.Error is null:
                PersistEvent(planned, Make);
                break;
            case FileSystemPlanned when _state.Phase == FileSystemPhase.None:
                Fail(_makers, done.Error!);
                break;
            case FileSystemMade made when done.Error is null:
                PersistEvent(made, () =>
                {
                    _makers.ForEach(AnswerMaker);
                    _makers.Clear();
                    Advance();
                });
                break;
            case FileSystemMade when done.Error is { Kind: ErrorKind.InvalidArgument or ErrorKind.NotFound or ErrorKind.NoSpace or ErrorKind.AlreadyExists or ErrorKind.PermissionDenied }:
                PersistEvent(new FileSystemAbandoned(done.Error), () => Fail(_makers, done.Error));
                break;
            case FileSystemRemoved removed when done.Error is null:
                PersistEvent(removed, () =>
                {
                    _reports.Clear();
                    _suspects.Clear();
                    _checks.Clear();
                    _resting.Clear();
                    _removers.ForEach(r => r.Tell(new FileSystemDeleted(_name)));
                    _removers.Clear();
                });
                break;
            default:
                _log.Warning("file system {0}: {1}; tried again", _name, done.Error?.Detail);
                break;
        }
    }

    private void Make()
    {
        _working = true;
        _work.MakeAsync(_state.Plan!, _services.Entropy).PipeTo(
            Self, success: () => new WorkDone(new FileSystemMade(Now), null), failure: e => new WorkDone(new FileSystemMade(default), NameNodeWork.ErrorOf(e)));
    }

    private void Remove()
    {
        foreach (var (area, node) in _reports.Keys)
            Assign(_state.Areas[area], node);
        _working = true;
        _work.RemoveAsync(_state).PipeTo(
            Self, success: () => new WorkDone(new FileSystemRemoved(Now), null), failure: e => new WorkDone(new FileSystemRemoved(default), NameNodeWork.ErrorOf(e)));
    }

    private void OnAccess(RequestAccess request)
    {
        if (_state.Phase != FileSystemPhase.Made)
        {
            Sender.Tell(Missing());
            return;
        }
        if (!FilePath.TryNormalize(request.Path, out var path, out var problem))
        {
            Sender.Tell(new QueryFailed(new OperationError(ErrorKind.InvalidArgument, problem, 22)));
            return;
        }
        if (_waiters.Count >= _settings.AccessWaiterCountMax)
        {
            Sender.Tell(new QueryFailed(new OperationError(ErrorKind.Overloaded, $"{_waiters.Count} clients wait for access to {_name}")));
            return;
        }
        var area = _state.AreaOf(path)!;
        if (request.Failed is { } failed)
            Examine(area, failed);
        _waiters.Add(new AccessWaiter(request with { Path = path }, Sender, area.Number, Monotonic + _settings.AccessWaitMax));
        Advance();
    }

    // A client's word alone moves nothing: the node that it complains about is asked (F9).
    private void Examine(AreaState area, AccessFailure failed)
    {
        var key = (area.Number, failed.Node);
        if (failed.Epoch.Value < area.Epoch.Value || !area.Members.Contains(failed.Node) || _checks.ContainsKey(key) || _suspects.ContainsKey(key))
            return;
        _log.Info("file system {0}: a client reports {1} of area {2}: {3}", _name, failed.Node, area.Number, failed.Problem);
        if (!_nodes.TryGetValue(failed.Node, out var view) || view.Failure is not null)
            return;
        _checks[key] = failed.Problem;
        DataNode(view).Tell(new CheckArea(new AreaId(_name, area.Number)), Self);
        Timers.StartSingleTimer($"check-{area.Number}-{failed.Node}", new CheckOver(area.Number, failed.Node), _settings.CheckTimeout);
    }

    private void OnCheckOver(CheckOver over)
    {
        if (!_checks.Remove((over.Area, over.Node), out var problem))
            return;
        _suspects[(over.Area, over.Node)] = $"a client reports: {problem}; it does not answer the name node either";
        Advance();
    }

    private void OnReport(AreaReport report)
    {
        var key = (report.Area.Number, report.Node);
        if (!_state.Areas.TryGetValue(report.Area.Number, out var area) || _state.Phase is not (FileSystemPhase.Made or FileSystemPhase.Removing))
        {
            if (report.Role != AreaRole.None)
                Sender.Tell(new AssignArea(report.Area, FilePath.Root, default, report.BaseEpoch, new Epoch(long.MaxValue), AreaRole.None, false, null, []));
            return;
        }
        if (_checks.Remove(key))
            Timers.Cancel($"check-{key.Number}-{key.Node}");
        _suspects.Remove(key);
        // Otherwise it speaks of an earlier file system of this name, or has no such area.
        var ofThis = report.BaseEpoch == area.BaseEpoch;
        if (ofThis)
            _reports[key] = report;
        else
            _reports.Remove(key);
        if (!ofThis || report.Epoch != area.Epoch || report.Role != RoleOf(area, report.Node) || !report.Ready)
            Assign(area, report.Node);
        Advance();
    }

    private void OnNodes(DataNodesChanged changed)
    {
        _nodes.Clear();
        if (!_informed)
        {
            _informed = true;
            Stash.UnstashAll();
        }
        foreach (var node in changed.Items)
        {
            // Of two incarnations of one node the one that serves counts.
            if (!_nodes.TryGetValue(node.Node, out var other) || other.Failure is not null)
                _nodes[node.Node] = node;
        }
        Advance();
    }

    private void OnTick()
    {
        if (_state.Phase == FileSystemPhase.Planned && !_working && !_persisting)
            Make();
        if (_state.Phase == FileSystemPhase.Removing && !_working && !_persisting)
            Remove();
        if (_state.Phase == FileSystemPhase.Made && _removers.Count > 0 && !_working && !_persisting)
            PersistEvent(new FileSystemRemovalBegun(Now), Remove);
        foreach (var area in _state.Areas.Values)
        {
            if (_state.Phase == FileSystemPhase.Made)
                AssignAll(area);
        }
        Advance();
    }

    // Everything that can be decided now, one event at a time; then who can be answered is.
    private void Advance()
    {
        // Who has just recovered does not know yet which nodes there are: to it all of them would seem to be gone.
        if (_persisting || !_informed)
            return;
        foreach (var area in _state.Areas.Values)
        {
            if (_state.Decide(area.Number, Observe(area), Now) is { } step)
            {
                Announce(step);
                PersistEvent(step, () =>
                {
                    AssignAll(_state.Areas[area.Number]);
                    Advance();
                });
                return;
            }
            if (_state.Phase == FileSystemPhase.Made && area is { Writer: not null, Admitted: false } && _admitting.Add(area.Number))
                Admit(area);
        }
        AnswerWaiters();
    }

    private void Announce(INameNodeEvent step)
    {
        switch (step)
        {
            case WriterAppointed appointed:
                _log.Info("file system {0}: area {1}: epoch {2} is {3}'s ({4})", _name, appointed.Area, appointed.Epoch, appointed.Writer, appointed.Reason);
                if (_state.Areas[appointed.Area].Writer is { } before && before != appointed.Writer)
                    Rest(appointed.Area, before);
                break;
            case ReaderAppointed appointed:
                _log.Info("file system {0}: area {1}: {2} becomes a reader ({3})", _name, appointed.Area, appointed.Reader, appointed.Reason);
                break;
            case ReaderDismissed dismissed:
                _log.Info("file system {0}: area {1}: {2} is no reader any more ({3})", _name, dismissed.Area, dismissed.Reader, dismissed.Reason);
                Rest(dismissed.Area, dismissed.Reader);
                break;
        }
    }

    // Who has left a set may come back, but not at once, or a node that fails at its work would come and go for ever.
    private void Rest(int area, NodeName node)
    {
        _suspects.Remove((area, node));
        // Nor does what was asked of it before count: it is no member any more, and would be suspected until it reported of an area that it has not.
        if (_checks.Remove((area, node)))
            Timers.Cancel($"check-{area}-{node}");
        _resting[(area, node)] = Monotonic + _settings.ReaderLagMax;
    }

    private void Admit(AreaState area) => _work.AdmitAsync(area).PipeTo(
        Self,
        success: () => new AdmissionDone(area.Number, area.Epoch, null),
        failure: e => new AdmissionDone(area.Number, area.Epoch, NameNodeWork.ErrorOf(e)));

    private void OnAdmissionDone(AdmissionDone done)
    {
        _admitting.Remove(done.Area);
        if (!_state.Areas.TryGetValue(done.Area, out var area) || area.Epoch != done.Epoch || area.Admitted)
        {
            Advance();
            return;
        }
        if (done.Error is { } error)
        {
            // Another incarnation of this name node has gone on: the journal stops this one at its next event.
            _log.Warning("file system {0}: area {1}: the writer of epoch {2} cannot be admitted yet: {3}", _name, done.Area, done.Epoch, error.Detail);
            if (error.Kind == ErrorKind.Fenced)
                throw new InvalidOperationException(error.Detail);
            return;
        }
        PersistEvent(new WriterAdmitted(done.Area, done.Epoch, Now), () =>
        {
            AssignAll(_state.Areas[done.Area]);
            Advance();
        });
    }

    private void AssignAll(AreaState area)
    {
        foreach (var node in area.Members.Union(_reports.Where(r => r.Key.Area == area.Number && r.Value.Role != AreaRole.None).Select(r => r.Key.Node)))
            Assign(area, node);
    }

    private void Assign(AreaState area, NodeName node)
    {
        if (!_nodes.TryGetValue(node, out var view))
            return;
        var role = _state.Phase == FileSystemPhase.Made ? RoleOf(area, node) : AreaRole.None;
        DataNode(view).Tell(new AssignArea(
            new AreaId(_name, area.Number),
            area.Path,
            area.Image,
            area.BaseEpoch,
            role == AreaRole.None && _state.Phase != FileSystemPhase.Made ? new Epoch(long.MaxValue) : area.Epoch,
            role,
            area.Admitted,
            area.Writer is { } writer ? AddressOf(writer) : null,
            [.. area.Readers.Select(AddressOf).OfType<DataNodeAddress>()]), Self);
    }

    private static AreaRole RoleOf(AreaState area, NodeName node) =>
        area.Writer == node ? AreaRole.Writer : area.Readers.Contains(node) ? AreaRole.Reader : AreaRole.None;

    private DataNodeAddress? AddressOf(NodeName node) => _nodes.TryGetValue(node, out var view) ? new DataNodeAddress(node, view.Address) : null;

    private ActorSelection DataNode(DataNodeView view) => Context.ActorSelection(new RootActorPath(view.Member) / "user" / DataNodeActor.Name);

    // The three detections in one picture.
    private AreaObservation Observe(AreaState area)
    {
        var failures = new Dictionary<NodeName, string>();
        var connections = new Dictionary<NodeName, FenceAddress>();
        foreach (var node in area.Members)
        {
            if (!_nodes.TryGetValue(node, out var view))
                failures[node] = "it is not in the cluster";
            else if (view.Failure is { } failure)
                failures[node] = failure;
        }
        foreach (var ((number, node), problem) in _suspects)
        {
            if (number == area.Number)
                failures.TryAdd(node, problem);
        }
        foreach (var ((number, node), report) in _reports)
        {
            if (number != area.Number || !_nodes.TryGetValue(node, out var view) || view.Incarnation != report.Incarnation)
                continue;
            if (report.Problem is { } problem && area.Members.Contains(node))
                failures.TryAdd(node, problem);
            if (report.Connection is { } connection)
                connections[node] = connection;
        }
        if (area.Writer is { } writer && _reports.TryGetValue((area.Number, writer), out var ofWriter))
        {
            foreach (var lagging in ofWriter.LaggingReaders.Where(area.Readers.Contains))
                failures.TryAdd(lagging, $"{writer} cannot reach it");
        }
        var usable = _nodes.Values
            .Where(n => n.Failure is null && !failures.ContainsKey(n.Node) && !_suspects.ContainsKey((area.Number, n.Node)))
            .Where(n => !_resting.TryGetValue((area.Number, n.Node), out var until) || Monotonic >= until)
            .Select(n => n.Node);
        return new AreaObservation(_services.Settings.Node, [.. usable.OrderBy(n => n.Value, StringComparer.Ordinal)], failures, connections);
    }

    private void AnswerWaiters()
    {
        for (var i = _waiters.Count - 1; i >= 0; i--)
        {
            var waiter = _waiters[i];
            var grant = _state.Areas.TryGetValue(waiter.Area, out var area) && _node.Areas.Keys is { } keys ? Grant(area, waiter.Request, keys) : null;
            if (grant is null && Monotonic < waiter.Until)
                continue;
            _waiters.RemoveAt(i);
            waiter.Asker.Tell(grant ?? (object)new QueryFailed(new OperationError(
                ErrorKind.Unavailable, $"area {waiter.Area} of {_name} has no {(waiter.Request.Write ? "writer" : "data node")} yet")));
        }
    }

    private AccessGranted? Grant(AreaState area, RequestAccess request, TokenKeys keys)
    {
        if (request.Failed is { } failed && _checks.ContainsKey((area.Number, failed.Node)))
            return null;
        var seen = Observe(area);
        bool Serves(NodeName node) => seen.FailureOf(node) is null
            && _reports.TryGetValue((area.Number, node), out var report) && report.Ready && report.Epoch == area.Epoch && report.Role == RoleOf(area, node);
        var writerServes = area is { Admitted: true, Writer: { } writer } && Serves(writer);
        if (request.Write && !writerServes)
            return null;
        // In order: the first address is the writer's (F3).
        var members = area.Members.Where(Serves).Select(AddressOf).OfType<DataNodeAddress>().ToList();
        if (members.Count == 0)
            return null;
        var id = new AreaId(_name, area.Number);
        var scope = request.WholeArea ? area.Path : request.Path;
        var expires = Now + _settings.TokenLifetime;
        string Sign(AccessRight right, DataNodeAddress node) => keys.Sign(new AccessToken(id, scope, right, node.Node, node.Address, area.Epoch, expires), Now);
        return new AccessGranted(
            id,
            area.Path,
            scope,
            area.Epoch,
            writerServes ? area.Writer : null,
            members,
            request.Write ? Sign(AccessRight.Write, members[0]) : null,
            members.ToDictionary(m => m.Node, m => Sign(AccessRight.Read, m)),
            expires);
    }

    private FileSystemView Describe()
    {
        var plan = _state.Plan!;
        AreaReport? Latest(AreaState area) => area.Writer is { } writer ? _reports.GetValueOrDefault((area.Number, writer)) : null;
        return new FileSystemView(
            _name,
            plan.Pool,
            plan.SizeBytes,
            [.. _state.Areas.Values.Select(a => new AreaInfo(a.Number, a.Path, a.Image, a.Writer, a.Readers, a.Epoch))],
            _state.Areas.Values.Sum(a => Latest(a)?.Files ?? 0),
            _state.Areas.Values.Sum(a => Latest(a)?.UsedBytes ?? 0));
    }

    private QueryFailed Missing() => new(_state.Phase switch
    {
        FileSystemPhase.Planned => new OperationError(ErrorKind.Unavailable, $"file system {_name} is being made"),
        FileSystemPhase.Removing => new OperationError(ErrorKind.Unavailable, $"file system {_name} is being removed"),
        _ => new OperationError(ErrorKind.NotFound, $"file system {_name} does not exist", 2),
    });

    private static void Fail(List<IActorRef> askers, OperationError error)
    {
        askers.ForEach(a => a.Tell(new QueryFailed(error)));
        askers.Clear();
    }

    private void PersistEvent(INameNodeEvent happened, Action then)
    {
        _persisting = true;
        Persist(happened, persisted =>
        {
            _persisting = false;
            _state = _state.Apply(persisted);
            then();
            SnapshotWhenDue();
        });
    }

    private sealed record AccessWaiter(RequestAccess Request, IActorRef Asker, int Area, TimeSpan Until);

    private sealed record Tick : INoSerializationVerificationNeeded
    {
        public static Tick Instance { get; } = new();
    }

    private sealed record CheckOver(int Area, NodeName Node) : INoSerializationVerificationNeeded;

    private sealed record WorkDone(INameNodeEvent Step, OperationError? Error) : INoSerializationVerificationNeeded;

    private sealed record AdmissionDone(int Area, Epoch Epoch, OperationError? Error) : INoSerializationVerificationNeeded;
}

/// <summary>Asks a name node to stop, for its shard to move.</summary>
public sealed record StopNameNode;

/// <summary>What the name nodes of a node share.</summary>
/// <param name="DataNode">This node's data node.</param>
/// <param name="Areas">Holds the key of tokens.</param>
/// <param name="Store">The node's connection for records and images.</param>
public sealed record NameNodeContext(IActorRef DataNode, ServedAreas Areas, SharedStore Store);
