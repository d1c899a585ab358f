namespace Akka.Cluster.Sharding;

/// <summary>An extractor made from the two delegates of the older API.</summary>
internal sealed class DelegateExtractor(ExtractEntityId extractEntityId, ExtractShardId extractShardId) : IMessageExtractor
{
    public string? EntityId(object message)
    {
        var extracted = extractEntityId(message);
        return extracted.HasValue ? extracted.Value.Item1 : null;
    }

    public object? EntityMessage(object message)
    {
        var extracted = extractEntityId(message);
        return extracted.HasValue ? extracted.Value.Item2 : null;
    }

    // A message that is for no entity need not have a shard, and the delegate may not expect it.
    public string? ShardId(object message) => extractEntityId(message).HasValue ? extractShardId(message) : null;

    public string ShardId(string entityId, object? messageHint = null) =>
        extractShardId(messageHint is null or ShardRegion.StartEntity ? new ShardRegion.StartEntity(entityId) : new ShardingEnvelope(entityId, messageHint))
        ?? throw new ArgumentException($"The shard of entity [{entityId}] is not known to the shard id extractor", nameof(entityId));
}
