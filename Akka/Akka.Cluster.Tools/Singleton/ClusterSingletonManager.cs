using Akka.Actor;
using Akka.Configuration;
using Akka.Coordination;
using Akka.Event;

namespace Akka.Cluster.Tools.Singleton;

/// <summary>
/// Runs one instance of an actor in the cluster (or among the members with a role): on the oldest member. To be started on every node.
/// When the oldest leaves, the next one asks it to hand over and starts its instance only when the other has stopped; when the oldest
/// is removed after a crash, the next one starts after the removal margin. With a lease it starts only when that was granted, and
/// stops when it is lost. The lease is given back after the instance has stopped, never before.
/// </summary>
/// <remarks>The states are in .States; this part holds what they have in common.</remarks>
public sealed partial class ClusterSingletonManager : ReceiveActor
{
    /// <summary>How long removed members are remembered.</summary>
    private static readonly TimeSpan RememberRemoved = TimeSpan.FromMinutes(15);

    private readonly Props _singletonProps;
    private readonly object _terminationMessage;
    private readonly ClusterSingletonManagerSettings _settings;
    private readonly Cluster _cluster;
    private readonly UniqueAddress _self;
    private readonly ILoggingAdapter _log;
    private readonly TimeSpan _removalMargin;
    private readonly int _maxHandOverRetries;
    private readonly int _maxTakeOverRetries;
    private readonly Lease? _lease;
    private readonly Dictionary<UniqueAddress, TimeSpan> _removed = [];
    private readonly TaskCompletionSource<Done> _memberExiting = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ClusterSingletonState _state = ClusterSingletonState.Start;
    private IActorRef _oldestChanges = ActorRefs.Nobody;
    private ICancelable? _retryTimer;
    private ICancelable? _cleanupTimer;
    private bool _selfExited;
    private bool _leaseHeld;

    public ClusterSingletonManager(Props singletonProps, object terminationMessage, ClusterSingletonManagerSettings settings)
    {
        SingletonDefaults.Ensure(Context.System);
        _singletonProps = singletonProps;
        _terminationMessage = terminationMessage;
        _settings = settings;
        _log = Context.GetLogger();
        _cluster = Cluster.Get(Context.System);
        _self = _cluster.SelfUniqueAddress;
        if (settings.Role is { } role && !_cluster.SelfRoles.Contains(role))
            throw new ArgumentException($"This cluster member [{_cluster.SelfAddress}] doesn't have the role [{role}]", nameof(settings));
        _removalMargin = settings.RemovalMargin > TimeSpan.Zero ? settings.RemovalMargin : _cluster.DowningProvider.DownRemovalMargin;
        var least = Context.System.Settings.Config.GetInt("akka.cluster.singleton.min-number-of-hand-over-retries", 15);
        if (least < 1) throw new ConfigurationException("min-number-of-hand-over-retries must be >= 1");
        _maxHandOverRetries = Math.Max(least, (int)(_removalMargin / settings.HandOverRetryInterval) + 3);
        _maxTakeOverRetries = Math.Max(1, _maxHandOverRetries - 3);
        if (settings.LeaseSettings is { } usage)
        {
            var leaseName = $"{Context.System.Name}-singleton-{Self.Path}";
            _lease = LeaseProvider.Get(Context.System).GetLease(leaseName, usage.LeaseImplementation, _cluster.SelfAddress.HostPort());
        }
        AddCoordinatedShutdownTasks();
        ReceiveAny(Handle);
    }

    public static Config DefaultConfig() => SingletonDefaults.Config;

    /// <summary>The singleton is stopped with a PoisonPill.</summary>
    public static Props Props(Props singletonProps, ClusterSingletonManagerSettings settings) => Props(singletonProps, PoisonPill.Instance, settings);

    /// <param name="singletonProps">Of the singleton.</param>
    /// <param name="terminationMessage">Asks the singleton to stop itself for a hand-over; the hand-over waits until it has.</param>
    /// <param name="settings">Name, role, times, lease.</param>
    public static Props Props(Props singletonProps, object terminationMessage, ClusterSingletonManagerSettings settings) =>
        Actor.Props.Create(() => new ClusterSingletonManager(singletonProps, terminationMessage, settings))
            .WithDispatcher(Dispatch.Dispatchers.DefaultDispatcherId)
            .WithDeploy(Deploy.Local);

    protected override void PreStart()
    {
        if (_cluster.IsTerminated) throw new ActorInitializationException("Cluster node must not be terminated");
        // The changes of age are collected by a child; here only what ends things.
        _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents,
            typeof(ClusterEvent.MemberRemoved), typeof(ClusterEvent.MemberDowned));
        var (role, considerAppVersion) = (_settings.Role, _settings.ConsiderAppVersion);
        _oldestChanges = Context.ActorOf(
            Actor.Props.Create(() => new OldestChangedBuffer(role, considerAppVersion)).WithDispatcher(Context.Props.Dispatcher));
        _cleanupTimer = Context.System.Scheduler.ScheduleTellRepeatedlyCancelable(
            TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), Self, Cleanup.Instance, Self);
        NextOldestChange();
    }

    protected override void PostStop()
    {
        _retryTimer?.Cancel();
        _cleanupTimer?.Cancel();
        _cluster.Unsubscribe(Self);
        _memberExiting.TrySetResult(Done.Instance);
        // The singleton is a child and has stopped by now.
        ReleaseLease();
    }

    private void Handle(object message)
    {
        var handled = _state switch
        {
            ClusterSingletonState.Start => WhenStart(message),
            ClusterSingletonState.Younger => WhenYounger(message),
            ClusterSingletonState.BecomingOldest => WhenBecomingOldest(message),
            ClusterSingletonState.AcquiringLease => WhenAcquiringLease(message),
            ClusterSingletonState.Oldest => WhenOldest(message),
            ClusterSingletonState.WasOldest => WhenWasOldest(message),
            ClusterSingletonState.HandingOver => WhenHandingOver(message),
            ClusterSingletonState.Stopping => WhenStopping(message),
            _ => false,
        };
        if (!handled && !WhenAny(message)) Unhandled(message);
    }

    private static bool IsFrom(IActorRef sender, UniqueAddress node) => sender.Path.Address == node.Address;

    private bool IsMember(IActorRef sender) => _cluster.IsTerminated || _cluster.State.Members.Any(m => m.Address == sender.Path.Address);

    private void AddCoordinatedShutdownTasks()
    {
        var shutdown = CoordinatedShutdown.Get(Context.System);
        var (cluster, self, exiting) = (_cluster, Self, _memberExiting);
        bool IsGone() => cluster.IsTerminated || cluster.SelfMember.Status is MemberStatus.Down or MemberStatus.Removed;
        shutdown.AddTask(CoordinatedShutdown.PhaseClusterExiting, "wait-singleton-exiting", () => IsGone() ? Task.FromResult(Done.Instance) : exiting.Task);
        shutdown.AddTask(CoordinatedShutdown.PhaseClusterExiting, "singleton-exiting-2", () =>
            IsGone() ? Task.FromResult(Done.Instance) : self.Ask<Done>(SelfExiting.Instance, shutdown.Timeout(CoordinatedShutdown.PhaseClusterExiting)));
    }

    private void GoTo(ClusterSingletonState state)
    {
        _cluster.LogInfo("ClusterSingletonManager state change [{0} -> {1}] [{2}]", _state, state, Self.Path);
        var from = _state;
        _state = state;
        if (from != state)
        {
            _retryTimer?.Cancel();
            _retryTimer = null;
        }
        if (state is ClusterSingletonState.Younger or ClusterSingletonState.Oldest) NextOldestChange();
        if (state is ClusterSingletonState.Younger or ClusterSingletonState.End && _removed.ContainsKey(_self))
        {
            _cluster.LogInfo("Self removed, stopping ClusterSingletonManager [{0}]", Self.Path);
            Context.Stop(Self);
        }
    }

    private void NextOldestChange() => _oldestChanges.Tell(OldestChangedBuffer.GetNext.Instance);

    private ActorSelection Peer(Address at) => Context.ActorSelection(Self.Path.ToStringWithAddress(at));

    private void RetryAfter(TimeSpan after, object message)
    {
        _retryTimer?.Cancel();
        _retryTimer = Context.System.Scheduler.ScheduleTellOnceCancelable(after, Self, message, Self);
    }

    private void AddRemoved(UniqueAddress node) => _removed[node] = Context.System.Scheduler.MonotonicClock + RememberRemoved;

    private void DelayedRemoval(Member member)
    {
        if (_removalMargin <= TimeSpan.Zero)
        {
            Self.Tell(new DelayedMemberRemoved(member));
            return;
        }
        _log.Debug("Schedule DelayedMemberRemoved for [{0}]", member.Address);
        Context.System.Scheduler.ScheduleTellOnce(_removalMargin, Self, new DelayedMemberRemoved(member), Self);
    }

    private void AcquireLease()
    {
        Task<bool> acquired;
        try
        {
            var self = Self;
            acquired = _lease!.Acquire(reason => self.Tell(new LeaseLost(reason)));
        }
        catch (Exception e)
        {
            acquired = Task.FromException<bool>(e);
        }
        acquired.PipeTo(Self, success: ok => new LeaseAnswer(ok, null), failure: e => new LeaseAnswer(false, e));
    }

    private void ReleaseLease()
    {
        if (!_leaseHeld) return;
        _leaseHeld = false;
        _lease!.Release().ContinueWith(
            released => _log.Warning("Lease of singleton could not be released: {0}", released.Exception?.GetBaseException().Message),
            CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    private sealed record HandOverRetry(int Count) : INoSerializationVerificationNeeded;

    private sealed record TakeOverRetry(int Count) : INoSerializationVerificationNeeded;

    private sealed record LeaseRetry : INoSerializationVerificationNeeded;

    private sealed record LeaseAnswer(bool Granted, Exception? Failure) : INoSerializationVerificationNeeded;

    private sealed record LeaseLost(Exception? Reason) : INoSerializationVerificationNeeded;

    private sealed record DelayedMemberRemoved(Member Member) : INoSerializationVerificationNeeded;

    private sealed class Cleanup : INoSerializationVerificationNeeded
    {
        public static readonly Cleanup Instance = new();
    }
}
