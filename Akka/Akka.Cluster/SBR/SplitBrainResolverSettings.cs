using System.Collections.Immutable;
using Akka.Configuration;

namespace Akka.Cluster.SBR;

/// <summary>The section <c>akka.cluster.split-brain-resolver</c>.</summary>
public sealed class SplitBrainResolverSettings
{
    public const string KeepMajorityName = "keep-majority";
    public const string LeaseMajorityName = "lease-majority";
    public const string StaticQuorumName = "static-quorum";
    public const string KeepOldestName = "keep-oldest";
    public const string DownAllName = "down-all";

    public static readonly ImmutableHashSet<string> AllStrategyNames =
        [KeepMajorityName, LeaseMajorityName, StaticQuorumName, KeepOldestName, DownAllName];

    private static readonly TimeSpan LeastDownAllWhenUnstable = TimeSpan.FromSeconds(4);

    private readonly Config _config;

    /// <param name="config">The whole configuration, with <c>akka.cluster</c> in it.</param>
    /// <exception cref="ConfigurationException">The section is missing or its values make no sense.</exception>
    public SplitBrainResolverSettings(Config config)
    {
        _config = config.GetConfig("akka.cluster.split-brain-resolver");
        if (_config.IsNullOrEmpty()) throw ConfigurationException.NullOrEmptyConfig<SplitBrainResolverSettings>("akka.cluster.split-brain-resolver");
        DowningStableAfter = _config.GetTimeSpan("stable-after");
        if (DowningStableAfter <= TimeSpan.Zero) throw new ConfigurationException("'split-brain-resolver.stable-after' must be > 0");
        DowningStrategy = (_config.GetString("active-strategy") ?? "").Trim().ToLowerInvariant();
        if (!AllStrategyNames.Contains(DowningStrategy))
        {
            throw new ConfigurationException($"Unknown downing strategy 'split-brain-resolver.active-strategy' = [{DowningStrategy}]. "
                + $"Select one of [{string.Join(", ", AllStrategyNames.Order(StringComparer.Ordinal))}]");
        }
        DownAllWhenUnstable = ReadDownAllWhenUnstable(_config, DowningStableAfter);
    }

    public TimeSpan DowningStableAfter { get; }

    public string DowningStrategy { get; }

    /// <summary>Zero: never because of instability.</summary>
    public TimeSpan DownAllWhenUnstable { get; }

    /// <summary>Null: members of all roles count.</summary>
    public string? KeepMajorityRole => Role(KeepMajorityName);

    public StaticQuorumSettings StaticQuorumSettings
    {
        get
        {
            var size = _config.GetString("static-quorum.quorum-size");
            if (!int.TryParse(size, out var quorum)) throw new ConfigurationException($"'split-brain-resolver.static-quorum.quorum-size' must be a number, was [{size}]");
            return new StaticQuorumSettings(quorum, Role(StaticQuorumName));
        }
    }

    public KeepOldestSettings KeepOldestSettings => new(_config.GetBoolean("keep-oldest.down-if-alone", true), Role(KeepOldestName));

    public LeaseMajoritySettings LeaseMajoritySettings
    {
        get
        {
            var implementation = _config.GetString("lease-majority.lease-implementation");
            if (string.IsNullOrWhiteSpace(implementation)) throw new ConfigurationException("'split-brain-resolver.lease-majority.lease-implementation' must be set");
            var name = _config.GetString("lease-majority.lease-name");
            return new LeaseMajoritySettings(
                implementation,
                _config.GetTimeSpan("lease-majority.acquire-lease-delay-for-minority"),
                _config.GetTimeSpan("lease-majority.release-after"),
                Role(LeaseMajorityName),
                string.IsNullOrWhiteSpace(name) ? null : name.Trim());
        }
    }

    private string? Role(string strategy)
    {
        var role = _config.GetString($"{strategy}.role");
        return string.IsNullOrWhiteSpace(role) ? null : role.Trim();
    }

    private static TimeSpan ReadDownAllWhenUnstable(Config config, TimeSpan stableAfter)
    {
        var value = (config.GetString("down-all-when-unstable") ?? "on").Trim().ToLowerInvariant();
        if (value is "off" or "false" or "no") return TimeSpan.Zero;
        if (value is not ("on" or "true" or "yes")) return config.GetTimeSpan("down-all-when-unstable");
        var derived = stableAfter * 0.75;
        return derived > LeastDownAllWhenUnstable ? derived : LeastDownAllWhenUnstable;
    }
}

/// <summary>Settings of static-quorum.</summary>
public sealed class StaticQuorumSettings
{
    /// <exception cref="ConfigurationException">The size is not positive.</exception>
    public StaticQuorumSettings(int size, string? role)
    {
        if (size <= 0) throw new ConfigurationException("'split-brain-resolver.static-quorum.quorum-size' must be > 0");
        Size = size;
        Role = role;
    }

    public int Size { get; }

    public string? Role { get; }
}

/// <summary>Settings of keep-oldest.</summary>
public sealed class KeepOldestSettings
{
    public KeepOldestSettings(bool downIfAlone, string? role)
    {
        DownIfAlone = downIfAlone;
        Role = role;
    }

    public bool DownIfAlone { get; }

    public string? Role { get; }
}

/// <summary>Settings of lease-majority.</summary>
public sealed class LeaseMajoritySettings
{
    public LeaseMajoritySettings(string leaseImplementation, TimeSpan acquireLeaseDelayForMinority, TimeSpan releaseAfter, string? role, string? leaseName)
    {
        LeaseImplementation = leaseImplementation;
        AcquireLeaseDelayForMinority = acquireLeaseDelayForMinority;
        ReleaseAfter = releaseAfter;
        Role = role;
        LeaseName = leaseName;
    }

    public string LeaseImplementation { get; }

    public TimeSpan AcquireLeaseDelayForMinority { get; }

    public TimeSpan ReleaseAfter { get; }

    public string? Role { get; }

    public string? LeaseName { get; }

    /// <summary>The configured name, or one made of the actor system's.</summary>
    public string SafeLeaseName(string systemName) => LeaseName ?? $"{systemName}-akka-sbr";
}
