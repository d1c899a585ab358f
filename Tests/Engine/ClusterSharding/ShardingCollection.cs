namespace Mooring.Tests.Engine.ClusterSharding;

/// <summary>Clusters in one process measure times and share two cores: one after the other.</summary>
[CollectionDefinition("cluster-sharding", DisableParallelization = true)]
public sealed class ShardingCollection;
