using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;

namespace Akka.Cluster.Sharding;

/// <summary>What regions and the coordinator of their type say to each other.</summary>
internal static class CoordinatorProtocol
{
    /// <summary>From a region (or its shards) to the coordinator.</summary>
    internal interface ICoordinatorCommand : IClusterShardingSerializable;

    /// <summary>From the coordinator to a region.</summary>
    internal interface ICoordinatorMessage : IClusterShardingSerializable;

    /// <summary>
    /// A region makes itself known. It names the shards that it runs, so that a coordinator whose journal was lost does not start
    /// them a second time.
    /// </summary>
    internal sealed record Register(IActorRef Region, ImmutableArray<string> RunningShards) : ICoordinatorCommand, IDeadLetterSuppression;

    /// <summary>A region that hosts no entities makes itself known.</summary>
    internal sealed record RegisterProxy(IActorRef Region) : ICoordinatorCommand, IDeadLetterSuppression;

    /// <summary>Answer to both registrations.</summary>
    internal sealed record RegisterAck(IActorRef Coordinator) : ICoordinatorMessage;

    /// <summary>A new coordinator is ready: regions need not wait for their next retry to register.</summary>
    internal sealed record CoordinatorReady(IActorRef Coordinator) : ICoordinatorMessage, IDeadLetterSuppression;

    /// <summary>A region needs the home of a shard.</summary>
    internal sealed record GetShardHome(string Shard) : ICoordinatorCommand, IDeadLetterSuppression;

    /// <summary>The home of a shard.</summary>
    internal sealed record ShardHome(string Shard, IActorRef Region) : ICoordinatorMessage;

    /// <summary>The region becomes the home of a shard and starts it.</summary>
    internal sealed record HostShard(string Shard) : ICoordinatorMessage;

    /// <summary>The region hosts the shard.</summary>
    internal sealed record ShardStarted(string Shard) : ICoordinatorCommand;

    /// <summary>First step of a hand-off, to all regions: forget the home, hold messages back.</summary>
    internal sealed record BeginHandOff(string Shard) : ICoordinatorMessage;

    /// <summary>The region sends nothing to the old home any more.</summary>
    internal sealed record BeginHandOffAck(string Shard) : ICoordinatorCommand;

    /// <summary>Second step, to the old home, when all regions have answered: stop the entities.</summary>
    internal sealed record HandOff(string Shard) : ICoordinatorMessage;

    /// <summary>The old home runs no entity of the shard any more.</summary>
    internal sealed record ShardStopped(string Shard) : ICoordinatorCommand;

    /// <summary>The region wants to hand all its shards over.</summary>
    internal sealed record GracefulShutdownReq(IActorRef Region) : ICoordinatorCommand, IDeadLetterSuppression;

    /// <summary>Answer to <see cref="ShardRegion.StartEntity"/>.</summary>
    internal sealed record StartEntityAck(string EntityId, string ShardId) : IClusterShardingSerializable;
}
