namespace Akka.Cluster.Sharding;

/// <summary>Tells the shard of the entity that a message is for; it is also asked with <see cref="ShardRegion.StartEntity"/>.</summary>
public delegate string? ExtractShardId(object message);
