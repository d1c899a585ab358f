namespace Akka.Cluster.Sharding;

/// <summary>Tells which entity a message is for, which shard the entity belongs to, and what the entity receives.</summary>
public interface IMessageExtractor
{
    /// <summary>Entity a message is for; null when the message is not for an entity.</summary>
    string? EntityId(object message);

    /// <summary>What the entity receives: the message itself or what it wraps.</summary>
    object? EntityMessage(object message);

    /// <summary>Shard of the entity that a message is for.</summary>
    string? ShardId(object message);

    /// <summary>Shard of an entity. The hint is the message that is to be delivered, if there is one.</summary>
    string ShardId(string entityId, object? messageHint = null);
}
