using Akka.Actor;
using Akka.Configuration;
using Akka.Coordination;

namespace Akka.Cluster.Tools.Singleton;

/// <summary>Settings of a <see cref="ClusterSingletonManager"/>, by default from <c>akka.cluster.singleton</c>.</summary>
public sealed class ClusterSingletonManagerSettings : INoSerializationVerificationNeeded
{
    public ClusterSingletonManagerSettings(
        string singletonName, string? role, TimeSpan removalMargin, TimeSpan handOverRetryInterval, bool considerAppVersion)
        : this(singletonName, role, removalMargin, handOverRetryInterval, null, considerAppVersion)
    {
    }

    /// <exception cref="ArgumentException">The name is empty or a time is not positive.</exception>
    public ClusterSingletonManagerSettings(
        string singletonName,
        string? role,
        TimeSpan removalMargin,
        TimeSpan handOverRetryInterval,
        LeaseUsageSettings? leaseSettings,
        bool considerAppVersion)
    {
        if (string.IsNullOrWhiteSpace(singletonName)) throw new ArgumentException("A singleton needs a name", nameof(singletonName));
        if (removalMargin < TimeSpan.Zero) throw new ArgumentException("removalMargin must be >= 0", nameof(removalMargin));
        if (handOverRetryInterval <= TimeSpan.Zero) throw new ArgumentException("handOverRetryInterval must be > 0", nameof(handOverRetryInterval));
        SingletonName = singletonName;
        Role = role;
        RemovalMargin = removalMargin;
        HandOverRetryInterval = handOverRetryInterval;
        LeaseSettings = leaseSettings;
        ConsiderAppVersion = considerAppVersion;
    }

    public string SingletonName { get; }

    /// <summary>Null: any member.</summary>
    public string? Role { get; }

    /// <summary>Wait after the removal of the previous oldest. Zero: the margin of the downing provider.</summary>
    public TimeSpan RemovalMargin { get; }

    public TimeSpan HandOverRetryInterval { get; }

    /// <summary>Null: no lease.</summary>
    public LeaseUsageSettings? LeaseSettings { get; }

    public bool ConsiderAppVersion { get; }

    public static ClusterSingletonManagerSettings Create(ActorSystem system)
    {
        SingletonDefaults.Ensure(system);
        return Create(system.Settings.Config.GetConfig("akka.cluster.singleton"));
    }

    public static ClusterSingletonManagerSettings Create(Config config)
    {
        if (config.IsNullOrEmpty()) throw ConfigurationException.NullOrEmptyConfig<ClusterSingletonManagerSettings>();
        return new ClusterSingletonManagerSettings(
            config.GetString("singleton-name"),
            SingletonDefaults.RoleOf(config.GetString("role")),
            TimeSpan.Zero,
            config.GetTimeSpan("hand-over-retry-interval"),
            SingletonDefaults.LeaseOf(config),
            config.GetBoolean("consider-app-version"));
    }

    public ClusterSingletonManagerSettings WithSingletonName(string singletonName) => Copy(singletonName: singletonName);

    public ClusterSingletonManagerSettings WithRole(string? role) =>
        new(SingletonName, SingletonDefaults.RoleOf(role), RemovalMargin, HandOverRetryInterval, LeaseSettings, ConsiderAppVersion);

    public ClusterSingletonManagerSettings WithRemovalMargin(TimeSpan removalMargin) => Copy(removalMargin: removalMargin);

    public ClusterSingletonManagerSettings WithHandOverRetryInterval(TimeSpan handOverRetryInterval) => Copy(handOverRetryInterval: handOverRetryInterval);

    public ClusterSingletonManagerSettings WithLeaseSettings(LeaseUsageSettings? leaseSettings) =>
        new(SingletonName, Role, RemovalMargin, HandOverRetryInterval, leaseSettings, ConsiderAppVersion);

    private ClusterSingletonManagerSettings Copy(string? singletonName = null, TimeSpan? removalMargin = null, TimeSpan? handOverRetryInterval = null) =>
        new(singletonName ?? SingletonName, Role, removalMargin ?? RemovalMargin, handOverRetryInterval ?? HandOverRetryInterval, LeaseSettings, ConsiderAppVersion);
}
