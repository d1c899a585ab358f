using Akka.Actor;
using Akka.Event;
using static Akka.Cluster.Sharding.CoordinatorProtocol;

namespace Akka.Cluster.Sharding;

/// <summary>
/// The way to the entities of one type on one node: sends each message to the shard of its entity, here or on another node, and
/// holds it back while the shard has no home. Runs the shards whose home it is, unless it is a proxy.
/// </summary>
public sealed partial class ShardRegion : ActorBase, IWithTimers
{
    private const string RetryTimer = "retry";
    private const string RegisterTimer = "register";
    private const string LookUpTimer = "look-up";

    private static readonly TimeSpan LookUpAgainAfter = TimeSpan.FromMilliseconds(50);

    private readonly string _typeName;
    private readonly Func<string, Props>? _entityProps;
    private readonly ClusterShardingSettings _settings;
    private readonly string _coordinatorPath;
    private readonly IMessageExtractor _extractor;
    private readonly object _handOffStopMessage;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly TaskCompletionSource<Done> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Homes as the coordinator told them, both ways.
    private readonly Dictionary<string, IActorRef> _homes = [];
    private readonly Dictionary<IActorRef, HashSet<string>> _shardsByHome = [];

    // Shards that run here, both ways; those not ready yet, and those being handed over.
    private readonly Dictionary<string, IActorRef> _shards = [];
    private readonly Dictionary<IActorRef, string> _shardsByRef = [];
    private readonly HashSet<string> _startingShards = [];
    private readonly HashSet<IActorRef> _handingOff = [];

    private readonly MessageBuffers _buffers;
    private bool _fullWasLogged;
    private int _retries;
    private bool _leaving;

    internal ShardRegion(
        string typeName, Func<string, Props>? entityProps, ClusterShardingSettings settings, string coordinatorPath,
        IMessageExtractor messageExtractor, object handOffStopMessage)
    {
        _typeName = typeName;
        _entityProps = entityProps;
        _settings = settings;
        _coordinatorPath = coordinatorPath;
        _extractor = messageExtractor;
        _handOffStopMessage = handOffStopMessage;
        _buffers = new MessageBuffers(settings.TuningParameters.BufferSize);
    }

    /// <summary>Set by the actor system.</summary>
    public ITimerScheduler Timers { get; set; } = null!;

    private TuningParameters Tuning => _settings.TuningParameters;

    private bool IsProxy => _entityProps is null;

    /// <summary>A region that hosts shards.</summary>
    internal static Props Props(
        string typeName, Func<string, Props> entityProps, ClusterShardingSettings settings, string coordinatorPath,
        IMessageExtractor messageExtractor, object handOffStopMessage) =>
        Actor.Props.CreateBy(new Producer(() => new ShardRegion(typeName, entityProps, settings, coordinatorPath, messageExtractor, handOffStopMessage)))
            .WithDeploy(Deploy.Local);

    /// <summary>A region without shards.</summary>
    internal static Props ProxyProps(
        string typeName, ClusterShardingSettings settings, string coordinatorPath, IMessageExtractor messageExtractor) =>
        Actor.Props.CreateBy(new Producer(() => new ShardRegion(typeName, null, settings, coordinatorPath, messageExtractor, PoisonPill.Instance)))
            .WithDeploy(Deploy.Local);

    /// <inheritdoc/>
    protected override void PreStart()
    {
        _cluster.Subscribe(Self, typeof(ClusterEvent.IMemberEvent));
        Timers.StartPeriodicTimer(RetryTimer, Retry.Instance, Tuning.RetryInterval);

        var self = Self;
        CoordinatedShutdown.Get(Context.System).AddTask(CoordinatedShutdown.PhaseClusterShardingShutdownRegion, "region-shutdown", () =>
        {
            // A node that was downed must not wait for a coordinator on the other side.
            if (_cluster.IsTerminated || _cluster.SelfMember.Status == MemberStatus.Down) return Task.FromResult(Done.Instance);
            self.Tell(GracefulShutdown.Instance);
            return _ended.Task;
        });
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        _ended.TrySetResult(Done.Instance);
        foreach (var shard in _buffers.Keys.ToList())
            Drop(_buffers.Take(shard));
    }

    /// <inheritdoc/>
    protected override bool Receive(object message)
    {
        switch (message)
        {
            case ICoordinatorMessage:
                return ReceiveFromCoordinator(message);
            case Terminated terminated:
                WatchedEnded(terminated.ActorRef);
                return true;
            case Shard.ShardInitialized initialized:
                ShardIsReady(initialized.ShardId, Sender);
                return true;
            case Shard.ReturnedMessages returned:
                _buffers.Prepend(returned.ShardId, returned.Messages);
                SendHeldOrWait(returned.ShardId);
                return true;
            case ClusterEvent.IClusterDomainEvent or ClusterEvent.CurrentClusterState:
                return ReceiveMembership(message);
            case IShardRegionQuery query:
                return ReceiveQuery(query);
            case GracefulShutdown:
                _leaving = true;
                SendGracefulShutdown();
                StopWhenAllIsHandedOver();
                return true;
            case Retry:
                RetryWhatIsMissing();
                return true;
            case RegisterAgain:
                Register();
                return true;
            case LookUpAgain:
                RequestHomes();
                return true;
            case RestartShard restart:
                if (_homes.TryGetValue(restart.ShardId, out var home) && home.Equals(Self)) StartShard(restart.ShardId);
                return true;
            default:
                return Deliver(message, Sender);
        }
    }

    /// <summary>Sends a message to the shard of its entity; false when it is for no entity.</summary>
    private bool Deliver(object message, IActorRef sender)
    {
        var shardId = _extractor.ShardId(message);
        if (string.IsNullOrEmpty(shardId))
        {
            _log.Warning("{0}: message of type [{1}] is for no shard, it is ignored", _typeName, message.GetType());
            return false;
        }

        if (!_homes.TryGetValue(shardId, out var home))
        {
            DeliverWithoutHome(shardId, message, sender);
            return true;
        }

        if (!home.Equals(Self))
        {
            home.Tell(message, sender);
            return true;
        }

        // What is held back goes first: messages for one shard keep their order.
        if (!_buffers.Contains(shardId) && ReadyShard(shardId) is { } shard)
        {
            shard.Tell(message, sender);
            return true;
        }

        Hold(shardId, message, sender);
        StartShard(shardId);
        return true;
    }

    private void DeliverWithoutHome(string shardId, object message, IActorRef sender)
    {
        // Between the two steps of a hand-off the shard still runs here and takes what others sent before they heard of it.
        if (!_buffers.Contains(shardId) && ReadyShard(shardId) is { } shard)
        {
            shard.Tell(message, sender);
            return;
        }

        if (!_buffers.Contains(shardId)) RequestHome(shardId);
        Hold(shardId, message, sender);
    }

    /// <summary>A shard that runs here and takes messages.</summary>
    private IActorRef? ReadyShard(string shardId) =>
        _shards.TryGetValue(shardId, out var shard) && !_startingShards.Contains(shardId) && !_handingOff.Contains(shard) ? shard : null;

    private void Hold(string shardId, object message, IActorRef sender)
    {
        if (_buffers.TryAppend(shardId, message, sender)) return;

        if (!_fullWasLogged)
        {
            _fullWasLogged = true;
            _log.Warning("{0}: the buffer of {1} messages is full, new messages are dropped", _typeName, Tuning.BufferSize);
        }

        Drop([new MessageBuffers.Held(message, sender)]);
    }

    private void Drop(IEnumerable<MessageBuffers.Held> messages)
    {
        foreach (var (message, sender) in messages)
            Context.System.DeadLetters.Tell(new DeadLetter(message, sender, Self), sender);
    }

    private void SendHeld(string shardId, IActorRef receiver)
    {
        foreach (var (message, sender) in _buffers.Take(shardId))
            receiver.Tell(message, sender);
        _fullWasLogged = false;
        _retries = 0;
    }

    private void SendHeldOrWait(string shardId)
    {
        if (!_homes.TryGetValue(shardId, out var home))
            RequestHome(shardId);
        else if (!home.Equals(Self))
            SendHeld(shardId, home);
        else if (ReadyShard(shardId) is { } shard)
            SendHeld(shardId, shard);
    }

    private void StartShard(string shardId)
    {
        if (_entityProps is null || _shards.ContainsKey(shardId)) return;

        _log.Debug("{0}: starting shard [{1}]", _typeName, shardId);
        var shard = Context.Watch(Context.ActorOf(
            Shard.Props(_typeName, shardId, _entityProps, _settings, _extractor, _handOffStopMessage).WithDispatcher(Context.Props.Dispatcher),
            Uri.EscapeDataString(shardId)));
        _shards.Add(shardId, shard);
        _shardsByRef.Add(shard, shardId);
        _startingShards.Add(shardId);
    }

    private void ShardIsReady(string shardId, IActorRef shard)
    {
        if (!_shards.TryGetValue(shardId, out var current) || !current.Equals(shard)) return;

        _startingShards.Remove(shardId);
        if (!_handingOff.Contains(shard)) SendHeld(shardId, shard);
    }

    private void WatchedEnded(IActorRef ended)
    {
        if (ended.Equals(_coordinator))
        {
            _coordinator = null;
            StartRegistration();
        }
        else if (_shardsByRef.Remove(ended, out var shardId))
        {
            ShardEnded(shardId, ended);
        }
        else
        {
            ForgetHome(ended);
        }
    }

    private void ShardEnded(string shardId, IActorRef shard)
    {
        _shards.Remove(shardId);
        _startingShards.Remove(shardId);
        var wasHandedOff = _handingOff.Remove(shard);
        if (_homes.TryGetValue(shardId, out var home) && home.Equals(Self))
        {
            if (wasHandedOff)
                // It came back while it was still stopping.
                StartShard(shardId);
            else
                Context.System.Scheduler.ScheduleTellOnce(Tuning.ShardFailureBackoff, Self, new RestartShard(shardId), Self);
        }

        StopWhenAllIsHandedOver();
    }

    private void StopWhenAllIsHandedOver()
    {
        if (!_leaving || _shards.Count > 0) return;
        // Nobody will take what is held back when this is the last node.
        if (_buffers.Count > 0 && _members.Any(member => !member.UniqueAddress.Equals(_cluster.SelfUniqueAddress))) return;

        Context.Stop(Self);
    }

    private sealed class Producer(Func<ShardRegion> create) : IIndirectActorProducer
    {
        public Type ActorType => typeof(ShardRegion);

        public ActorBase Produce() => create();

        public void Release(ActorBase actor)
        {
            // Nothing to give back: each region is made for one incarnation.
        }
    }

    private sealed class Retry
    {
        internal static readonly Retry Instance = new();
    }

    private sealed class RegisterAgain
    {
        internal static readonly RegisterAgain Instance = new();
    }

    private sealed class LookUpAgain
    {
        internal static readonly LookUpAgain Instance = new();
    }

    private sealed record RestartShard(string ShardId);
}
