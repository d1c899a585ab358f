using Akka.Actor;
using Akka.Configuration;
using Akka.Coordination;

namespace Akka.Cluster.Tools.Singleton;

/// <summary>Settings of manager and proxy together, for <see cref="ClusterSingleton"/>.</summary>
public class ClusterSingletonSettings : INoSerializationVerificationNeeded
{
    private ClusterSingletonSettings(
        string? role,
        TimeSpan singletonIdentificationInterval,
        TimeSpan removalMargin,
        TimeSpan handOverRetryInterval,
        int bufferSize,
        LeaseUsageSettings? leaseSettings,
        bool considerAppVersion)
    {
        Role = role;
        SingletonIdentificationInterval = singletonIdentificationInterval;
        RemovalMargin = removalMargin;
        HandOverRetryInterval = handOverRetryInterval;
        BufferSize = bufferSize;
        LeaseSettings = leaseSettings;
        ConsiderAppVersion = considerAppVersion;
    }

    public string? Role { get; }

    public TimeSpan SingletonIdentificationInterval { get; }

    public TimeSpan RemovalMargin { get; }

    public TimeSpan HandOverRetryInterval { get; }

    public int BufferSize { get; }

    public LeaseUsageSettings? LeaseSettings { get; }

    public bool ConsiderAppVersion { get; }

    public static ClusterSingletonSettings Create(ActorSystem system)
    {
        SingletonDefaults.Ensure(system);
        return Create(system.Settings.Config.GetConfig("akka.cluster"));
    }

    /// <param name="config">The section <c>akka.cluster</c>.</param>
    public static ClusterSingletonSettings Create(Config config)
    {
        if (config.IsNullOrEmpty()) throw ConfigurationException.NullOrEmptyConfig<ClusterSingletonSettings>();
        var manager = ClusterSingletonManagerSettings.Create(config.GetConfig("singleton"));
        var proxy = ClusterSingletonProxySettings.Create(config.GetConfig("singleton-proxy"), manager.ConsiderAppVersion);
        return new ClusterSingletonSettings(
            manager.Role,
            proxy.SingletonIdentificationInterval,
            manager.RemovalMargin,
            manager.HandOverRetryInterval,
            proxy.BufferSize,
            manager.LeaseSettings,
            manager.ConsiderAppVersion);
    }

    public ClusterSingletonSettings WithRole(string? role) =>
        new(SingletonDefaults.RoleOf(role), SingletonIdentificationInterval, RemovalMargin, HandOverRetryInterval, BufferSize, LeaseSettings, ConsiderAppVersion);

    public ClusterSingletonSettings WithRemovalMargin(TimeSpan removalMargin) =>
        new(Role, SingletonIdentificationInterval, removalMargin, HandOverRetryInterval, BufferSize, LeaseSettings, ConsiderAppVersion);

    public ClusterSingletonSettings WithHandOverRetryInterval(TimeSpan handOverRetryInterval) =>
        new(Role, SingletonIdentificationInterval, RemovalMargin, handOverRetryInterval, BufferSize, LeaseSettings, ConsiderAppVersion);

    public ClusterSingletonSettings WithLeaseSettings(LeaseUsageSettings? leaseSettings) =>
        new(Role, SingletonIdentificationInterval, RemovalMargin, HandOverRetryInterval, BufferSize, leaseSettings, ConsiderAppVersion);

    internal ClusterSingletonManagerSettings ToManagerSettings(string singletonName) =>
        new(singletonName, Role, RemovalMargin, HandOverRetryInterval, LeaseSettings, ConsiderAppVersion);

    internal ClusterSingletonProxySettings ToProxySettings(string singletonName) =>
        new(singletonName, Role, SingletonIdentificationInterval, BufferSize, ConsiderAppVersion);
}
