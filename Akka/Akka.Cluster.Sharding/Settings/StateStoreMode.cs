namespace Akka.Cluster.Sharding;

/// <summary>Where the coordinator keeps the shards' homes. The bundled engine covers the event-sourced store only.</summary>
public enum StateStoreMode
{
    /// <summary>Events and snapshots in the journal of <c>akka.cluster.sharding.journal-plugin-id</c>.</summary>
    Persistence,
}
