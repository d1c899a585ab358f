using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Remote;

/// <summary>
/// Watches on behalf of all local actors that watch remote ones: one heartbeat to each node with watched actors, and when a node is
/// unreachable, or its process is gone, the whole address is terminated and quarantined.
/// </summary>
public class RemoteWatcher : UntypedActor, IRequiresMessageQueue<IUnboundedMessageQueueSemantics>
{
    /// <summary>The local watchers of each remote actor.</summary>
    protected readonly Dictionary<IInternalActorRef, HashSet<IInternalActorRef>> Watching = [];

    /// <summary>The watched actors of each node.</summary>
    protected readonly Dictionary<Address, HashSet<IInternalActorRef>> WatcheeByNodes = [];

    /// <summary>The log.</summary>
    protected readonly ILoggingAdapter Log = Context.GetLogger();

    private readonly IFailureDetectorRegistry<Address> _failureDetector;
    private readonly TimeSpan _heartbeatExpectedResponseAfter;
    private readonly RemoteActorRefProvider _provider;
    private readonly Dictionary<Address, int> _addressUids = [];
    private readonly ICancelable _heartbeats;
    private readonly ICancelable _reaper;
    private readonly HeartbeatRsp _heartbeatRsp;

    /// <summary>A watcher with the given timing.</summary>
    public RemoteWatcher(
        IFailureDetectorRegistry<Address> failureDetector,
        TimeSpan heartbeatInterval,
        TimeSpan unreachableReaperInterval,
        TimeSpan heartbeatExpectedResponseAfter)
    {
        _failureDetector = failureDetector;
        _heartbeatExpectedResponseAfter = heartbeatExpectedResponseAfter;
        _provider = (Context.System as ExtendedActorSystem)?.Provider as RemoteActorRefProvider
            ?? throw new ConfigurationException("RemoteWatcher needs a remote actor reference provider");
        _heartbeatRsp = new HeartbeatRsp(AddressUidExtension.Uid(Context.System));
        _heartbeats = Context.System.Scheduler.ScheduleTellRepeatedlyCancelable(heartbeatInterval, heartbeatInterval, Self, HeartbeatTick.Instance, Self);
        _reaper = Context.System.Scheduler.ScheduleTellRepeatedlyCancelable(
            unreachableReaperInterval, unreachableReaperInterval, Self, ReapUnreachableTick.Instance, Self);
        Context.System.EventStream.Subscribe(Self, typeof(PeerConnectionRefused));
    }

    /// <summary>The nodes with watched actors.</summary>
    protected ICollection<Address> WatchingNodes => WatcheeByNodes.Keys;

    /// <summary>The nodes that were found to be unreachable.</summary>
    protected HashSet<Address> Unreachable { get; } = [];

    /// <summary>Props of a watcher with the given timing.</summary>
    public static Props Props(
        IFailureDetectorRegistry<Address> failureDetector,
        TimeSpan heartbeatInterval,
        TimeSpan unreachableReaperInterval,
        TimeSpan heartbeatExpectedResponseAfter) =>
        Actor.Props.Create(() => new RemoteWatcher(failureDetector, heartbeatInterval, unreachableReaperInterval, heartbeatExpectedResponseAfter))
            .WithDeploy(Deploy.Local);

    /// <inheritdoc />
    protected override void PostStop()
    {
        _heartbeats.Cancel();
        _reaper.Cancel();
        Context.System.EventStream.Unsubscribe(Self);
        base.PostStop();
    }

    /// <inheritdoc />
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case HeartbeatTick:
                SendHeartbeats();
                break;
            case Heartbeat:
                Sender.Tell(_heartbeatRsp);
                break;
            case HeartbeatRsp rsp:
                ReceiveHeartbeatRsp(rsp.AddressUid);
                break;
            case ReapUnreachableTick:
                ReapUnreachable();
                break;
            case ExpectedFirstHeartbeat expected:
                TriggerFirstHeartbeat(expected.From);
                break;
            case WatchRemote watch:
                AddWatching(watch.Watchee, watch.Watcher);
                break;
            case UnwatchRemote unwatch:
                RemoveWatch(unwatch.Watchee, unwatch.Watcher);
                break;
            case Terminated terminated:
                ProcessTerminated((IInternalActorRef)terminated.ActorRef, terminated.ExistenceConfirmed, terminated.AddressTerminated);
                break;
            case PeerConnectionRefused refused:
                ProcessRefused(refused);
                break;
            case Stats:
                Sender.Tell(CurrentStats());
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>Tells everybody who watches an actor of the address that it is gone.</summary>
    protected virtual void PublishAddressTerminated(Address address) => AddressTerminatedTopic.Get(Context.System).Publish(new AddressTerminated(address));

    /// <summary>Ends all communication with the incarnation.</summary>
    protected virtual void Quarantine(Address address, int? addressUid) => _provider.Quarantine(address, addressUid);

    /// <summary>The watcher wants to know when the watchee stops.</summary>
    protected void AddWatching(IInternalActorRef watchee, IInternalActorRef watcher)
    {
        if (watcher.Equals(Self))
            throw new InvalidOperationException("The remote watcher cannot be its own client");
        Log.Debug("Watching: [{0} -> {1}]", watcher, watchee);
        if (!Watching.TryGetValue(watchee, out var watchers))
            Watching[watchee] = watchers = [];
        watchers.Add(watcher);
        WatchNode(watchee);
        Context.Watch(watchee); // sends the Watch itself, once
    }

    /// <summary>Starts to observe the node of the watchee.</summary>
    protected virtual void WatchNode(IInternalActorRef watchee)
    {
        var address = watchee.Path.Address;
        if (!WatcheeByNodes.ContainsKey(address) && Unreachable.Remove(address))
            _failureDetector.Remove(address); // the first watch after the node was unreachable
        if (!WatcheeByNodes.TryGetValue(address, out var watchees))
            WatcheeByNodes[address] = watchees = [];
        watchees.Add(watchee);
    }

    /// <summary>The watcher does not want to know any more.</summary>
    protected void RemoveWatch(IInternalActorRef watchee, IInternalActorRef watcher)
    {
        Log.Debug("Unwatching: [{0} -> {1}]", watcher, watchee);
        if (!Watching.TryGetValue(watchee, out var watchers))
            return;
        watchers.Remove(watcher);
        if (watchers.Count > 0)
            return;
        Context.Unwatch(watchee);
        RemoveWatchee(watchee);
    }

    /// <summary>Nobody watches the watchee any more.</summary>
    protected void RemoveWatchee(IInternalActorRef watchee)
    {
        var address = watchee.Path.Address;
        Watching.Remove(watchee);
        if (!WatcheeByNodes.TryGetValue(address, out var watchees))
            return;
        watchees.Remove(watchee);
        if (watchees.Count == 0)
            UnwatchNode(address);
    }

    /// <summary>No actor of the node is watched any more.</summary>
    protected void UnwatchNode(Address watcheeAddress)
    {
        WatcheeByNodes.Remove(watcheeAddress);
        _addressUids.Remove(watcheeAddress);
        _failureDetector.Remove(watcheeAddress);
    }

    private void SendHeartbeats()
    {
        foreach (var address in WatchingNodes)
        {
            if (Unreachable.Contains(address))
                continue;
            if (!_failureDetector.IsMonitoring(address))
            {
                Context.System.Scheduler.ScheduleTellOnce(_heartbeatExpectedResponseAfter, Self, new ExpectedFirstHeartbeat(address), Self);
            }

            PeerWatcher(address).Tell(Heartbeat.Instance, Self);
        }
    }

    private IActorRef PeerWatcher(Address address) => _provider.ResolveActorRef(new RootActorPath(address) / "system" / Self.Path.Name);

    private void ReceiveHeartbeatRsp(int uid)
    {
        var from = Sender.Path.Address;
        if (!WatcheeByNodes.ContainsKey(from) || Unreachable.Contains(from))
            return;
        if (!_addressUids.TryGetValue(from, out var known) || known != uid)
            ReWatch(from);
        _addressUids[from] = uid;
        _failureDetector.Heartbeat(from);
    }

    // A new incarnation does not know who watched the old one; it answers for actors that it does not have.
    private void ReWatch(Address address)
    {
        foreach (var watchee in WatcheeByNodes[address])
            watchee.SendSystemMessage(new Watch(watchee, (IInternalActorRef)Self));
    }

    private void TriggerFirstHeartbeat(Address address)
    {
        if (WatcheeByNodes.ContainsKey(address) && !_failureDetector.IsMonitoring(address))
            _failureDetector.Heartbeat(address);
    }

    private void ReapUnreachable()
    {
        foreach (var address in WatchingNodes.ToList())
        {
            if (!Unreachable.Contains(address) && !_failureDetector.IsAvailable(address))
                MarkUnreachable(address, "does not answer heartbeats");
        }
    }

    private void ProcessRefused(PeerConnectionRefused refused)
    {
        if (!WatcheeByNodes.ContainsKey(refused.Address) || Unreachable.Contains(refused.Address))
            return;
        _addressUids.TryAdd(refused.Address, (int)refused.Uid);
        if (_addressUids[refused.Address] == refused.Uid)
            MarkUnreachable(refused.Address, "refuses connections, its process is gone");
    }

    private void MarkUnreachable(Address address, string why)
    {
        Log.Warning("Detected unreachable: [{0}], it {1}", address, why);
        Quarantine(address, _addressUids.TryGetValue(address, out var uid) ? uid : null);
        Unreachable.Add(address);
        PublishAddressTerminated(address);
    }

    private void ProcessTerminated(IInternalActorRef watchee, bool existenceConfirmed, bool addressTerminated)
    {
        Log.Debug("Watchee terminated: [{0}]", watchee.Path);

        // When the address is terminated, each watcher has heard of it by itself.
        if (!addressTerminated && Watching.TryGetValue(watchee, out var watchers))
        {
            foreach (var watcher in watchers)
                watcher.SendSystemMessage(new DeathWatchNotification(watchee, existenceConfirmed, addressTerminated));
        }

        RemoveWatchee(watchee);
    }

    private Stats CurrentStats() =>
        new(
            Watching.Sum(pair => pair.Value.Count),
            WatchingNodes.Count,
            [.. Watching.SelectMany(pair => pair.Value.Select(watcher => ((IActorRef)pair.Key, (IActorRef)watcher)))],
            [.. WatchingNodes]);

    /// <summary>A watch or its end.</summary>
    public abstract class WatchCommand
    {
        /// <summary>Who watches whom.</summary>
        protected WatchCommand(IInternalActorRef watchee, IInternalActorRef watcher)
        {
            Watchee = watchee;
            Watcher = watcher;
        }

        /// <summary>Who is watched.</summary>
        public IInternalActorRef Watchee { get; }

        /// <summary>Who watches.</summary>
        public IInternalActorRef Watcher { get; }
    }

    /// <summary>Watch a remote actor.</summary>
    public sealed class WatchRemote(IInternalActorRef watchee, IInternalActorRef watcher) : WatchCommand(watchee, watcher);

    /// <summary>Watch a remote actor no longer.</summary>
    public sealed class UnwatchRemote(IInternalActorRef watchee, IInternalActorRef watcher) : WatchCommand(watchee, watcher);

    /// <summary>Are you there?</summary>
    public sealed class Heartbeat : IPriorityMessage
    {
        private Heartbeat()
        {
        }

        /// <summary>The question.</summary>
        public static Heartbeat Instance { get; } = new();
    }

    /// <summary>I am here, in this incarnation.</summary>
    public class HeartbeatRsp(int addressUid) : IPriorityMessage
    {
        /// <summary>The incarnation.</summary>
        public int AddressUid { get; } = addressUid;

        /// <inheritdoc />
        public override bool Equals(object? obj) => obj is HeartbeatRsp other && other.AddressUid == AddressUid;

        /// <inheritdoc />
        public override int GetHashCode() => AddressUid;
    }

    /// <summary>Time to ask all nodes.</summary>
    public class HeartbeatTick
    {
        private HeartbeatTick()
        {
        }

        /// <summary>The tick.</summary>
        public static HeartbeatTick Instance { get; } = new();
    }

    /// <summary>Time to look for nodes that do not answer.</summary>
    public class ReapUnreachableTick
    {
        private ReapUnreachableTick()
        {
        }

        /// <summary>The tick.</summary>
        public static ReapUnreachableTick Instance { get; } = new();
    }

    /// <summary>The node should have answered for the first time by now.</summary>
    public sealed class ExpectedFirstHeartbeat(Address from)
    {
        /// <summary>The node.</summary>
        public Address From { get; } = from;
    }

    /// <summary>Who watches whom; also the question for it.</summary>
    public sealed class Stats
    {
        /// <summary>Nobody watches.</summary>
        public static Stats Empty = Counts(0, 0);

        /// <summary>Counts only.</summary>
        public Stats(int watching, int watchingNodes)
            : this(watching, watchingNodes, [], [])
        {
        }

        /// <summary>Counts and details.</summary>
        public Stats(int watching, int watchingNodes, ImmutableHashSet<(IActorRef, IActorRef)> watchingRefs, ImmutableHashSet<Address> watchingAddresses)
        {
            Watching = watching;
            WatchingNodes = watchingNodes;
            WatchingRefs = watchingRefs;
            WatchingAddresses = watchingAddresses;
        }

        /// <summary>The number of pairs.</summary>
        public int Watching { get; }

        /// <summary>The number of nodes.</summary>
        public int WatchingNodes { get; }

        /// <summary>The pairs: watchee, watcher.</summary>
        public ImmutableHashSet<(IActorRef, IActorRef)> WatchingRefs { get; }

        /// <summary>The nodes.</summary>
        public ImmutableHashSet<Address> WatchingAddresses { get; }

        /// <summary>Counts only.</summary>
        public static Stats Counts(int watching, int watchingNodes) => new(watching, watchingNodes);

        /// <summary>These with other values.</summary>
        public Stats Copy(
            int watching,
            int watchingNodes,
            ImmutableHashSet<(IActorRef, IActorRef)>? watchingRefs = null,
            ImmutableHashSet<Address>? watchingAddresses = null) =>
            new(watching, watchingNodes, watchingRefs ?? WatchingRefs, watchingAddresses ?? WatchingAddresses);

        /// <inheritdoc />
        public override bool Equals(object? obj) => obj is Stats other && other.Watching == Watching && other.WatchingNodes == WatchingNodes;

        /// <inheritdoc />
        public override int GetHashCode() => HashCode.Combine(Watching, WatchingNodes);
    }
}

/// <summary>Goes before all other messages to a peer: what failure detectors live on.</summary>
internal interface IPriorityMessage;
