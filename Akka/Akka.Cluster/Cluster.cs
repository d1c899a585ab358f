using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote;
using Akka.Util;

namespace Akka.Cluster;

/// <summary>
/// The cluster membership of an actor system whose <c>akka.actor.provider</c> is <c>cluster</c>: join, leave, down, state and events.
/// </summary>
public class Cluster : IExtension
{
    private readonly AtomicBoolean _isTerminated = new(false);
    private readonly IActorRef _clusterDaemons;
    private readonly ILoggingAdapter _log;
    private readonly ConcurrentDictionary<OnceCallback, byte> _onRemoved = new();
    private volatile ClusterEvent.CurrentClusterState _state = new();

    public Cluster(ActorSystemImpl system)
    {
        System = system;
        if (system.Provider is not ClusterActorRefProvider)
            throw new ConfigurationException($"ActorSystem {system} needs to have a 'ClusterActorRefProvider' (akka.actor.provider = cluster), "
                + $"currently uses {system.Provider.GetType().FullName}");
        Settings = new ClusterSettings(system.Settings.Config, system.Name);
        _log = Logging.GetLogger(system, nameof(Cluster));
        SelfUniqueAddress = new UniqueAddress(system.Provider.DefaultAddress, AddressUidExtension.Uid(system));
        SelfRoles = Settings.Roles;
        FailureDetector = new DefaultFailureDetectorRegistry<Address>(
            () => FailureDetectorLoader.Load(Settings.FailureDetectorImplementationClass, Settings.FailureDetectorConfig, system));
        LogInfo("Cluster Node [{0}] - Starting up...", SelfAddress);
        DowningProvider = Akka.Cluster.DowningProvider.Load(Settings.DowningProviderType, system, this);
        _clusterDaemons = system.SystemActorOf(
            Props.Create(() => new ClusterDaemon(this)).WithDispatcher(Settings.UseDispatcher).WithDeploy(Deploy.Local), "cluster");
        system.RegisterOnTermination(Shutdown);
        LogInfo("Cluster Node [{0}] - Started up successfully", SelfAddress);
    }

    public ClusterSettings Settings { get; }

    public UniqueAddress SelfUniqueAddress { get; }

    public Address SelfAddress => SelfUniqueAddress.Address;

    public ImmutableHashSet<string> SelfRoles { get; }

    /// <summary>What this node knows of the cluster right now.</summary>
    public ClusterEvent.CurrentClusterState State => _state;

    /// <summary>This node as a member; with status Removed when it is not one.</summary>
    public Member SelfMember
    {
        get
        {
            foreach (var member in _state.Members)
                if (member.UniqueAddress == SelfUniqueAddress)
                    return member;
            return Member.Create(SelfUniqueAddress, int.MaxValue, MemberStatus.Removed, SelfRoles, Settings.AppVersion);
        }
    }

    /// <summary>The cluster part has been stopped; it cannot be started again in this actor system.</summary>
    public bool IsTerminated => _isTerminated.Value;

    public bool IsUp => SelfMember.Status is MemberStatus.Up or MemberStatus.WeaklyUp;

    public ExtendedActorSystem System { get; }

    public DefaultFailureDetectorRegistry<Address> FailureDetector { get; }

    public IDowningProvider DowningProvider { get; }

    /// <summary>Peers that refused a connection after they had been connected, and have not been heard of since.</summary>
    internal RefusedPeers RefusedPeers { get; } = new();

    public static Cluster Get(ActorSystem system) => system.WithExtension<Cluster, ClusterExtension>();

    /// <summary>Subscribes to events of these types or their subtypes, beginning with a <see cref="ClusterEvent.CurrentClusterState"/>.</summary>
    public void Subscribe(IActorRef subscriber, params Type[] to) =>
        Subscribe(subscriber, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot, to);

    /// <exception cref="ArgumentException">A type is not a cluster event.</exception>
    public void Subscribe(IActorRef subscriber, ClusterEvent.SubscriptionInitialStateMode initialStateMode, params Type[] to)
    {
        if (to.Length == 0) throw new ArgumentException("At least one `IClusterDomainEvent` class is required", nameof(to));
        if (!to.All(t => typeof(ClusterEvent.IClusterDomainEvent).IsAssignableFrom(t)))
            throw new ArgumentException($"Subscribe to `IClusterDomainEvent` or subclasses, was [{string.Join(", ", to.Select(t => t.Name))}]", nameof(to));
        _clusterDaemons.Tell(new InternalClusterAction.Subscribe(subscriber, initialStateMode, [.. to]), ActorRefs.NoSender);
    }

    public void Unsubscribe(IActorRef subscriber) => _clusterDaemons.Tell(new InternalClusterAction.Unsubscribe(subscriber, null), ActorRefs.NoSender);

    public void Unsubscribe(IActorRef subscriber, Type to) =>
        _clusterDaemons.Tell(new InternalClusterAction.Unsubscribe(subscriber, to), ActorRefs.NoSender);

    /// <summary>Sends the receiver one <see cref="ClusterEvent.CurrentClusterState"/>.</summary>
    public void SendCurrentClusterState(IActorRef receiver) =>
        _clusterDaemons.Tell(new InternalClusterAction.SendCurrentClusterState(receiver), ActorRefs.NoSender);

    /// <summary>Joins the cluster that the node at the address belongs to; its own address begins a new cluster.</summary>
    public void Join(Address address) => _clusterDaemons.Tell(new ClusterUserAction.JoinTo(FillLocal(address)), ActorRefs.NoSender);

    /// <summary>As <see cref="Join"/>; completes when this node is up.</summary>
    /// <exception cref="ClusterJoinFailedException">The node was removed, or its cluster part stopped, before it was up.</exception>
    public Task JoinAsync(Address address, CancellationToken token = default) =>
        WhenUp(() => Join(address), $"Node has not managed to join the cluster using provided address: {address}", token);

    /// <summary>Joins through the first of these that answers; when this node is the first of them and none answers, it begins a new cluster.</summary>
    public void JoinSeedNodes(IEnumerable<Address> seedNodes) =>
        _clusterDaemons.Tell(new InternalClusterAction.JoinSeedNodes(seedNodes.Select(FillLocal).ToImmutableList()), ActorRefs.NoSender);

    /// <summary>As <see cref="JoinSeedNodes"/>; completes when this node is up.</summary>
    /// <exception cref="ClusterJoinFailedException">The node was removed, or its cluster part stopped, before it was up.</exception>
    public Task JoinSeedNodesAsync(IEnumerable<Address> seedNodes, CancellationToken token = default)
    {
        var seeds = seedNodes.ToList();
        return WhenUp(() => JoinSeedNodes(seeds), $"Node has not managed to join the cluster using seed nodes: {string.Join(", ", seeds)}", token);
    }

    /// <summary>Asks the member at the address to leave gracefully.</summary>
    public void Leave(Address address) => _clusterDaemons.Tell(new ClusterUserAction.Leave(FillLocal(address)), ActorRefs.NoSender);

    /// <summary>Leaves the cluster; completes when this node was removed.</summary>
    public Task LeaveAsync() => LeaveAsync(CancellationToken.None);

    /// <summary>As <see cref="LeaveAsync()"/>; cancelling ends the waiting, not the leaving.</summary>
    public Task LeaveAsync(CancellationToken cancellationToken)
    {
        if (IsTerminated) return Task.CompletedTask;
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        RegisterOnMemberRemoved(() => left.TrySetResult());
        Leave(SelfAddress);
        return left.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Declares the member at the address dead. It is removed, and cannot come back in its present incarnation.</summary>
    public void Down(Address address) => _clusterDaemons.Tell(new ClusterUserAction.Down(FillLocal(address)), ActorRefs.NoSender);

    /// <summary>Runs the callback once when this node is up, at once when it is already.</summary>
    public void RegisterOnMemberUp(Action callback)
    {
        if (!IsTerminated) _clusterDaemons.Tell(new InternalClusterAction.AddOnMemberUpListener(callback), ActorRefs.NoSender);
    }

    /// <summary>Runs the callback once when this node was removed or its cluster part stopped, at once when that is so already.</summary>
    public void RegisterOnMemberRemoved(Action callback)
    {
        var once = new OnceCallback(callback, this);
        _onRemoved[once] = 0;
        // The listener may never start when the cluster part stops right now; then the callback runs with its end, or here after it.
        if (IsTerminated) once.Run();
        else _clusterDaemons.Tell(new InternalClusterAction.AddOnMemberRemovedListener(once.Run), ActorRefs.NoSender);
    }

    /// <summary>The path under which other nodes know the actor.</summary>
    public ActorPath RemotePathOf(IActorRef actorRef) =>
        actorRef.Path.Address.HasGlobalScope
            ? actorRef.Path
            : new RootActorPath(SelfAddress) / actorRef.Path.Elements;

    /// <summary>The cluster part has stopped: who waits for the removal of this node need not wait any longer.</summary>
    internal void RunRemovedCallbacks()
    {
        foreach (var once in _onRemoved.Keys) once.Run();
    }

    internal void UpdateState(ClusterEvent.CurrentClusterState state) => _state = state;

    /// <summary>Stops the cluster part. Use <see cref="Leave"/> to leave gracefully.</summary>
    internal void Shutdown()
    {
        if (!_isTerminated.CompareAndSet(false, true)) return;
        LogInfo("Cluster Node [{0}] - Shutting down...", SelfAddress);
        System.Stop(_clusterDaemons);
        LogInfo("Cluster Node [{0}] - Successfully shut down", SelfAddress);
    }

    internal void LogInfo<T1>(string format, T1 arg1)
    {
        if (Settings.LogInfo) _log.Info(format, arg1);
    }

    internal void LogInfo<T1, T2>(string format, T1 arg1, T2 arg2)
    {
        if (Settings.LogInfo) _log.Info(format, arg1, arg2);
    }

    internal void LogInfo<T1, T2, T3>(string format, T1 arg1, T2 arg2, T3 arg3)
    {
        if (Settings.LogInfo) _log.Info(format, arg1, arg2, arg3);
    }

    private Address FillLocal(Address address) =>
        address.HasLocalScope && address.System == SelfAddress.System && address.Protocol == SelfAddress.Protocol ? SelfAddress : address;

    private Task WhenUp(Action join, string failure, CancellationToken token)
    {
        if (IsTerminated) return Task.FromException(new ClusterJoinFailedException("Cluster has already been terminated"));
        if (IsUp) return Task.CompletedTask;
        var up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        RegisterOnMemberUp(() => up.TrySetResult());
        RegisterOnMemberRemoved(() => up.TrySetException(new ClusterJoinFailedException(failure)));
        join();
        return up.Task.WaitAsync(token);
    }

    /// <summary>A callback of the application that runs at most once, whoever calls first.</summary>
    private sealed class OnceCallback(Action callback, Cluster cluster)
    {
        private Action? _callback = callback;

        public void Run()
        {
            cluster._onRemoved.TryRemove(this, out _);
            Interlocked.Exchange(ref _callback, null)?.Invoke();
        }
    }
}

/// <summary>Creates the <see cref="Cluster"/> of an actor system.</summary>
public class ClusterExtension : ExtensionIdProvider<Cluster>
{
    public override Cluster CreateExtension(ExtendedActorSystem system) => new((ActorSystemImpl)system);
}
