using Akka.Actor;
using Akka.Event;
using static Akka.Cluster.Sharding.CoordinatorProtocol;

namespace Akka.Cluster.Sharding;

/// <summary>
/// Entities that are remembered: in the store before they start for the first time, out of it when they were passivated. What came to an
/// end otherwise, with its node, its shard or by itself, is started again without a message.
/// </summary>
internal sealed partial class Shard
{
    private const string RecoveryTimer = "recovery";

    private readonly HashSet<string> _remembered = [];
    private readonly Queue<string> _toRecover = new();

    // Entities that the store is, or will be, asked to add or to remove, with the messages that wait for its answer.
    private readonly Dictionary<string, Queue<MessageBuffers.Held>> _adding = [];
    private readonly Dictionary<string, Queue<MessageBuffers.Held>> _removing = [];
    private readonly Queue<(string EntityId, bool Add)> _changes = new();
    private IActorRef? _store;
    private ShardEntitiesStore.Update? _writing;

    private bool Remembers => _settings.RememberEntities;

    private bool IsWriting => _writing is not null || _changes.Count > 0;

    private void StartToRemember()
    {
        _store = Context.Watch(Context.ActorOf(
            // no entity has this name: theirs are escaped
            ShardEntitiesStore.Props(_typeName, _shardId, _settings).WithDispatcher(Context.Props.Dispatcher), "*store"));
        Become(WaitingForStore);
    }

    private bool WaitingForStore(object message)
    {
        switch (message)
        {
            case ShardEntitiesStore.Recovered recovered:
                Become(Running);
                _remembered.UnionWith(recovered.Entities);
                // Where the number of shards was changed an entity may belong to another one now.
                foreach (var entityId in recovered.Entities.Where(id => _extractor.ShardId(id) == _shardId)) _toRecover.Enqueue(entityId);
                StartRemembered();
                StartToRun();
                return true;
            case Terminated terminated when terminated.ActorRef.Equals(_store):
                StoreEnded();
                return true;
            case HandOff:
                Sender.Tell(new ShardStopped(_shardId));
                Context.Stop(Self);
                return true;
            case LeaseLost:
                return Running(message);
            default:
                return ReceiveQuery(message);
        }
    }

    private void StartRemembered()
    {
        var tuning = _settings.TuningParameters;
        var atOnce = tuning.EntityRecoveryStrategy == "constant" ? tuning.EntityRecoveryConstantRateStrategyNumberOfEntities : int.MaxValue;
        while (atOnce-- > 0 && _toRecover.TryDequeue(out var entityId)) StartAgainIfRemembered(entityId);
        if (_toRecover.Count > 0)
            Timers.StartSingleTimer(RecoveryTimer, RecoverMore.Instance, tuning.EntityRecoveryConstantRateStrategyFrequency);
    }

    private void StartAgainSoon(string entityId) =>
        Timers.StartSingleTimer("start-" + entityId, new StartAgain(entityId), _settings.TuningParameters.EntityRestartBackoff);

    private void StartAgainIfRemembered(string entityId)
    {
        if (_remembered.Contains(entityId) && !_entities.ContainsKey(entityId) && !_removing.ContainsKey(entityId) && _handOffRequesters.Count == 0)
            Start(entityId);
    }

    /// <summary>Holds a message back while the store is writing about the entity; begins that when the entity is new.</summary>
    private bool IsHeldForStore(string entityId, object message, IActorRef sender)
    {
        if (!_adding.TryGetValue(entityId, out var held) && !_removing.TryGetValue(entityId, out held))
        {
            if (_remembered.Contains(entityId)) return false;
            _adding.Add(entityId, held = new Queue<MessageBuffers.Held>());
            _changes.Enqueue((entityId, Add: true));
        }

        Hold(held, message, sender);
        WriteNext();
        return true;
    }

    private void Forget(string entityId)
    {
        _removing.Add(entityId, new Queue<MessageBuffers.Held>());
        _changes.Enqueue((entityId, Add: false));
        WriteNext();
    }

    private void WriteNext()
    {
        if (_writing is not null || _changes.Count == 0) return;
        List<string> added = [], removed = [];
        while (added.Count + removed.Count < _settings.TuningParameters.RememberEntitiesUpdatesMax && _changes.TryDequeue(out var change))
            (change.Add ? added : removed).Add(change.EntityId);
        _writing = new ShardEntitiesStore.Update(added, removed);
        _store!.Tell(_writing);
    }

    private void IsWritten(ShardEntitiesStore.Update update)
    {
        _writing = null;
        _remembered.UnionWith(update.Added);
        _remembered.ExceptWith(update.Removed);
        foreach (var entityId in update.Added)
        {
            var held = TakeHeld(_adding, entityId);
            StartAgainIfRemembered(entityId);
            DeliverHeld(held);
        }

        foreach (var entityId in update.Removed) DeliverHeld(TakeHeld(_removing, entityId));
        if (_handOffRequesters.Count > 0 && !IsWriting) StopWhenEmpty();
        else WriteNext();
    }

    private Queue<MessageBuffers.Held> TakeHeld(Dictionary<string, Queue<MessageBuffers.Held>> from, string entityId)
    {
        if (!from.Remove(entityId, out var held)) return [];
        NoLongerHeld(held);
        return held;
    }

    private void DeliverHeld(Queue<MessageBuffers.Held> held)
    {
        foreach (var (message, sender) in held) Deliver(message, sender);
    }

    /// <summary>The shard moves: what waits for the store goes on at the next home; only what was passivated is still written.</summary>
    private void ReturnWhatTheStoreIsAskedFor()
    {
        foreach (var waiting in (Dictionary<string, Queue<MessageBuffers.Held>>[])[_adding, _removing])
        {
            foreach (var entityId in waiting.Keys.ToList())
            {
                var held = TakeHeld(waiting, entityId);
                if (held.Count > 0) ReturnToRegion(held);
            }
        }

        for (var left = _changes.Count; left > 0; left--)
        {
            if (_changes.Dequeue() is { Add: false } change) _changes.Enqueue(change);
        }
    }

    /// <summary>Another incarnation of this shard has written, or the journal fails: the region starts the shard again, which reads what there is.</summary>
    private void StoreEnded()
    {
        _log.Error("{0}: the store of the entities of shard [{1}] has failed, its entities are stopped", _typeName, _shardId);
        Context.Stop(Self);
    }

    private sealed record StartAgain(string EntityId);

    private sealed class RecoverMore
    {
        internal static readonly RecoverMore Instance = new();
    }
}
