using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;

namespace Akka.Cluster.Sharding;

/// <summary>Keeps the ids of the entities of one shard in the journal. Its parent, the shard, asks for one update after the other.</summary>
internal sealed class ShardEntitiesStore : PersistentActor
{
    private readonly TuningParameters _tuning;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private ImmutableHashSet<string> _entities = [];

    public ShardEntitiesStore(string typeName, string shardId, ClusterShardingSettings settings)
    {
        _tuning = settings.TuningParameters;
        PersistenceId = $"/sharding/{typeName}Shard/{shardId}";
        JournalPluginId = settings.JournalPluginId;
        SnapshotPluginId = settings.SnapshotPluginId;
    }

    public override string PersistenceId { get; }

    internal static Props Props(string typeName, string shardId, ClusterShardingSettings settings) =>
        Actor.Props.Create(() => new ShardEntitiesStore(typeName, shardId, settings)).WithDeploy(Deploy.Local);

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        base.OnPersistRejected(cause, @event, sequenceNr);
        Context.Stop(Self);
    }

    protected override bool ReceiveRecover(object message)
    {
        switch (message)
        {
            case EntitiesStarted started:
                _entities = _entities.Union(started.Entities);
                return true;
            case EntitiesStopped stopped:
                _entities = _entities.Except(stopped.Entities);
                return true;
            case SnapshotOffer { Snapshot: EntitiesRemembered remembered }:
                _entities = [.. remembered.Entities];
                return true;
            case RecoveryCompleted:
                Context.Parent.Tell(new Recovered(_entities));
                return true;
            default:
                return false;
        }
    }

    protected override bool ReceiveCommand(object message)
    {
        switch (message)
        {
            case Update update:
                Write(update);
                return true;
            case SaveSnapshotSuccess saved:
                var keep = (long)_tuning.SnapshotAfter * _tuning.KeepNrOfBatches;
                if (saved.Metadata.SequenceNr > keep) DeleteMessages(saved.Metadata.SequenceNr - keep);
                DeleteSnapshots(new SnapshotSelectionCriteria(saved.Metadata.SequenceNr - 1));
                return true;
            case SaveSnapshotFailure failed:
                _log.Warning("Saving a snapshot of [{0}] failed, the next one will be tried: {1}", PersistenceId, failed.Cause.Message);
                return true;
            case DeleteMessagesFailure or DeleteSnapshotsFailure:
                _log.Warning("Deleting old events or snapshots of [{0}] failed: {1}", PersistenceId, message);
                return true;
            default:
                return message is DeleteMessagesSuccess or DeleteSnapshotsSuccess;
        }
    }

    private void Write(Update update)
    {
        var events = new List<IClusterShardingSerializable>();
        if (update.Added.Count > 0) events.Add(new EntitiesStarted([.. update.Added]));
        if (update.Removed.Count > 0) events.Add(new EntitiesStopped([.. update.Removed]));
        var left = events.Count;
        PersistAll(events, evt =>
        {
            ReceiveRecover(evt);
            if (LastSequenceNr % _tuning.SnapshotAfter == 0) SaveSnapshot(new EntitiesRemembered([.. _entities]));
            if (--left == 0) Context.Parent.Tell(new Written(update));
        });
    }

    /// <summary>These entities have begun to exist.</summary>
    internal sealed record EntitiesStarted(ImmutableArray<string> Entities) : IClusterShardingSerializable;

    /// <summary>These entities were passivated.</summary>
    internal sealed record EntitiesStopped(ImmutableArray<string> Entities) : IClusterShardingSerializable;

    /// <summary>All entities that exist.</summary>
    internal sealed record EntitiesRemembered(ImmutableArray<string> Entities) : IClusterShardingSerializable;

    /// <summary>To the shard: what was remembered.</summary>
    internal sealed record Recovered(ImmutableHashSet<string> Entities) : INoSerializationVerificationNeeded;

    /// <summary>From the shard: remember and forget these.</summary>
    internal sealed record Update(IReadOnlyList<string> Added, IReadOnlyList<string> Removed) : INoSerializationVerificationNeeded;

    /// <summary>To the shard: done.</summary>
    internal sealed record Written(Update Update) : INoSerializationVerificationNeeded;
}
