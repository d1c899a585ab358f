using Akka.Util;

namespace Akka.Cluster.Sharding;

/// <summary>Spreads entities over a fixed number of shards by a hash of their id. The number must be the same on all nodes, for ever.</summary>
public abstract class HashCodeMessageExtractor : IMessageExtractor
{
    /// <summary>Number of shards; about ten for each node the cluster may grow to.</summary>
    public readonly int MaxNumberOfShards;

    /// <summary>An extractor over this many shards.</summary>
    protected HashCodeMessageExtractor(int maxNumberOfShards) => MaxNumberOfShards = maxNumberOfShards;

    /// <summary>An extractor made from delegates.</summary>
    public static HashCodeMessageExtractor Create(
        int maxNumberOfShards, Func<object, string?> entityIdExtractor, Func<object, object?>? messageExtractor = null) =>
        new Delegated(maxNumberOfShards, entityIdExtractor, messageExtractor);

    /// <inheritdoc/>
    public abstract string? EntityId(object message);

    /// <inheritdoc/>
    public virtual object? EntityMessage(object message) => message;

    /// <inheritdoc/>
    public virtual string? ShardId(object message)
    {
        var entityId = message is ShardRegion.StartEntity start ? start.EntityId : EntityId(message);
        return entityId is null ? null : ShardId(entityId, message);
    }

    /// <inheritdoc/>
    public virtual string ShardId(string entityId, object? messageHint = null)
    {
        var hash = Math.Abs((long)MurmurHash.StringHash(entityId));
        return (hash % MaxNumberOfShards).ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    private sealed class Delegated(int maxNumberOfShards, Func<object, string?> entityId, Func<object, object?>? message)
        : HashCodeMessageExtractor(maxNumberOfShards)
    {
        public override string? EntityId(object msg) => entityId(msg);

        public override object? EntityMessage(object msg) => message is null ? msg : message(msg);
    }
}
