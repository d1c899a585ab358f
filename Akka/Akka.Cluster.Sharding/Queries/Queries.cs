using Akka.Actor;
using Akka.Util;

namespace Akka.Cluster.Sharding;

/// <summary>Question to a region.</summary>
public interface IShardRegionQuery;

/// <summary>Asks a region for the addresses of all regions of its type; answered with <see cref="CurrentRegions"/>.</summary>
public sealed class GetCurrentRegions : IShardRegionQuery, IClusterShardingSerializable
{
    /// <summary>The query.</summary>
    public static readonly GetCurrentRegions Instance = new();

    private GetCurrentRegions()
    {
    }
}

/// <summary>Asks a region for the number of entities in each shard of the whole cluster; answered with <see cref="ClusterShardingStats"/>.</summary>
public sealed class GetClusterShardingStats(TimeSpan timeout) : IShardRegionQuery, IClusterShardingSerializable, IEquatable<GetClusterShardingStats>
{
    /// <summary>How long regions may take; those that took longer are missing in the answer.</summary>
    public readonly TimeSpan Timeout = timeout;

    /// <inheritdoc/>
    public bool Equals(GetClusterShardingStats? other) => other is not null && Timeout == other.Timeout;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as GetClusterShardingStats);

    /// <inheritdoc/>
    public override int GetHashCode() => Timeout.GetHashCode();
}

/// <summary>Asks a region for the number of entities in each of its shards; answered with <see cref="ShardRegionStats"/>.</summary>
public sealed class GetShardRegionStats : IShardRegionQuery, IClusterShardingSerializable
{
    /// <summary>The query.</summary>
    public static readonly GetShardRegionStats Instance = new();

    private GetShardRegionStats()
    {
    }
}

/// <summary>Asks a region for its shards and their entities; answered with <see cref="CurrentShardRegionState"/>.</summary>
public sealed class GetShardRegionState : IShardRegionQuery, IClusterShardingSerializable
{
    /// <summary>The query.</summary>
    public static readonly GetShardRegionState Instance = new();

    private GetShardRegionState()
    {
    }
}

/// <summary>Asks a region where an entity runs, without starting it; answered with <see cref="EntityLocation"/>.</summary>
public sealed class GetEntityLocation : IShardRegionQuery
{
    /// <summary>Asks for an entity.</summary>
    public GetEntityLocation(string entityId, TimeSpan timeout)
    {
        EntityId = entityId ?? throw new ArgumentNullException(nameof(entityId));
        Timeout = timeout;
    }

    /// <summary>Entity that is looked for.</summary>
    public string EntityId { get; }

    /// <summary>How long the node of the entity may take to answer.</summary>
    public TimeSpan Timeout { get; }
}

/// <summary>Where an entity runs.</summary>
public sealed class EntityLocation(string entityId, string shardId, Address shardRegion, Option<IActorRef> entityRef)
{
    /// <summary>Entity that was looked for.</summary>
    public string EntityId { get; } = entityId;

    /// <summary>Its shard.</summary>
    public string ShardId { get; } = shardId;

    /// <summary>Node of the shard; <see cref="Address.AllSystems"/> when the asked region does not know the shard's home.</summary>
    public Address ShardRegion { get; } = shardRegion;

    /// <summary>The entity; none when it does not run.</summary>
    public Option<IActorRef> EntityRef { get; } = entityRef;
}
