namespace Akka.Cluster.Sharding;

/// <summary>Marks what the sharding serializer reads and writes.</summary>
public interface IClusterShardingSerializable;
