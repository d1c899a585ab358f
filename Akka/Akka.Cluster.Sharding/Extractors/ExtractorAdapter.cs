namespace Akka.Cluster.Sharding;

/// <summary>Handles <see cref="ShardingEnvelope"/> and <see cref="ShardRegion.StartEntity"/>, so that no extractor of a user has to.</summary>
internal sealed class ExtractorAdapter(IMessageExtractor inner) : IMessageExtractor
{
    public string? EntityId(object message) => message switch
    {
        ShardingEnvelope envelope => envelope.EntityId,
        ShardRegion.StartEntity start => start.EntityId,
        _ => inner.EntityId(message),
    };

    public object? EntityMessage(object message) => message switch
    {
        ShardingEnvelope envelope => envelope.Message,
        ShardRegion.StartEntity => message,
        _ => inner.EntityMessage(message),
    };

    public string? ShardId(object message) => message switch
    {
        ShardingEnvelope envelope => inner.ShardId(envelope.EntityId, envelope.Message),
        ShardRegion.StartEntity start => inner.ShardId(start.EntityId, start),
        _ => inner.ShardId(message),
    };

    public string ShardId(string entityId, object? messageHint = null) => inner.ShardId(entityId, messageHint);
}
