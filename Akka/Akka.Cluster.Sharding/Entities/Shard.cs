using System.Collections.Immutable;
using Akka.Actor;
using Akka.Coordination;
using Akka.Event;
using static Akka.Cluster.Sharding.CoordinatorProtocol;

namespace Akka.Cluster.Sharding;

/// <summary>
/// Runs the entities of one shard: starts them for their first message, stops them when they passivate, are idle or when the shard
/// moves. If a lease is configured nothing starts before the shard holds it. If entities are remembered, those that ran start with it.
/// </summary>
internal sealed partial class Shard : ActorBase, IWithTimers
{
    private const string IdleTimer = "idle";
    private const string HandOffTimer = "hand-off";
    private const string LeaseTimer = "lease";

    private readonly string _typeName;
    private readonly string _shardId;
    private readonly Func<string, Props> _entityProps;
    private readonly ClusterShardingSettings _settings;
    private readonly IMessageExtractor _extractor;
    private readonly object _handOffStopMessage;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IScheduler _scheduler = Context.System.Scheduler;

    private readonly Dictionary<string, Entity> _entities = [];
    private readonly Dictionary<IActorRef, Entity> _entitiesByRef = [];
    private readonly List<IActorRef> _handOffRequesters = [];
    private int _heldCount;
    private bool _fullWasLogged;
    private Lease? _lease;
    private bool _leaseIsHeld;

    public Shard(
        string typeName, string shardId, Func<string, Props> entityProps, ClusterShardingSettings settings, IMessageExtractor extractor,
        object handOffStopMessage)
    {
        _typeName = typeName;
        _shardId = shardId;
        _entityProps = entityProps;
        _settings = settings;
        _extractor = extractor;
        _handOffStopMessage = handOffStopMessage;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    internal static Props Props(
        string typeName, string shardId, Func<string, Props> entityProps, ClusterShardingSettings settings, IMessageExtractor extractor,
        object handOffStopMessage) =>
        Actor.Props.Create(() => new Shard(typeName, shardId, entityProps, settings, extractor, handOffStopMessage)).WithDeploy(Deploy.Local);

    protected override void PreStart()
    {
        if (_settings.LeaseSettings is { } usage)
        {
            var system = Context.System;
            _lease = LeaseProvider.Get(system).GetLease(
                $"{system.Name}-shard-{_typeName}-{_shardId}", usage.LeaseImplementation, Cluster.Get(system).SelfAddress.HostPort());
            Become(WaitingForLease);
            AcquireLease();
            return;
        }

        Prepare();
    }

    protected override void PostStop()
    {
        // Released in the background: a holder that is gone loses the lease by time, too.
        if (_leaseIsHeld) _ = ReleaseLease();
    }

    protected override bool Receive(object message) => Running(message);

    private async Task ReleaseLease()
    {
        try
        {
            await _lease!.Release().ConfigureAwait(false);
        }
        catch (Exception reason)
        {
            _log.Warning("{0}: releasing the lease of shard [{1}] failed: {2}", _typeName, _shardId, reason.Message);
        }
    }

    private void AcquireLease()
    {
        var self = Self;
        _lease!.Acquire(reason => self.Tell(new LeaseLost(reason)))
            .PipeTo(self, success: held => new LeaseAnswer(held, null), failure: reason => new LeaseAnswer(false, reason));
    }

    private bool WaitingForLease(object message)
    {
        switch (message)
        {
            case LeaseAnswer { Held: true }:
                _leaseIsHeld = true;
                Become(Running);
                Prepare();
                return true;
            case LeaseAnswer answer:
                _log.Warning("{0}: shard [{1}] did not get its lease, it tries again: {2}", _typeName, _shardId, answer.Reason?.Message ?? "held by another");
                Timers.StartSingleTimer(LeaseTimer, AcquireAgain.Instance, _settings.LeaseSettings!.LeaseRetryInterval);
                return true;
            case AcquireAgain:
                AcquireLease();
                return true;
            case HandOff:
                Sender.Tell(new ShardStopped(_shardId));
                Context.Stop(Self);
                return true;
            default:
                return ReceiveQuery(message) || message is LeaseLost;
        }
    }

    private void Prepare()
    {
        if (Remembers) StartToRemember();
        else StartToRun();
    }

    private void StartToRun()
    {
        if (_settings.PassivatesIdleEntities)
        {
            var interval = TimeSpan.FromTicks(Math.Max(_settings.PassivateIdleEntityAfter.Ticks / 2, TimeSpan.TicksPerMillisecond));
            Timers.StartPeriodicTimer(IdleTimer, IdleTick.Instance, interval);
        }

        Context.Parent.Tell(new ShardInitialized(_shardId));
    }

    private bool Running(object message)
    {
        switch (message)
        {
            case Terminated terminated when terminated.ActorRef.Equals(_store):
                StoreEnded();
                return true;
            case Terminated terminated:
                EntityEnded(terminated.ActorRef);
                return true;
            case ShardEntitiesStore.Written written:
                IsWritten(written.Update);
                return true;
            case StartAgain again:
                StartAgainIfRemembered(again.EntityId);
                return true;
            case RecoverMore:
                StartRemembered();
                return true;
            case Passivate passivate:
                if (_entitiesByRef.TryGetValue(Sender, out var entity)) PassivateEntity(entity, passivate.StopMessage);
                return true;
            case ShardRegion.StartEntity start:
                StartEntity(start.EntityId, Sender);
                return true;
            case HandOff:
                StopAllFor(Sender);
                return true;
            case IdleTick:
                PassivateIdleEntities();
                return true;
            case HandOffOverdue:
                StopHard();
                return true;
            case LeaseLost lost:
                // Another node may run the shard from now on. The region starts it again, which waits for the lease.
                _log.Error(lost.Reason, "{0}: the lease of shard [{1}] was lost, its entities are stopped", _typeName, _shardId);
                _leaseIsHeld = false;
                Context.Stop(Self);
                return true;
            case LeaseAnswer or AcquireAgain:
                return true;
            default:
                return ReceiveQuery(message) || Deliver(message, Sender);
        }
    }

    private bool ReceiveQuery(object message)
    {
        switch (message)
        {
            case GetCurrentShardState:
                Sender.Tell(new ShardState(_shardId, _entities.Keys.ToImmutableHashSet()));
                return true;
            case GetShardStats:
                Sender.Tell(new ShardStats(_shardId, _entities.Count));
                return true;
            default:
                return false;
        }
    }

    private bool Deliver(object message, IActorRef sender)
    {
        var entityId = _extractor.EntityId(message);
        var payload = string.IsNullOrEmpty(entityId) ? null : _extractor.EntityMessage(message);
        if (payload is null)
        {
            _log.Warning("{0}: message of type [{1}] is for no entity, it is ignored", _typeName, message.GetType());
            return false;
        }

        // Only an envelope can say so: a region sends its own form as it is.
        if (payload is ShardRegion.StartEntity start)
        {
            StartEntity(start.EntityId, sender);
            return true;
        }

        if (!_entities.TryGetValue(entityId!, out var entity))
        {
            if (_handOffRequesters.Count > 0)
            {
                // Nothing starts any more; the region sends it to the shard's new home.
                ReturnToRegion([new MessageBuffers.Held(message, sender)]);
                return true;
            }

            if (Remembers && IsHeldForStore(entityId!, message, sender)) return true;
            entity = Start(entityId!);
        }

        if (entity.Held is not null)
        {
            Hold(entity.Held, message, sender);
            return true;
        }

        if (_settings.PassivatesIdleEntities) entity.LastMessageAt = _scheduler.MonotonicClock;
        entity.Ref.Tell(payload, sender);
        return true;
    }

    private void StartEntity(string entityId, IActorRef sender)
    {
        if (!_entities.ContainsKey(entityId))
        {
            if (_handOffRequesters.Count > 0)
            {
                ReturnToRegion([new MessageBuffers.Held(new ShardRegion.StartEntity(entityId), sender)]);
                return;
            }

            if (Remembers && IsHeldForStore(entityId, new ShardRegion.StartEntity(entityId), sender)) return;
            Start(entityId);
        }

        sender.Tell(new StartEntityAck(entityId, _shardId));
    }

    private Entity Start(string entityId)
    {
        var actor = Context.Watch(Context.ActorOf(_entityProps(entityId), Uri.EscapeDataString(entityId)));
        var entity = new Entity(entityId, actor) { LastMessageAt = _scheduler.MonotonicClock };
        _entities[entityId] = entity;
        _entitiesByRef.Add(actor, entity);
        return entity;
    }

    private void Hold(Queue<MessageBuffers.Held> queue, object message, IActorRef sender)
    {
        if (_heldCount < _settings.TuningParameters.BufferSize)
        {
            queue.Enqueue(new MessageBuffers.Held(message, sender));
            _heldCount++;
            return;
        }

        if (!_fullWasLogged)
        {
            _fullWasLogged = true;
            _log.Warning("{0}: the buffer of shard [{1}] is full, new messages for stopping entities are dropped", _typeName, _shardId);
        }

        Context.System.DeadLetters.Tell(new DeadLetter(message, sender, Self), sender);
    }

    private void PassivateEntity(Entity entity, object stopMessage)
    {
        if (entity.Held is not null) return;

        entity.Held = new Queue<MessageBuffers.Held>();
        entity.Ref.Tell(stopMessage);
    }

    private void PassivateIdleEntities()
    {
        var deadline = _scheduler.MonotonicClock - _settings.PassivateIdleEntityAfter;
        foreach (var entity in _entities.Values)
        {
            if (entity.LastMessageAt <= deadline) PassivateEntity(entity, _handOffStopMessage);
        }
    }

    private void EntityEnded(IActorRef ended)
    {
        if (!_entitiesByRef.Remove(ended, out var entity)) return;

        _entities.Remove(entity.Id);
        var wasPassivated = entity.Held is not null;
        var held = TakeHeld(entity);
        if (_handOffRequesters.Count > 0)
        {
            if (held.Count > 0) ReturnToRegion(held);
            StopWhenEmpty();
            return;
        }

        if (Remembers && held.Count == 0)
        {
            if (wasPassivated) Forget(entity.Id);
            else StartAgainSoon(entity.Id);
            return;
        }

        // Messages came while it was stopping: it starts again for them.
        foreach (var (message, sender) in held)
            Deliver(message, sender);
    }

    private Queue<MessageBuffers.Held> TakeHeld(Entity entity)
    {
        var held = entity.Held ?? [];
        entity.Held = null;
        NoLongerHeld(held);
        return held;
    }

    private void NoLongerHeld(Queue<MessageBuffers.Held> held)
    {
        _heldCount -= held.Count;
        _fullWasLogged &= _heldCount > 0;
    }

    private void StopAllFor(IActorRef requester)
    {
        _handOffRequesters.Add(requester);
        if (_handOffRequesters.Count > 1) return;

        _log.Debug("{0}: shard [{1}] hands over {2} entities", _typeName, _shardId, _entities.Count);
        Timers.Cancel(IdleTimer);
        ReturnWhatTheStoreIsAskedFor();

        // What waits for stopping entities is older than anything the region holds back from now on.
        foreach (var entity in _entities.Values)
        {
            var held = TakeHeld(entity);
            if (held.Count > 0) ReturnToRegion(held);
            entity.Held = [];
            entity.Ref.Tell(_handOffStopMessage);
        }

        var limit = _settings.TuningParameters.HandOffTimeout - TimeSpan.FromSeconds(5);
        Timers.StartSingleTimer(HandOffTimer, HandOffOverdue.Instance, limit > TimeSpan.FromSeconds(1) ? limit : TimeSpan.FromSeconds(1));
        StopWhenEmpty();
    }

    private void ReturnToRegion(IReadOnlyCollection<MessageBuffers.Held> messages) =>
        Context.Parent.Tell(new ReturnedMessages(_shardId, messages));

    private void StopHard()
    {
        _log.Warning("{0}: {1} entities of shard [{2}] did not stop in time and are stopped hard", _typeName, _entities.Count, _shardId);
        foreach (var entity in _entities.Values)
            Context.Stop(entity.Ref);
    }

    private void StopWhenEmpty()
    {
        // What the store is still writing would collide with what it reads at the shard's next home.
        if (_entities.Count > 0 || IsWriting) return;

        foreach (var requester in _handOffRequesters)
            requester.Tell(new ShardStopped(_shardId), Context.Parent);
        Context.Stop(Self);
    }

    /// <summary>An entity that runs; while it is stopping it has a queue for what arrives.</summary>
    private sealed class Entity(string id, IActorRef actor)
    {
        internal string Id { get; } = id;

        internal IActorRef Ref { get; } = actor;

        internal TimeSpan LastMessageAt { get; set; }

        internal Queue<MessageBuffers.Held>? Held { get; set; }
    }

    /// <summary>To the region: messages are welcome.</summary>
    internal sealed record ShardInitialized(string ShardId);

    /// <summary>To the region: messages that must reach the shard at its next home, before what the region holds back.</summary>
    internal sealed record ReturnedMessages(string ShardId, IReadOnlyCollection<MessageBuffers.Held> Messages);

    /// <summary>Asks for the entities; answered with <see cref="ShardState"/>.</summary>
    internal sealed class GetCurrentShardState
    {
        internal static readonly GetCurrentShardState Instance = new();
    }

    /// <summary>Asks for the number of entities.</summary>
    internal sealed class GetShardStats
    {
        internal static readonly GetShardStats Instance = new();
    }

    /// <summary>Answer to <see cref="GetShardStats"/>.</summary>
    internal sealed record ShardStats(string ShardId, int EntityCount);

    private sealed record LeaseAnswer(bool Held, Exception? Reason);

    private sealed record LeaseLost(Exception? Reason);

    private sealed class AcquireAgain
    {
        internal static readonly AcquireAgain Instance = new();
    }

    private sealed class IdleTick
    {
        internal static readonly IdleTick Instance = new();
    }

    private sealed class HandOffOverdue
    {
        internal static readonly HandOffOverdue Instance = new();
    }
}
