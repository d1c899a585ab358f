using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Mooring.Actors.Journal;
using Mooring.Actors.Membership;
using Mooring.Actors.Vip;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Actors.Nodes;

/// <summary>
/// One on every node, at <c>/user/dispatcher</c>: supervises the node's health check, its workers and its reader, hands free workers to
/// volumes, and knows what every node reports of itself.
/// </summary>
public sealed class DispatcherActor : ReceiveActor, IWithTimers
{
    /// <summary>Its name under <c>/user</c>, the same on every node.</summary>
    public const string Name = "dispatcher";

    // A silent owner's lease runs out within one duration.
    private const int StrangeOwnerLeases = 3;

    private readonly MooringServices _services;
    private readonly OwnerStandby _standby;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly WorkerPool _pool;
    private readonly Dictionary<Address, NodeHealthReport> _reports = [];
    private readonly Dictionary<Address, (string Incarnation, int? Uid)> _incarnations = [];
    private readonly HashSet<string> _ended = new(StringComparer.Ordinal);

    // Who was here: as it last reported, whether it left in order, and when it went.
    private readonly Dictionary<NodeName, (NodeHealthReport Report, bool Left, DateTimeOffset At)> _away = [];
    private IActorRef _reader = ActorRefs.Nobody;
    private IReadOnlyList<Drain> _drains = [];
    private bool _leaving;
    private int _workersMade;
    private (NodeName Node, TimeSpan Since)? _strangeOwner;

    /// <summary>Makes the actor.</summary>
    /// <param name="services">The node's services.</param>
    /// <param name="standby">What is made ready when this node may have to own the virtual IP.</param>
    public DispatcherActor(MooringServices services, OwnerStandby standby)
    {
        (_services, _standby) = (services, standby);
        var settings = services.Settings;
        _pool = new WorkerPool(new WorkerPoolLimits(settings.WorkerCount, settings.StandInMax, settings.WorkerSlowAfter, settings.WorkerQueueMax));
        Receive<RequestWorker>(OnRequestWorker);
        Receive<WorkerIdle>(idle =>
        {
            _pool.Free(idle.Worker);
            Serve();
        });
        Receive<ServeAgain>(_ => Serve());
        Receive<Ping>(_ => Sender.Tell(Pong.Instance));
        Receive<IVolumeQuery>(query => _reader.Forward(query));
        Receive<NodeHealthReport>(OnReport);
        Receive<PeerEnded>(ended =>
        {
            // Another may report under that address by now.
            if (_incarnations.TryGetValue(ended.Member.Address, out var known) && known.Uid == ended.Member.Uid)
                _ended.Add(known.Incarnation);
        });
        Receive<GetNodes>(_ => Sender.Tell(new NodesListed([.. ListNodes()])));
        Receive<ClusterEvent.MemberRemoved>(removed =>
        {
            if (_reports.Remove(removed.Member.Address, out var report))
                _away[report.Node] = (report, removed.PreviousStatus == MemberStatus.Exiting, _services.Clock.GetUtcNow());
            TellOwner();
        });
        Receive<ClusterEvent.MemberJoined>(joined => OnOwnStatus(joined.Member));
        Receive<ClusterEvent.MemberUp>(up => OnOwnStatus(up.Member));
        Receive<ClusterEvent.MemberLeft>(left => OnOwnStatus(left.Member));
        Receive<StillOutside>(_ => OnStillOutside());
        Receive<StillInTransition>(_ => OnStillInTransition());
        Receive<LinkFailed>(failed => BeginAnew($"the link to the block store has been down for {failed.Since} ({failed.Detail})", Departure.Leave));
        Receive<CutOff>(cut => BeginAnew($"{cut.Lost} of {cut.Counted} nodes cannot be reached, or have given this one up", Departure.Down));
        Receive<PartMissing>(missing => BeginAnew($"{missing.Path} of this node has ended", Departure.Down));
        Receive<JournalShutOut>(_ => BeginAnew("this node's journal has been shut out of the block store", Departure.Down));
        Receive<LeaseHeldBy>(OnLeaseHeldBy);
        Receive<DrainsKnown>(OnDrains);
        Receive<INodeOrder>(order => Context.Child(NodeOrdersActor.Name).Forward(order));
        Receive<LeaveForOther>(OnLeaveForOther);
        Receive<Terminated>(OnTerminated);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private bool IsDrained => _drains.Any(drain => drain.Node == _services.Settings.Node);

    /// <summary>How to make one.</summary>
    /// <param name="services">The node's services.</param>
    /// <param name="standby">What is made ready when this node may have to own the virtual IP.</param>
    /// <returns>The recipe.</returns>
    public static Props Props(MooringServices services, OwnerStandby standby) => Akka.Actor.Props.Create(() => new DispatcherActor(services, standby));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        _cluster.Subscribe(
            Self,
            ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents,
            typeof(ClusterEvent.MemberJoined),
            typeof(ClusterEvent.MemberUp),
            typeof(ClusterEvent.MemberLeft),
            typeof(ClusterEvent.MemberRemoved));
        Context.System.EventStream.Subscribe(Self, typeof(JournalShutOut));
        StartOutsideTimer();
        Context.Watch(Context.ActorOf(NodeHealthActor.Props(_services), NodeHealthActor.Name));
        Context.Watch(Context.ActorOf(JoinActor.Props(_services), JoinActor.Name));
        Context.Watch(Context.ActorOf(OwnPartsActor.Props(_services.Settings.PartMissingMax), OwnPartsActor.Name));
        Context.Watch(Context.ActorOf(PeerWatchActor.Props(_services.ProbePeer), PeerWatchActor.Name));
        Context.Watch(Context.ActorOf(OneWriterActor.Props(), OneWriterActor.Name));
        Context.Watch(Context.ActorOf(WatchAgainActor.Props(), WatchAgainActor.Name));
        Context.Watch(Context.ActorOf(StandbyActor.Props(_standby), StandbyActor.Name));
        Context.Watch(Context.ActorOf(NodeOrdersActor.Props(_services), NodeOrdersActor.Name));
        _reader = Context.Watch(Context.ActorOf(VolumeReaderActor.Props(_services), "reader"));
        while (_workersMade < _services.Settings.WorkerCount)
            MakeWorker();
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        Context.System.EventStream.Unsubscribe(Self);
    }

    // A child that fails starts again; one that fails over and over ends, and the dispatcher starts again with all of them.
    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() =>
        new OneForOneStrategy(maxNrOfRetries: 10, withinTimeRange: TimeSpan.FromMinutes(1), Decider.From(Directive.Restart));

    private void OnRequestWorker(RequestWorker request)
    {
        if (!_pool.Enqueue(request, Sender))
        {
            Sender.Tell(new WorkerRefused(request.Operation, new OperationError(
                ErrorKind.Overloaded, $"{_pool.WaitingCount} operations wait for a worker of {_services.Settings.Node}")));
            return;
        }
        Context.Watch(Sender);
        Serve();
    }

    private void Serve()
    {
        var now = Context.System.Scheduler.MonotonicClock;
        while (_pool.Assign(now) is var (worker, request, asker))
        {
            Context.Unwatch(asker);
            worker.Tell(request, asker);
        }
        while (_pool.NeedsStandIn(now))
            _pool.Hire(MakeWorker(), now);
        while (_pool.Dismiss(now) is { } dismissed)
        {
            Context.Unwatch(dismissed);
            Context.Stop(dismissed);
        }
        // Those that work may come to take long while others wait.
        if (_pool.WaitingCount > 0 && !Timers.IsTimerActive(ServeAgain.Instance))
            Timers.StartSingleTimer(ServeAgain.Instance, ServeAgain.Instance, _services.Settings.WorkerSlowAfter);
    }

    private IActorRef MakeWorker()
    {
        var slot = _workersMade++;
        return Context.Watch(Context.ActorOf(RbdWorkerActor.Props(_services, slot), $"worker-{slot}"));
    }

    private void OnTerminated(Terminated terminated)
    {
        if (terminated.ActorRef.Path.Parent.Equals(Self.Path))
            throw new InvalidOperationException($"{terminated.ActorRef.Path.Name} of this node has ended");
        _pool.Forget(terminated.ActorRef);
    }

    // One that reports under the address of another has taken its place: a process must end before another can listen there.
    private void OnReport(NodeHealthReport report)
    {
        var from = ReporterAddress();
        if (_incarnations.TryGetValue(from, out var before) && before.Incarnation != report.Incarnation)
        {
            // It was on its way for long.
            if (_ended.Contains(report.Incarnation))
                return;
            _ended.Add(before.Incarnation);
        }
        // Who is heard of for the first time hears of this node, whatever gets lost of what is reported later: connections to a node that has just
        // come back are still being replaced.
        if (before.Incarnation != report.Incarnation && from != _cluster.SelfAddress && _reports.TryGetValue(_cluster.SelfAddress, out var own))
            Context.ActorSelection(new RootActorPath(from) / "user" / Name).Tell(own);
        (_reports[from], _incarnations[from]) = (report, (report.Incarnation, report.Uid));
        _away.Remove(report.Node);
        TellOwner();
    }

    private void TellOwner() =>
        Context.Child(JoinActor.Name).Tell(new OwnerSeen(_reports.Values.Select(r => r.VipEpoch).OfType<Epoch>().OrderByDescending(e => e.Value).Cast<Epoch?>().FirstOrDefault()));

    private void BeginAnew(string detail, Departure how)
    {
        if (how == Departure.HandOver)
            _log.Info("this node leaves, and begins anew: {0}", detail);
        else
            _log.Error("{0}: this node must begin anew", detail);
        _services.BeginAnew(Context.System, new BeginAnewCause(detail, how));
    }

    private void OnDrains(DrainsKnown known)
    {
        var resumed = IsDrained;
        _drains = known.Items;
        if (resumed && !IsDrained && Timers.IsTimerActive(StillOutside.Instance))
            StartOutsideTimer();
        Context.Child(JoinActor.Name).Tell(known);
        // A service that joins by means of its own would join again at once.
        if (_leaving || _services.Seeds.Count == 0 || _cluster.SelfMember.Status == MemberStatus.Removed || !IsDrained)
            return;
        _leaving = true;
        BeginAnew("it is to carry nothing any more", Departure.HandOver);
    }

    // Only for one that can take its place by now: it may have gone meanwhile, or be the older one.
    private void OnLeaveForOther(LeaveForOther leave)
    {
        var state = _cluster.State;
        if (ListNodes().FirstOrDefault(n => n.Name == leave.Other.Value) is { } other && NodeOrders.Serves(other)
            && state.Members.Any(m => m.Address.ToString() == other.Member && _cluster.SelfMember.IsOlderThan(m)))
        {
            BeginAnew($"{leave.Other} is to own the virtual IP", Departure.HandOver);
        }
        else
        {
            _log.Warning("this node stays: {0}, which is to own the virtual IP, cannot, or does without", leave.Other);
        }
    }

    private void OnOwnStatus(Member member)
    {
        if (member.UniqueAddress != _cluster.SelfUniqueAddress)
            return;
        Timers.Cancel(StillOutside.Instance);
        if (member.Status == MemberStatus.Up)
            Timers.Cancel(StillInTransition.Instance);
        else
            Timers.StartSingleTimer(StillInTransition.Instance, StillInTransition.Instance, _services.Settings.TransitionMax);
    }

    private void StartOutsideTimer()
    {
        if (_cluster.Settings.ShutdownAfterUnsuccessfulJoinSeedNodes is { } limit)
            Timers.StartSingleTimer(StillOutside.Instance, StillOutside.Instance, limit);
    }

    // Akka.NET ends a node that nobody lets in after the same time, but by the time of day, and goes by that when it asks again, too: set back
    // meanwhile, it would do neither for as long as that (docs/akka-net.md).
    private void OnStillOutside()
    {
        if (IsDrained)
            StartOutsideTimer();
        else
            BeginAnew($"nobody has let this node into the cluster for {_cluster.Settings.ShutdownAfterUnsuccessfulJoinSeedNodes}", Departure.Down);
    }

    // The member that took this node in may have died before any other had heard of it: to those it is a stranger for good, whatever it
    // sends them. To leave takes the consent of all, and one that is known here may have ended, or have another cluster by now. Down it ends
    // by itself, and a new incarnation asks to be let in.
    private void OnStillInTransition() =>
        BeginAnew($"this node has been {_cluster.SelfMember.Status.ToString().ToLowerInvariant()} for {_services.Settings.TransitionMax}", Departure.Down);

    // An owner that goes on renewing its lease and is no member here belongs to another cluster: membership has come apart, and each part
    // takes the other for dead. The block store says which one lives; this node ends, and its new incarnation joins that. To leave would take
    // the consent of all members here, and one of them may be a stranger's, which took its place there and never answers.
    private void OnLeaseHeldBy(LeaseHeldBy held)
    {
        var (now, node) = (Context.System.Scheduler.MonotonicClock, held.Holder.Node);
        if (HasEnded(held.Holder))
        {
            Sender.Tell(new HolderEnded(held.Holder));
            return;
        }
        if (node == _services.Settings.Node || ListNodes().Any(n => n.Member is not null && n.Name == node.Value))
        {
            _strangeOwner = null;
            return;
        }
        if (_strangeOwner is not { } strange || strange.Node != node)
        {
            _strangeOwner = (node, now);
            return;
        }
        if (now - strange.Since < StrangeOwnerLeases * _services.Settings.LeaseDuration)
            return;
        _strangeOwner = null;
        BeginAnew($"{node} owns the virtual IP and is no member of this node's cluster", Departure.Down);
    }

    // An earlier start of this very node has ended, or this one could not listen on its address.
    private bool HasEnded(LeaseHolder holder) =>
        holder.Incarnation != _services.Incarnation && (holder.Node == _services.Settings.Node || _ended.Contains(holder.Incarnation));

    private IEnumerable<NodeView> ListNodes()
    {
        var state = _cluster.State;
        var known = new HashSet<string>();
        foreach (var member in state.Members.OrderBy(m => m.Address.ToString(), StringComparer.Ordinal))
        {
            var report = _reports.GetValueOrDefault(member.Address);
            var condition = state.Unreachable.Contains(member) ? NodeStates.Unreachable : member.Status switch
            {
                MemberStatus.Joining or MemberStatus.WeaklyUp => NodeStates.Joining,
                MemberStatus.Up when _drains.Any(drain => drain.Node == report?.Node) => NodeStates.Draining,
                MemberStatus.Up => NodeStates.Up,
                MemberStatus.Leaving or MemberStatus.Exiting => NodeStates.Leaving,
                _ => NodeStates.Down,
            };
            var name = report?.Node.Value ?? member.Address.ToString();
            known.Add(name);
            yield return new NodeView(
                name,
                report?.Address ?? $"{member.Address.Host}:{member.Address.Port}",
                condition,
                report,
                report?.VipEpoch is not null && condition is (NodeStates.Up or NodeStates.Draining))
            {
                Member = member.Address.ToString(),
            };
        }
        // Who is no member knows of nobody but itself.
        var isMember = state.Members.Any(m => m.UniqueAddress == _cluster.SelfUniqueAddress);
        foreach (var (node, (report, left, at)) in _away.Where(away => !known.Contains(away.Key.Value) && _drains.All(drain => drain.Node != away.Key)))
        {
            var why = left ? "it has left" : _ended.Contains(report.Incarnation) ? "its process has ended" : "it was out of reach, and was removed";
            yield return new NodeView(node.Value, report.Address, NodeStates.Away, null, false) { Away = $"{why}, since {at.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}" };
        }
        foreach (var drain in _drains.Where(drain => !known.Contains(drain.Node.Value) && (isMember || drain.Node == _services.Settings.Node)))
            yield return new NodeView(drain.Node.Value, drain.Address, NodeStates.Drained, null, false);
    }

    private Address ReporterAddress() => Sender.Path.Address.HasGlobalScope ? Sender.Path.Address : _cluster.SelfAddress;

    private sealed record ServeAgain : INoSerializationVerificationNeeded
    {
        public static ServeAgain Instance { get; } = new();
    }

    private sealed record StillOutside : INoSerializationVerificationNeeded
    {
        public static StillOutside Instance { get; } = new();
    }

    private sealed record StillInTransition : INoSerializationVerificationNeeded
    {
        public static StillInTransition Instance { get; } = new();
    }
}

/// <summary>The node's link to the block store has been down for too long.</summary>
/// <param name="Since">For how long.</param>
/// <param name="Detail">What the last probe said.</param>
internal sealed record LinkFailed(TimeSpan Since, string Detail) : INoSerializationVerificationNeeded;

/// <summary>The owner's singleton of this node's cluster cannot have the lease.</summary>
/// <param name="Holder">Who has it.</param>
internal sealed record LeaseHeldBy(LeaseHolder Holder) : INoSerializationVerificationNeeded;

/// <summary>The answer when the holder's process is known to have ended: its lease need not be waited for.</summary>
/// <param name="Holder">Who had it.</param>
internal sealed record HolderEnded(LeaseHolder Holder) : INoSerializationVerificationNeeded;
