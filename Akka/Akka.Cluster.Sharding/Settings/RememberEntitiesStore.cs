namespace Akka.Cluster.Sharding;

/// <summary>Where the ids of remembered entities are kept. The bundled engine covers the event-sourced store only.</summary>
public enum RememberEntitiesStore
{
    /// <summary>Events and snapshots in the journal of <c>akka.cluster.sharding.journal-plugin-id</c>.</summary>
    Eventsourced = 1,
}
