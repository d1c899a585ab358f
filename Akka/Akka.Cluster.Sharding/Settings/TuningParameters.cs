using Akka.Configuration;

namespace Akka.Cluster.Sharding;

/// <summary>Times and limits of sharding; the defaults stand in <c>akka.cluster.sharding</c>.</summary>
public class TuningParameters
{
    /// <summary>First pause before a stopped coordinator is started again.</summary>
    public readonly TimeSpan CoordinatorFailureBackoff;

    /// <summary>How often a region asks again for what it waits for.</summary>
    public readonly TimeSpan RetryInterval;

    /// <summary>Messages that a region, and each shard, may hold back.</summary>
    public readonly int BufferSize;

    /// <summary>Limit for one shard's hand-off.</summary>
    public readonly TimeSpan HandOffTimeout;

    /// <summary>Limit for the confirmation of a shard's start.</summary>
    public readonly TimeSpan ShardStartTimeout;

    /// <summary>Pause before a shard that stopped unexpectedly is started again.</summary>
    public readonly TimeSpan ShardFailureBackoff;

    /// <summary>Pause before a remembered entity that ended by itself is started again.</summary>
    public readonly TimeSpan EntityRestartBackoff;

    /// <summary>Remembered entities of a shard start all at once, or at a constant rate.</summary>
    public readonly string EntityRecoveryStrategy;

    /// <summary>Constant rate: pause between two groups.</summary>
    public readonly TimeSpan EntityRecoveryConstantRateStrategyFrequency;

    /// <summary>Constant rate: entities of a group.</summary>
    public readonly int EntityRecoveryConstantRateStrategyNumberOfEntities;

    /// <summary>Entities that one write of the store adds or removes.</summary>
    internal readonly int RememberEntitiesUpdatesMax;

    /// <summary>How often the coordinator looks for an uneven spread.</summary>
    public readonly TimeSpan RebalanceInterval;

    /// <summary>Events between two snapshots of the coordinator.</summary>
    public readonly int SnapshotAfter;

    /// <summary>Snapshots whose events are kept.</summary>
    public readonly int KeepNrOfBatches;

    /// <summary>Classic strategy: difference that is left alone.</summary>
    public readonly int LeastShardAllocationRebalanceThreshold;

    /// <summary>Classic strategy: shards that move at the same time.</summary>
    public readonly int LeastShardAllocationMaxSimultaneousRebalance;

    /// <summary>How long a coordinator that finds no journal waits for the regions of the other members to report their shards.</summary>
    public readonly TimeSpan WaitingForStateTimeout;

    /// <summary>Newer strategy: shards that move in one round; 0 selects the classic one.</summary>
    public readonly int LeastShardAllocationAbsoluteLimit;

    /// <summary>Newer strategy: part of all shards that moves in one round.</summary>
    public readonly double LeastShardAllocationRelativeLimit;

    internal TuningParameters(Config config)
    {
        CoordinatorFailureBackoff = config.GetTimeSpan("coordinator-failure-backoff");
        RetryInterval = config.GetTimeSpan("retry-interval");
        BufferSize = config.GetInt("buffer-size");
        HandOffTimeout = config.GetTimeSpan("handoff-timeout");
        ShardStartTimeout = config.GetTimeSpan("shard-start-timeout");
        ShardFailureBackoff = config.GetTimeSpan("shard-failure-backoff");
        EntityRestartBackoff = config.GetTimeSpan("entity-restart-backoff");
        EntityRecoveryStrategy = Strategy(config.GetString("entity-recovery-strategy"));
        EntityRecoveryConstantRateStrategyFrequency = config.GetTimeSpan("entity-recovery-constant-rate-strategy.frequency");
        EntityRecoveryConstantRateStrategyNumberOfEntities = config.GetInt("entity-recovery-constant-rate-strategy.number-of-entities");
        RememberEntitiesUpdatesMax = Math.Max(1, config.GetInt("event-sourced-remember-entities-store.max-updates-per-write"));
        RebalanceInterval = config.GetTimeSpan("rebalance-interval");
        SnapshotAfter = config.GetInt("snapshot-after");
        KeepNrOfBatches = config.GetInt("keep-nr-of-batches");
        LeastShardAllocationRebalanceThreshold = config.GetInt("least-shard-allocation-strategy.rebalance-threshold");
        LeastShardAllocationMaxSimultaneousRebalance = config.GetInt("least-shard-allocation-strategy.max-simultaneous-rebalance");
        WaitingForStateTimeout = config.GetTimeSpan("waiting-for-state-timeout");
        LeastShardAllocationAbsoluteLimit = config.GetInt("least-shard-allocation-strategy.rebalance-absolute-limit");
        LeastShardAllocationRelativeLimit = config.GetDouble("least-shard-allocation-strategy.rebalance-relative-limit");
    }

    private TuningParameters(
        TuningParameters from, TimeSpan? coordinatorFailureBackoff = null, TimeSpan? retryInterval = null, int? bufferSize = null,
        TimeSpan? handOffTimeout = null, TimeSpan? shardStartTimeout = null, TimeSpan? shardFailureBackoff = null,
        TimeSpan? rebalanceInterval = null, int? snapshotAfter = null, int? keepNrOfBatches = null,
        int? rebalanceThreshold = null, int? maxSimultaneousRebalance = null, TimeSpan? waitingForStateTimeout = null,
        int? absoluteLimit = null, double? relativeLimit = null, TimeSpan? entityRestartBackoff = null, string? entityRecoveryStrategy = null,
        TimeSpan? recoveryFrequency = null, int? recoveryNumber = null)
    {
        EntityRestartBackoff = entityRestartBackoff ?? from.EntityRestartBackoff;
        EntityRecoveryStrategy = Strategy(entityRecoveryStrategy ?? from.EntityRecoveryStrategy);
        EntityRecoveryConstantRateStrategyFrequency = recoveryFrequency ?? from.EntityRecoveryConstantRateStrategyFrequency;
        EntityRecoveryConstantRateStrategyNumberOfEntities = recoveryNumber ?? from.EntityRecoveryConstantRateStrategyNumberOfEntities;
        RememberEntitiesUpdatesMax = from.RememberEntitiesUpdatesMax;
        CoordinatorFailureBackoff = coordinatorFailureBackoff ?? from.CoordinatorFailureBackoff;
        RetryInterval = retryInterval ?? from.RetryInterval;
        BufferSize = bufferSize ?? from.BufferSize;
        HandOffTimeout = handOffTimeout ?? from.HandOffTimeout;
        ShardStartTimeout = shardStartTimeout ?? from.ShardStartTimeout;
        ShardFailureBackoff = shardFailureBackoff ?? from.ShardFailureBackoff;
        RebalanceInterval = rebalanceInterval ?? from.RebalanceInterval;
        SnapshotAfter = snapshotAfter ?? from.SnapshotAfter;
        KeepNrOfBatches = keepNrOfBatches ?? from.KeepNrOfBatches;
        LeastShardAllocationRebalanceThreshold = rebalanceThreshold ?? from.LeastShardAllocationRebalanceThreshold;
        LeastShardAllocationMaxSimultaneousRebalance = maxSimultaneousRebalance ?? from.LeastShardAllocationMaxSimultaneousRebalance;
        WaitingForStateTimeout = waitingForStateTimeout ?? from.WaitingForStateTimeout;
        LeastShardAllocationAbsoluteLimit = absoluteLimit ?? from.LeastShardAllocationAbsoluteLimit;
        LeastShardAllocationRelativeLimit = relativeLimit ?? from.LeastShardAllocationRelativeLimit;
    }

    /// <summary>These parameters with another <see cref="CoordinatorFailureBackoff"/>.</summary>
    public TuningParameters WithCoordinatorFailureBackoff(TimeSpan coordinatorFailureBackoff) =>
        new(this, coordinatorFailureBackoff: coordinatorFailureBackoff);

    /// <summary>These parameters with another <see cref="RetryInterval"/>.</summary>
    public TuningParameters WithRetryInterval(TimeSpan retryInterval) => new(this, retryInterval: retryInterval);

    /// <summary>These parameters with another <see cref="BufferSize"/>.</summary>
    public TuningParameters WithBufferSize(int bufferSize) => new(this, bufferSize: bufferSize);

    /// <summary>These parameters with another <see cref="HandOffTimeout"/>.</summary>
    public TuningParameters WithHandOffTimeout(TimeSpan handOffTimeout) => new(this, handOffTimeout: handOffTimeout);

    /// <summary>These parameters with another <see cref="ShardStartTimeout"/>.</summary>
    public TuningParameters WithShardStartTimeout(TimeSpan shardStartTimeout) => new(this, shardStartTimeout: shardStartTimeout);

    /// <summary>These parameters with another <see cref="ShardFailureBackoff"/>.</summary>
    public TuningParameters WithShardFailureBackoff(TimeSpan shardFailureBackoff) => new(this, shardFailureBackoff: shardFailureBackoff);

    /// <summary>These parameters with another <see cref="RebalanceInterval"/>.</summary>
    public TuningParameters WithRebalanceInterval(TimeSpan rebalanceInterval) => new(this, rebalanceInterval: rebalanceInterval);

    /// <summary>These parameters with another <see cref="SnapshotAfter"/>.</summary>
    public TuningParameters WithSnapshotAfter(int snapshotAfter) => new(this, snapshotAfter: snapshotAfter);

    /// <summary>These parameters with another <see cref="KeepNrOfBatches"/>.</summary>
    public TuningParameters WithKeepNrOfBatches(int keepNrOfBatches) => new(this, keepNrOfBatches: keepNrOfBatches);

    /// <summary>These parameters with another <see cref="LeastShardAllocationRebalanceThreshold"/>.</summary>
    public TuningParameters WithLeastShardAllocationRebalanceThreshold(int leastShardAllocationRebalanceThreshold) =>
        new(this, rebalanceThreshold: leastShardAllocationRebalanceThreshold);

    /// <summary>These parameters with another <see cref="LeastShardAllocationMaxSimultaneousRebalance"/>.</summary>
    public TuningParameters WithLeastShardAllocationMaxSimultaneousRebalance(int leastShardAllocationMaxSimultaneousRebalance) =>
        new(this, maxSimultaneousRebalance: leastShardAllocationMaxSimultaneousRebalance);

    /// <summary>These parameters with another <see cref="WaitingForStateTimeout"/>.</summary>
    public TuningParameters WithWaitingForStateTimeout(TimeSpan waitingForStateTimeout) =>
        new(this, waitingForStateTimeout: waitingForStateTimeout);

    /// <summary>These parameters with another <see cref="LeastShardAllocationAbsoluteLimit"/>.</summary>
    public TuningParameters WithLeastShardAllocationAbsoluteLimit(int leastShardAllocationAbsoluteLimit) =>
        new(this, absoluteLimit: leastShardAllocationAbsoluteLimit);

    /// <summary>These parameters with another <see cref="LeastShardAllocationRelativeLimit"/>.</summary>
    public TuningParameters WithLeastShardAllocationRelativeLimit(double leastShardAllocationRelativeLimit) =>
        new(this, relativeLimit: leastShardAllocationRelativeLimit);

    /// <summary>These parameters with another <see cref="EntityRestartBackoff"/>.</summary>
    public TuningParameters WithEntityRestartBackoff(TimeSpan entityRestartBackoff) => new(this, entityRestartBackoff: entityRestartBackoff);

    /// <summary>These parameters with another <see cref="EntityRecoveryStrategy"/>.</summary>
    /// <exception cref="ArgumentException">It is neither "all" nor "constant".</exception>
    public TuningParameters WithEntityRecoveryStrategy(string entityRecoveryStrategy) => new(this, entityRecoveryStrategy: entityRecoveryStrategy);

    /// <summary>These parameters with another <see cref="EntityRecoveryConstantRateStrategyFrequency"/>.</summary>
    public TuningParameters WithEntityRecoveryConstantRateStrategyFrequency(TimeSpan entityRecoveryConstantRateStrategyFrequency) =>
        new(this, recoveryFrequency: entityRecoveryConstantRateStrategyFrequency);

    /// <summary>These parameters with another <see cref="EntityRecoveryConstantRateStrategyNumberOfEntities"/>.</summary>
    public TuningParameters WithEntityRecoveryConstantRateStrategyNumberOfEntities(int entityRecoveryConstantRateStrategyNumberOfEntities) =>
        new(this, recoveryNumber: entityRecoveryConstantRateStrategyNumberOfEntities);

    private static string Strategy(string? strategy) => strategy is "all" or "constant"
        ? strategy
        : throw new ArgumentException($"Unknown 'entity-recovery-strategy' [{strategy}], valid values are 'all' or 'constant'");
}
