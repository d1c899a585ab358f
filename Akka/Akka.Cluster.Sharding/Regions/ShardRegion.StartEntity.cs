namespace Akka.Cluster.Sharding;

public sealed partial class ShardRegion
{
    /// <summary>Starts an entity without a message for it.</summary>
    public sealed class StartEntity : IClusterShardingSerializable, IEquatable<StartEntity>
    {
        /// <summary>Entity to start.</summary>
        public readonly string EntityId;

        /// <summary>Starts this entity.</summary>
        public StartEntity(string entityId) => EntityId = entityId ?? throw new ArgumentNullException(nameof(entityId));

        /// <inheritdoc/>
        public bool Equals(StartEntity? other) => other is not null && EntityId == other.EntityId;

        /// <inheritdoc/>
        public override bool Equals(object? obj) => Equals(obj as StartEntity);

        /// <inheritdoc/>
        public override int GetHashCode() => EntityId.GetHashCode(StringComparison.Ordinal);

        /// <inheritdoc/>
        public override string ToString() => $"StartEntity({EntityId})";
    }
}
