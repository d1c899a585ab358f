using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;

namespace Akka.Cluster.Tools.Client;

/// <summary>Settings of a <see cref="ClusterClient"/>, by default from <c>akka.cluster.client</c>.</summary>
public sealed class ClusterClientSettings : INoSerializationVerificationNeeded
{
    public ClusterClientSettings(
        IImmutableSet<ActorPath> initialContacts,
        TimeSpan establishingGetContactsInterval,
        TimeSpan refreshContactsInterval,
        TimeSpan heartbeatInterval,
        TimeSpan acceptableHeartbeatPause,
        int bufferSize,
        TimeSpan? reconnectTimeout = null)
        : this(
            initialContacts, establishingGetContactsInterval, refreshContactsInterval, heartbeatInterval, acceptableHeartbeatPause, bufferSize, true, reconnectTimeout)
    {
    }

    /// <exception cref="ArgumentException">The size of the buffer is not between 0 and 10000.</exception>
    public ClusterClientSettings(
        IImmutableSet<ActorPath> initialContacts,
        TimeSpan establishingGetContactsInterval,
        TimeSpan refreshContactsInterval,
        TimeSpan heartbeatInterval,
        TimeSpan acceptableHeartbeatPause,
        int bufferSize,
        bool useLegacySerialization,
        TimeSpan? reconnectTimeout = null)
    {
        if (bufferSize is < 0 or > 10000) throw new ArgumentException("BufferSize must be >= 0 and <= 10000", nameof(bufferSize));
        InitialContacts = initialContacts;
        EstablishingGetContactsInterval = establishingGetContactsInterval;
        RefreshContactsInterval = refreshContactsInterval;
        HeartbeatInterval = heartbeatInterval;
        AcceptableHeartbeatPause = acceptableHeartbeatPause;
        BufferSize = bufferSize;
        UseLegacySerialization = useLegacySerialization;
        ReconnectTimeout = reconnectTimeout;
    }

    /// <summary>Paths of receptionists, any of which is enough.</summary>
    public IImmutableSet<ActorPath> InitialContacts { get; private init; }

    public TimeSpan EstablishingGetContactsInterval { get; private init; }

    public TimeSpan RefreshContactsInterval { get; private init; }

    public TimeSpan HeartbeatInterval { get; private init; }

    public TimeSpan AcceptableHeartbeatPause { get; private init; }

    /// <summary>Messages kept while there is no connection.</summary>
    public int BufferSize { get; private init; }

    /// <summary>The client stops when it has no connection for this long; null: it goes on looking.</summary>
    public TimeSpan? ReconnectTimeout { get; private init; }

    /// <summary>Messages travel as those of publish-subscribe, not as those of the client.</summary>
    public bool UseLegacySerialization { get; private init; }

    public bool VerboseLogging { get; private init; }

    public static ClusterClientSettings Create(ActorSystem system)
    {
        ToolsDefaults.Ensure(system);
        return Create(system.Settings.Config.GetConfig("akka.cluster.client"));
    }

    /// <exception cref="ConfigurationException">Contacts are to be discovered, which is not covered.</exception>
    public static ClusterClientSettings Create(Config config)
    {
        if (config.IsNullOrEmpty()) throw ConfigurationException.NullOrEmptyConfig<ClusterClientSettings>();
        if (config.GetBoolean("use-initial-contacts-discovery", false))
            throw new ConfigurationException("akka.cluster.client.use-initial-contacts-discovery: discovery is not covered, set initial-contacts");
        var reconnect = config.GetString("reconnect-timeout", "off");
        return new ClusterClientSettings(
            config.GetStringList("initial-contacts", []).Select(ActorPath.Parse).ToImmutableHashSet(),
            config.GetTimeSpan("establishing-get-contacts-interval"),
            config.GetTimeSpan("refresh-contacts-interval"),
            config.GetTimeSpan("heartbeat-interval"),
            config.GetTimeSpan("acceptable-heartbeat-pause"),
            config.GetInt("buffer-size"),
            config.GetBoolean("use-legacy-serialization", true),
            reconnect is "off" or "false" ? null : config.GetTimeSpan("reconnect-timeout"))
        {
            VerboseLogging = config.GetBoolean("verbose-logging", false),
        };
    }

    /// <exception cref="ArgumentException">There is no contact.</exception>
    public ClusterClientSettings WithInitialContacts(IImmutableSet<ActorPath> initialContacts)
    {
        if (initialContacts.Count == 0) throw new ArgumentException("InitialContacts must be defined", nameof(initialContacts));
        return new ClusterClientSettings(this) { InitialContacts = initialContacts };
    }

    public ClusterClientSettings WithEstablishingGetContactsInterval(TimeSpan value) => new(this) { EstablishingGetContactsInterval = value };

    public ClusterClientSettings WithRefreshContactsInterval(TimeSpan value) => new(this) { RefreshContactsInterval = value };

    public ClusterClientSettings WithHeartbeatInterval(TimeSpan value) => new(this) { HeartbeatInterval = value };

    /// <exception cref="ArgumentException">The size is not between 0 and 10000.</exception>
    public ClusterClientSettings WithBufferSize(int bufferSize)
    {
        if (bufferSize is < 0 or > 10000) throw new ArgumentException("BufferSize must be >= 0 and <= 10000", nameof(bufferSize));
        return new ClusterClientSettings(this) { BufferSize = bufferSize };
    }

    public ClusterClientSettings WithReconnectTimeout(TimeSpan? reconnectTimeout) => new(this) { ReconnectTimeout = reconnectTimeout };

    public ClusterClientSettings WithUseLegacySerialization(bool useLegacySerialization) => new(this) { UseLegacySerialization = useLegacySerialization };

    private ClusterClientSettings(ClusterClientSettings other)
        : this(
            other.InitialContacts,
            other.EstablishingGetContactsInterval,
            other.RefreshContactsInterval,
            other.HeartbeatInterval,
            other.AcceptableHeartbeatPause,
            other.BufferSize,
            other.UseLegacySerialization,
            other.ReconnectTimeout) => VerboseLogging = other.VerboseLogging;
}
