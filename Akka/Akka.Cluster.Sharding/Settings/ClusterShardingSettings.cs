using Akka.Actor;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Akka.Coordination;

namespace Akka.Cluster.Sharding;

/// <summary>Settings of one sharded type; the defaults stand in <c>akka.cluster.sharding</c>.</summary>
public sealed class ClusterShardingSettings : INoSerializationVerificationNeeded
{
    /// <summary>Role that members need to host entities; null or empty: all members.</summary>
    public readonly string? Role;

    /// <summary>Entities that ran start again with their shard, without a message; none is passivated for being idle.</summary>
    public readonly bool RememberEntities;

    /// <summary>Where the ids of remembered entities are kept.</summary>
    public readonly RememberEntitiesStore RememberEntitiesStore;

    private readonly string? _storeNotCovered;

    /// <summary>Journal of the coordinator; empty: the default journal.</summary>
    public readonly string JournalPluginId;

    /// <summary>Snapshot store of the coordinator; empty: the default store.</summary>
    public readonly string SnapshotPluginId;

    /// <summary>Where the coordinator keeps the shards' homes.</summary>
    public readonly StateStoreMode StateStoreMode;

    /// <summary>How long a query about regions or shards may take.</summary>
    public readonly TimeSpan ShardRegionQueryTimeout;

    /// <summary>Entities without a message for this long are passivated; zero: never.</summary>
    public readonly TimeSpan PassivateIdleEntityAfter;

    /// <summary>Times and limits.</summary>
    public readonly TuningParameters TuningParameters;

    /// <summary>Settings of the singleton that the coordinator is.</summary>
    public readonly ClusterSingletonManagerSettings CoordinatorSingletonSettings;

    /// <summary>Lease that a shard holds while it runs; null: none.</summary>
    public readonly LeaseUsageSettings? LeaseSettings;

    /// <summary>Settings without a lease.</summary>
    public ClusterShardingSettings(
        string? role, bool rememberEntities, string journalPluginId, string snapshotPluginId, TimeSpan passivateIdleEntityAfter,
        StateStoreMode stateStoreMode, TuningParameters tuningParameters, ClusterSingletonManagerSettings coordinatorSingletonSettings)
        : this(role, rememberEntities, journalPluginId, snapshotPluginId, passivateIdleEntityAfter, stateStoreMode, tuningParameters, coordinatorSingletonSettings, null)
    {
    }

    /// <summary>Settings with an optional lease for the shards.</summary>
    public ClusterShardingSettings(
        string? role, bool rememberEntities, string journalPluginId, string snapshotPluginId, TimeSpan passivateIdleEntityAfter,
        StateStoreMode stateStoreMode, TuningParameters tuningParameters, ClusterSingletonManagerSettings coordinatorSingletonSettings,
        LeaseUsageSettings? leaseSettings)
        : this(role, rememberEntities, journalPluginId, snapshotPluginId, passivateIdleEntityAfter, stateStoreMode, RememberEntitiesStore.Eventsourced, TimeSpan.FromSeconds(3), tuningParameters, coordinatorSingletonSettings, leaseSettings)
    {
    }

    /// <summary>Settings with everything that can be set.</summary>
    public ClusterShardingSettings(
        string? role, bool rememberEntities, string journalPluginId, string snapshotPluginId, TimeSpan passivateIdleEntityAfter,
        StateStoreMode stateStoreMode, RememberEntitiesStore rememberEntitiesStore, TimeSpan shardRegionQueryTimeout,
        TuningParameters tuningParameters, ClusterSingletonManagerSettings coordinatorSingletonSettings, LeaseUsageSettings? leaseSettings)
        : this(role, rememberEntities, journalPluginId, snapshotPluginId, passivateIdleEntityAfter, stateStoreMode, rememberEntitiesStore, shardRegionQueryTimeout, tuningParameters, coordinatorSingletonSettings, leaseSettings, null)
    {
    }

    private ClusterShardingSettings(
        string? role, bool rememberEntities, string journalPluginId, string snapshotPluginId, TimeSpan passivateIdleEntityAfter,
        StateStoreMode stateStoreMode, RememberEntitiesStore rememberEntitiesStore, TimeSpan shardRegionQueryTimeout,
        TuningParameters tuningParameters, ClusterSingletonManagerSettings coordinatorSingletonSettings, LeaseUsageSettings? leaseSettings,
        string? storeNotCovered)
    {
        if (rememberEntities && storeNotCovered is not null)
        {
            throw new ConfigurationException(
                $"akka.cluster.sharding.remember-entities-store = {storeNotCovered} is not covered by the bundled engine, only eventsourced is");
        }

        Role = role;
        RememberEntities = rememberEntities;
        RememberEntitiesStore = rememberEntitiesStore;
        _storeNotCovered = storeNotCovered;
        JournalPluginId = journalPluginId;
        SnapshotPluginId = snapshotPluginId;
        PassivateIdleEntityAfter = passivateIdleEntityAfter;
        StateStoreMode = stateStoreMode;
        ShardRegionQueryTimeout = shardRegionQueryTimeout;
        TuningParameters = tuningParameters;
        CoordinatorSingletonSettings = coordinatorSingletonSettings;
        LeaseSettings = leaseSettings;
    }

    /// <summary>Settings as <c>akka.cluster.sharding</c> of this system says.</summary>
    public static ClusterShardingSettings Create(ActorSystem system)
    {
        system.Settings.InjectTopLevelFallback(ClusterSharding.DefaultConfig());
        system.Settings.InjectTopLevelFallback(ClusterSingletonManager.DefaultConfig());
        var config = system.Settings.Config.GetConfig("akka.cluster.sharding");
        var singletonConfig = system.Settings.Config.GetConfig(config.GetString("coordinator-singleton"));
        return Create(config, singletonConfig);
    }

    /// <summary>Settings from a sharding section and the section of the coordinator's singleton.</summary>
    public static ClusterShardingSettings Create(Config config, Config singletonConfig)
    {
        var storeMode = config.GetString("state-store-mode");
        if (!Enum.TryParse<StateStoreMode>(storeMode, ignoreCase: true, out var stateStoreMode))
            throw new ConfigurationException($"akka.cluster.sharding.state-store-mode = {storeMode} is not covered by the bundled engine, only persistence is");

        var entitiesStore = config.GetString("remember-entities-store");
        var lease = config.GetString("use-lease");
        return new ClusterShardingSettings(
            role: NullIfEmpty(config.GetString("role")),
            rememberEntities: config.GetBoolean("remember-entities"),
            journalPluginId: config.GetString("journal-plugin-id") ?? "",
            snapshotPluginId: config.GetString("snapshot-plugin-id") ?? "",
            passivateIdleEntityAfter: IdleTime(config),
            stateStoreMode: stateStoreMode,
            rememberEntitiesStore: RememberEntitiesStore.Eventsourced,
            shardRegionQueryTimeout: config.GetTimeSpan("shard-region-query-timeout"),
            tuningParameters: new TuningParameters(config),
            coordinatorSingletonSettings: ClusterSingletonManagerSettings.Create(singletonConfig),
            leaseSettings: string.IsNullOrEmpty(lease) ? null : new LeaseUsageSettings(lease, config.GetTimeSpan("lease-retry-interval")),
            storeNotCovered: string.Equals(entitiesStore, "eventsourced", StringComparison.OrdinalIgnoreCase) ? null : entitiesStore);
    }

    /// <summary>These settings for members with another role.</summary>
    public ClusterShardingSettings WithRole(string? role) => Copy(role: new Option(role));

    /// <summary>These settings with entities that are remembered, or not.</summary>
    /// <exception cref="ConfigurationException">The store that the configuration names is not covered.</exception>
    public ClusterShardingSettings WithRememberEntities(bool rememberEntities) => Copy(rememberEntities: rememberEntities);

    /// <summary>These settings with another journal for the coordinator.</summary>
    public ClusterShardingSettings WithJournalPluginId(string journalPluginId) => Copy(journalPluginId: journalPluginId ?? "");

    /// <summary>These settings with another snapshot store for the coordinator.</summary>
    public ClusterShardingSettings WithSnapshotPluginId(string snapshotPluginId) => Copy(snapshotPluginId: snapshotPluginId ?? "");

    /// <summary>These settings with another store for the shards' homes.</summary>
    public ClusterShardingSettings WithStateStoreMode(StateStoreMode mode) => Copy(stateStoreMode: mode);

    /// <summary>These settings with other times and limits.</summary>
    public ClusterShardingSettings WithTuningParameters(TuningParameters tuningParameters) =>
        Copy(tuningParameters: tuningParameters ?? throw new ArgumentNullException(nameof(tuningParameters)));

    /// <summary>These settings with another time after which idle entities are passivated; zero: never.</summary>
    public ClusterShardingSettings WithPassivateIdleAfter(TimeSpan duration) => Copy(passivateIdleEntityAfter: duration);

    /// <summary>These settings with a lease for each shard.</summary>
    public ClusterShardingSettings WithLeaseSettings(LeaseUsageSettings leaseSettings) => Copy(leaseSettings: leaseSettings);

    /// <summary>These settings with other settings for the coordinator's singleton.</summary>
    public ClusterShardingSettings WithCoordinatorSingletonSettings(ClusterSingletonManagerSettings coordinatorSingletonSettings) =>
        Copy(coordinatorSingletonSettings: coordinatorSingletonSettings ?? throw new ArgumentNullException(nameof(coordinatorSingletonSettings)));

    /// <summary>Whether a member may host entities of this type.</summary>
    internal bool ShouldHostShard(Cluster cluster) => string.IsNullOrEmpty(Role) || cluster.SelfRoles.Contains(Role);

    /// <summary>Whether idle entities are passivated.</summary>
    internal bool PassivatesIdleEntities => PassivateIdleEntityAfter > TimeSpan.Zero && !RememberEntities;

    private static TimeSpan IdleTime(Config config) =>
        string.Equals(config.GetString("passivate-idle-entity-after"), "off", StringComparison.OrdinalIgnoreCase)
            ? TimeSpan.Zero
            : config.GetTimeSpan("passivate-idle-entity-after");

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private ClusterShardingSettings Copy(
        Option? role = null, string? journalPluginId = null, string? snapshotPluginId = null, TimeSpan? passivateIdleEntityAfter = null,
        StateStoreMode? stateStoreMode = null, TuningParameters? tuningParameters = null,
        ClusterSingletonManagerSettings? coordinatorSingletonSettings = null, LeaseUsageSettings? leaseSettings = null, bool? rememberEntities = null) =>
        new(
            role is { } given ? NullIfEmpty(given.Role) : Role,
            rememberEntities ?? RememberEntities,
            journalPluginId ?? JournalPluginId,
            snapshotPluginId ?? SnapshotPluginId,
            passivateIdleEntityAfter ?? PassivateIdleEntityAfter,
            stateStoreMode ?? StateStoreMode,
            RememberEntitiesStore,
            ShardRegionQueryTimeout,
            tuningParameters ?? TuningParameters,
            coordinatorSingletonSettings ?? CoordinatorSingletonSettings,
            leaseSettings ?? LeaseSettings,
            _storeNotCovered);

    /// <summary>Tells "no role" from "role not given".</summary>
    private readonly record struct Option(string? Role);
}
