namespace Akka.Cluster.Sharding;

/// <summary>Command of a region or a shard.</summary>
public interface IShardRegionCommand;

/// <summary>
/// Sent by an entity to its parent when it wants to stop. The shard answers with <see cref="StopMessage"/> and holds back what
/// arrives until the entity has stopped; then the entity is started again for what was held back.
/// </summary>
public sealed class Passivate(object stopMessage) : IShardRegionCommand
{
    /// <summary>What the entity is to be stopped with.</summary>
    public object StopMessage { get; } = stopMessage;
}

/// <summary>Sent to a region: hand all shards over, then stop.</summary>
public sealed class GracefulShutdown : IShardRegionCommand
{
    /// <summary>The command.</summary>
    public static readonly GracefulShutdown Instance = new();

    private GracefulShutdown()
    {
    }

    /// <inheritdoc/>
    public override string ToString() => "GracefulShutdown";
}
