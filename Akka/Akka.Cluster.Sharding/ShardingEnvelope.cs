using Akka.Actor;

namespace Akka.Cluster.Sharding;

/// <summary>A message for an entity, for messages that do not carry the entity's id themselves.</summary>
public sealed class ShardingEnvelope : IWrappedMessage, IClusterShardingSerializable, IEquatable<ShardingEnvelope>
{
    /// <summary>Wraps a message for an entity.</summary>
    public ShardingEnvelope(string entityId, object message)
    {
        EntityId = entityId ?? throw new ArgumentNullException(nameof(entityId));
        Message = message ?? throw new ArgumentNullException(nameof(message));
    }

    /// <summary>Entity the message is for.</summary>
    public string EntityId { get; }

    /// <summary>What the entity receives.</summary>
    public object Message { get; }

    /// <inheritdoc/>
    public bool Equals(ShardingEnvelope? other) => other is not null && EntityId == other.EntityId && Message.Equals(other.Message);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ShardingEnvelope);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(EntityId, Message);

    /// <inheritdoc/>
    public override string ToString() => $"ShardingEnvelope({EntityId}, {Message})";
}
