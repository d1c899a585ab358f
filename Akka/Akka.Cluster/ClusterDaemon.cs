using Akka.Actor;
using Akka.Event;

namespace Akka.Cluster;

/// <summary>
/// /system/cluster: the entry for local commands, which it passes on to the core daemon, and the tie to coordinated shutdown.
/// </summary>
internal sealed class ClusterDaemon : ActorBase
{
    private readonly Cluster _cluster;
    private readonly TaskCompletionSource<Done> _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CoordinatedShutdown _shutdown;
    private IActorRef _core = ActorRefs.Nobody;

    public ClusterDaemon(Cluster cluster)
    {
        _cluster = cluster;
        _shutdown = CoordinatedShutdown.Get(Context.System);
        var self = Self;
        _shutdown.AddTask(CoordinatedShutdown.PhaseClusterLeave, "leave", () =>
            cluster.IsTerminated || cluster.SelfMember.Status is MemberStatus.Down or MemberStatus.Removed
                ? Task.FromResult(Done.Instance)
                : self.Ask<Done>(CoordinatedShutdownLeave.LeaveReq.Instance, _shutdown.Timeout(CoordinatedShutdown.PhaseClusterLeave)));
        _shutdown.AddTask(CoordinatedShutdown.PhaseClusterShutdown, "wait-shutdown", () => _stopped.Task);
    }

    protected override void PreStart()
    {
        _core = Context.ActorOf(
            Props.Create(() => new ClusterCoreSupervisor(_cluster)).WithDispatcher(Context.Props.Dispatcher), "core");
        Context.ActorOf(
            Props.Create(() => new ClusterHeartbeatReceiver(_cluster)).WithDispatcher(Context.Props.Dispatcher), "heartbeatReceiver");
    }

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case InternalClusterAction.AddOnMemberUpListener add:
                Listen(add.Callback, MemberStatus.Up);
                return true;
            case InternalClusterAction.AddOnMemberRemovedListener add:
                Listen(add.Callback, MemberStatus.Removed);
                return true;
            case CoordinatedShutdownLeave.LeaveReq:
                // Answers the sender when this node is at least leaving.
                Context.ActorOf(Props.Create(() => new CoordinatedShutdownLeave(_cluster)).WithDispatcher(Context.Props.Dispatcher)).Forward(message);
                return true;
            default:
                _core.Forward(message);
                return true;
        }
    }

    protected override void PostStop()
    {
        _stopped.TrySetResult(Done.Instance);
        try
        {
            _cluster.RunRemovedCallbacks();
        }
        catch (Exception e)
        {
            // A failing callback of the application must not keep this node from shutting down.
            Logging.GetLogger(_cluster.System, nameof(Cluster)).Error(e, "[Removed] callback failed with [{0}]", e.Message);
        }
        // When this node left gracefully, coordinated shutdown runs already and this changes nothing.
        if (_cluster.Settings.RunCoordinatedShutdownWhenDown) _ = _shutdown.Run(CoordinatedShutdown.ClusterDowningReason.Instance);
    }

    private void Listen(Action callback, MemberStatus status) =>
        Context.ActorOf(Props.Create(() => new OnMemberStatusChangedListener(_cluster, callback, status)).WithDispatcher(Context.Props.Dispatcher));
}

/// <summary>/system/cluster/core: when the core daemon fails, the node's cluster part stops, for its state cannot be restarted.</summary>
internal sealed class ClusterCoreSupervisor : ActorBase
{
    private readonly Cluster _cluster;
    private IActorRef _daemon = ActorRefs.Nobody;

    public ClusterCoreSupervisor(Cluster cluster) => _cluster = cluster;

    protected override void PreStart()
    {
        var publisher = Context.ActorOf(
            Props.Create(() => new ClusterDomainEventPublisher(_cluster)).WithDispatcher(Context.Props.Dispatcher), "publisher");
        _daemon = Context.ActorOf(
            Props.Create(() => new ClusterCoreDaemon(_cluster, publisher)).WithDispatcher(Context.Props.Dispatcher), "daemon");
    }

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(cause =>
    {
        Logging.GetLogger(_cluster.System, nameof(Cluster)).Error(cause, "Cluster node [{0}] crashed, [{1}]", _cluster.SelfAddress, cause.Message);
        Self.Tell(PoisonPill.Instance);
        return Directive.Stop;
    });

    protected override bool Receive(object message)
    {
        _daemon.Forward(message);
        return true;
    }

    protected override void PostStop() => _cluster.Shutdown();
}

/// <summary>Asks to leave on behalf of coordinated shutdown and answers when this node is on its way out.</summary>
internal sealed class CoordinatedShutdownLeave : ActorBase
{
    private readonly Cluster _cluster;
    private IActorRef _replyTo = ActorRefs.Nobody;

    public CoordinatedShutdownLeave(Cluster cluster) => _cluster = cluster;

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case LeaveReq:
                _replyTo = Sender;
                _cluster.Subscribe(Self, typeof(ClusterEvent.MemberLeft), typeof(ClusterEvent.MemberExited),
                    typeof(ClusterEvent.MemberDowned), typeof(ClusterEvent.MemberRemoved));
                _cluster.Leave(_cluster.SelfAddress);
                return true;
            case ClusterEvent.CurrentClusterState state:
                var self = state.Members.FirstOrDefault(m => m.UniqueAddress == _cluster.SelfUniqueAddress);
                if (self is null or { Status: MemberStatus.Leaving or MemberStatus.Exiting or MemberStatus.Down }) Finish();
                return true;
            case ClusterEvent.IMemberEvent e:
                if (e.Member.UniqueAddress == _cluster.SelfUniqueAddress) Finish();
                return true;
            default:
                return false;
        }
    }

    private void Finish()
    {
        _replyTo.Tell(Done.Instance);
        Context.Stop(Self);
    }

    internal sealed class LeaveReq
    {
        public static readonly LeaveReq Instance = new();
    }
}

/// <summary>Runs a callback once when this node has come to a status; for Removed also when the cluster part stops.</summary>
internal sealed class OnMemberStatusChangedListener : ActorBase
{
    private readonly Cluster _cluster;
    private readonly MemberStatus _status;
    private Action? _callback;

    public OnMemberStatusChangedListener(Cluster cluster, Action callback, MemberStatus status)
    {
        _cluster = cluster;
        _callback = callback;
        _status = status;
    }

    protected override void PreStart() =>
        _cluster.Subscribe(Self, _status == MemberStatus.Up ? typeof(ClusterEvent.MemberUp) : typeof(ClusterEvent.MemberRemoved));

    protected override void PostStop()
    {
        if (_status == MemberStatus.Removed) RunOnce();
        _cluster.Unsubscribe(Self);
    }

    protected override bool Receive(object message)
    {
        var reached = message switch
        {
            ClusterEvent.CurrentClusterState state => state.Members.Any(IsReached),
            ClusterEvent.IMemberEvent e => IsReached(e.Member),
            _ => false,
        };
        if (reached)
        {
            RunOnce();
            Context.Stop(Self);
        }
        return true;
    }

    private bool IsReached(Member member) => member.UniqueAddress == _cluster.SelfUniqueAddress && member.Status == _status;

    private void RunOnce()
    {
        var callback = Interlocked.Exchange(ref _callback, null);
        if (callback is null) return;
        try
        {
            callback();
        }
        catch (Exception e)
        {
            // A failing callback of the application must not take the cluster down.
            Logging.GetLogger(_cluster.System, nameof(Cluster)).Error(e, "[{0}] callback failed with [{1}]", _status, e.Message);
        }
    }
}
