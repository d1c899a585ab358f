using System.Collections.Immutable;
using System.Reflection;
using Akka.Actor;
using Akka.Configuration;
using Akka.Util;

namespace Akka.Cluster;

/// <summary>The section <c>akka.cluster</c>, read once.</summary>
public sealed class ClusterSettings
{
    private const string InternalDispatcher = "akka.actor.internal-dispatcher";

    /// <exception cref="ConfigurationException">The section is missing or names no usable downing provider.</exception>
    public ClusterSettings(Config config, string systemName)
    {
        var cluster = config.GetConfig("akka.cluster");
        if (cluster.IsNullOrEmpty()) throw ConfigurationException.NullOrEmptyConfig<ClusterSettings>("akka.cluster");

        LogInfoVerbose = cluster.GetBoolean("log-info-verbose");
        LogInfo = LogInfoVerbose || cluster.GetBoolean("log-info", true);
        FailureDetectorConfig = cluster.GetConfig("failure-detector");
        FailureDetectorImplementationClass = FailureDetectorConfig.GetString("implementation-class");
        HeartbeatInterval = Positive(FailureDetectorConfig, "heartbeat-interval");
        HeartbeatExpectedResponseAfter = Positive(FailureDetectorConfig, "expected-response-after");
        MonitoredByNrOfMembers = FailureDetectorConfig.GetInt("monitored-by-nr-of-members");
        if (MonitoredByNrOfMembers <= 0) throw new ConfigurationException("akka.cluster.failure-detector.monitored-by-nr-of-members must be > 0");

        SeedNodes = cluster.GetStringList("seed-nodes").Select(s => Address.Parse(s.Trim())).ToImmutableList();
        SeedNodeTimeout = Positive(cluster, "seed-node-timeout");
        RetryUnsuccessfulJoinAfter = OptionalTime(cluster, "retry-unsuccessful-join-after");
        ShutdownAfterUnsuccessfulJoinSeedNodes = OptionalTime(cluster, "shutdown-after-unsuccessful-join-seed-nodes");
        PeriodicTasksInitialDelay = cluster.GetTimeSpan("periodic-tasks-initial-delay");
        GossipInterval = Positive(cluster, "gossip-interval");
        LeaderActionsInterval = Positive(cluster, "leader-actions-interval");
        UnreachableNodesReaperInterval = Positive(cluster, "unreachable-nodes-reaper-interval");
        Roles = cluster.GetStringList("roles").Select(r => r.Trim()).Where(r => r.Length > 0).ToImmutableHashSet();
        AppVersion = ReadAppVersion(cluster.GetString("app-version", "assembly-version"));
        GossipDifferentViewProbability = cluster.GetDouble("gossip-different-view-probability", 0.8);
        ReduceGossipDifferentViewProbability = cluster.GetInt("reduce-gossip-different-view-probability", 400);
        var dispatcher = cluster.GetString("use-dispatcher");
        UseDispatcher = string.IsNullOrWhiteSpace(dispatcher) ? InternalDispatcher : dispatcher;
        MinNrOfMembers = cluster.GetInt("min-nr-of-members", 1);
        MinNrOfMembersOfRole = ReadMinimumOfRoles(cluster);
        VerboseHeartbeatLogging = cluster.GetBoolean("debug.verbose-heartbeat-logging");
        VerboseGossipReceivedLogging = cluster.GetBoolean("debug.verbose-receive-gossip-logging");
        DowningProviderType = ReadDowningProvider(cluster.GetString("downing-provider-class"));
        RunCoordinatedShutdownWhenDown = cluster.GetBoolean("run-coordinated-shutdown-when-down", true);
        (AllowWeaklyUpMembers, WeaklyUpAfter) = ReadWeaklyUp(cluster);
    }

    public bool LogInfoVerbose { get; }

    public bool LogInfo { get; }

    public Config FailureDetectorConfig { get; }

    public string FailureDetectorImplementationClass { get; }

    public TimeSpan HeartbeatInterval { get; }

    public TimeSpan HeartbeatExpectedResponseAfter { get; }

    public int MonitoredByNrOfMembers { get; }

    public ImmutableList<Address> SeedNodes { get; }

    public TimeSpan SeedNodeTimeout { get; }

    public TimeSpan? RetryUnsuccessfulJoinAfter { get; }

    public TimeSpan? ShutdownAfterUnsuccessfulJoinSeedNodes { get; }

    public TimeSpan PeriodicTasksInitialDelay { get; }

    public TimeSpan GossipInterval { get; }

    public TimeSpan LeaderActionsInterval { get; }

    public TimeSpan UnreachableNodesReaperInterval { get; }

    public ImmutableHashSet<string> Roles { get; }

    public AppVersion AppVersion { get; }

    public double GossipDifferentViewProbability { get; }

    public int ReduceGossipDifferentViewProbability { get; }

    public string UseDispatcher { get; }

    public int MinNrOfMembers { get; }

    public ImmutableDictionary<string, int> MinNrOfMembersOfRole { get; }

    public bool VerboseHeartbeatLogging { get; }

    public bool VerboseGossipReceivedLogging { get; }

    public Type DowningProviderType { get; }

    public bool RunCoordinatedShutdownWhenDown { get; }

    public bool AllowWeaklyUpMembers { get; }

    public TimeSpan WeaklyUpAfter { get; }

    private static TimeSpan Positive(Config config, string key)
    {
        var value = config.GetTimeSpan(key);
        if (value <= TimeSpan.Zero) throw new ConfigurationException($"akka.cluster: {key} must be > 0");
        return value;
    }

    private static TimeSpan? OptionalTime(Config config, string key) => IsOff(config.GetString(key)) ? null : config.GetTimeSpan(key);

    private static bool IsOff(string? value) => value is null || value.Trim().ToLowerInvariant() is "" or "off" or "false" or "no";

    private static (bool, TimeSpan) ReadWeaklyUp(Config cluster)
    {
        var value = cluster.GetString("allow-weakly-up-members", "7s");
        if (IsOff(value)) return (false, TimeSpan.Zero);
        var isOn = value.Trim().ToLowerInvariant() is "on" or "true" or "yes";
        return (true, isOn ? TimeSpan.FromSeconds(7) : Positive(cluster, "allow-weakly-up-members"));
    }

    private static AppVersion ReadAppVersion(string version)
    {
        if (version != "assembly-version") return AppVersion.Create(version);
        var assembly = Assembly.GetEntryAssembly()?.GetName().Version;
        return assembly is null ? AppVersion.Zero : AppVersion.Create(assembly.ToString());
    }

    private static ImmutableDictionary<string, int> ReadMinimumOfRoles(Config cluster)
    {
        var section = cluster.GetConfig("role");
        if (section.IsNullOrEmpty()) return ImmutableDictionary<string, int>.Empty;
        return section.Root.GetObject().Items.Keys
            .Where(role => section.HasPath($"{role}.min-nr-of-members"))
            .ToImmutableDictionary(role => role, role => section.GetInt($"{role}.min-nr-of-members"));
    }

    private static Type ReadDowningProvider(string? className)
    {
        if (string.IsNullOrWhiteSpace(className)) return typeof(NoDowning);
        return Type.GetType(className) ?? throw new ConfigurationException($"Downing provider class [{className}] was not found");
    }
}
