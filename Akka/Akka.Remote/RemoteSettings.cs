using Akka.Actor;
using Akka.Configuration;

namespace Akka.Remote;

/// <summary>What <c>akka.remote</c> says.</summary>
public class RemoteSettings
{
    /// <summary>The first part of the protocol of remote addresses.</summary>
    public static readonly string AkkaScheme = "akka";

    /// <summary>Reads the settings from the whole configuration of an actor system.</summary>
    public RemoteSettings(Config config)
    {
        Config = config;
        LogReceive = config.GetBoolean("akka.remote.log-received-messages", false);
        LogSend = config.GetBoolean("akka.remote.log-sent-messages", false);
        LogBufferSizeExceeding = IntOrOff(config, "akka.remote.log-buffer-size-exceeding");
        UntrustedMode = config.GetBoolean("akka.remote.untrusted-mode", false);
        TrustedSelectionPaths = [.. config.GetStringList("akka.remote.trusted-selection-paths", [])];
        RemoteLifecycleEventsLogLevel = LifecycleLevel(config.GetString("akka.remote.log-remote-lifecycle-events", "on"));
        Dispatcher = config.GetString("akka.remote.use-dispatcher", null) ?? "";
        FlushWait = config.GetTimeSpan("akka.remote.flush-wait-on-shutdown", null);
        ShutdownTimeout = config.GetTimeSpan("akka.remote.shutdown-timeout", null);
        StartupTimeout = config.GetTimeSpan("akka.remote.startup-timeout", null);
        RetryGateClosedFor = config.GetTimeSpan("akka.remote.retry-gate-closed-for", null);
        SysMsgBufferSize = config.GetInt("akka.remote.system-message-buffer-size", 0);
        InitialSysMsgDeliveryTimeout = config.GetTimeSpan("akka.remote.initial-system-message-delivery-timeout", null);
        QuarantineSilentSystemTimeout = config.GetTimeSpan("akka.remote.quarantine-after-silence", null);
        QuarantineDuration = config.GetTimeSpan("akka.remote.prune-quarantine-marker-after", null);
        WatchFailureDetectorConfig = config.GetConfig("akka.remote.watch-failure-detector");
        WatchFailureDetectorImplementationClass = WatchFailureDetectorConfig.GetString("implementation-class", null);
        WatchHeartBeatInterval = WatchFailureDetectorConfig.GetTimeSpan("heartbeat-interval", null);
        WatchUnreachableReaperInterval = WatchFailureDetectorConfig.GetTimeSpan("unreachable-nodes-reaper-interval", null);
        WatchHeartbeatExpectedResponseAfter = WatchFailureDetectorConfig.GetTimeSpan("expected-response-after", null);
        TransportNames = config.GetStringList("akka.remote.enabled-transports", []);
        Transports = [.. TransportNames.Select(name => new TransportSettings(TransportConfig(config, name)))];
        HandshakeTimeout = Positive(config, "akka.remote.handshake-timeout");
        OutboundBufferSize = Positive("akka.remote.outbound-buffer-size", config.GetInt("akka.remote.outbound-buffer-size", 50000));
        InboundHandshakesMax = Positive("akka.remote.inbound-handshakes-max", config.GetInt("akka.remote.inbound-handshakes-max", 1000));
        PathTableSize = config.GetInt("akka.remote.path-table-size", 8192);
        ReconnectPauses = [.. config.GetStringList("akka.remote.reconnect-pauses", []).Select(ParseDuration)];
        ForgetIdlePeerAfter = Positive(config, "akka.remote.forget-idle-peer-after");
        TransportFailureDetectorConfig = config.GetConfig("akka.remote.transport-failure-detector");
        TransportHeartbeatInterval = Positive(config, "akka.remote.transport-failure-detector.heartbeat-interval");
        if (SysMsgBufferSize <= 0)
            throw new ConfigurationException("akka.remote.system-message-buffer-size must be positive");
    }

    /// <summary>The configuration of the actor system.</summary>
    public Config Config { get; }

    /// <summary>Paths that peers may select in untrusted mode.</summary>
    public HashSet<string> TrustedSelectionPaths { get; set; }

    /// <summary>Whether peers are not trusted.</summary>
    public bool UntrustedMode { get; set; }

    /// <summary>Whether each message that is sent is logged, at debug level.</summary>
    public bool LogSend { get; set; }

    /// <summary>Whether each message that is received is logged, at debug level.</summary>
    public bool LogReceive { get; set; }

    /// <summary>From how many waiting messages on a warning is logged; 0 is never.</summary>
    public int LogBufferSizeExceeding { get; set; }

    /// <summary>The lowest level at which lifecycle events are logged.</summary>
    public string RemoteLifecycleEventsLogLevel { get; set; }

    /// <summary>The dispatcher of remoting.</summary>
    public string Dispatcher { get; set; }

    /// <summary>Limit of the shutdown.</summary>
    public TimeSpan ShutdownTimeout { get; set; }

    /// <summary>How long a terminating system sends what was told before.</summary>
    public TimeSpan FlushWait { get; set; }

    /// <summary>The sections of the transports.</summary>
    public IList<string> TransportNames { get; set; }

    /// <summary>The transports.</summary>
    public TransportSettings[] Transports { get; set; }

    /// <summary>How long nothing is tried after a failure.</summary>
    public TimeSpan RetryGateClosedFor { get; set; }

    /// <summary>Bound of the unacknowledged system messages for one peer.</summary>
    public int SysMsgBufferSize { get; set; }

    /// <summary>How long system messages wait for a peer that was never reached.</summary>
    public TimeSpan InitialSysMsgDeliveryTimeout { get; set; }

    /// <summary>After how long without a connection a peer with unacknowledged system messages is quarantined.</summary>
    public TimeSpan QuarantineSilentSystemTimeout { get; set; }

    /// <summary>How long a quarantined incarnation is remembered.</summary>
    public TimeSpan? QuarantineDuration { get; set; }

    /// <summary>Limit of the start.</summary>
    public TimeSpan StartupTimeout { get; set; }

    /// <summary>The section of the failure detector of remote death watch.</summary>
    public Config WatchFailureDetectorConfig { get; set; }

    /// <summary>The failure detector of remote death watch.</summary>
    public string WatchFailureDetectorImplementationClass { get; set; }

    /// <summary>Interval of the heartbeats of remote death watch.</summary>
    public TimeSpan WatchHeartBeatInterval { get; set; }

    /// <summary>How often remote death watch looks for unreachable nodes.</summary>
    public TimeSpan WatchUnreachableReaperInterval { get; set; }

    /// <summary>When the first answer to a heartbeat is expected.</summary>
    public TimeSpan WatchHeartbeatExpectedResponseAfter { get; set; }

    internal TimeSpan HandshakeTimeout { get; }

    internal int OutboundBufferSize { get; }

    internal int InboundHandshakesMax { get; }

    internal int PathTableSize { get; }

    internal IReadOnlyList<TimeSpan> ReconnectPauses { get; }

    internal TimeSpan ForgetIdlePeerAfter { get; }

    internal Config TransportFailureDetectorConfig { get; }

    internal TimeSpan TransportHeartbeatInterval { get; }

    /// <summary>Puts props on the dispatcher of remoting.</summary>
    public Props ConfigureDispatcher(Props props) => string.IsNullOrEmpty(Dispatcher) ? props : props.WithDispatcher(Dispatcher);

    private static Config TransportConfig(Config config, string name) =>
        config.GetConfig(name) ?? throw new ConfigurationException($"akka.remote.enabled-transports names {name}, but there is no such section");

    private static int IntOrOff(Config config, string path) =>
        config.GetString(path, "off").ToLowerInvariant() is "off" or "false" ? 0 : config.GetInt(path, 0);

    private static string LifecycleLevel(string configured) => configured.ToUpperInvariant() is "ON" or "TRUE" or "YES" ? "DEBUG" : configured.ToUpperInvariant();

    private static TimeSpan Positive(Config config, string path)
    {
        var value = config.GetTimeSpan(path, null);
        return value > TimeSpan.Zero ? value : throw new ConfigurationException($"{path} must be positive");
    }

    private static int Positive(string path, int value) => value > 0 ? value : throw new ConfigurationException($"{path} must be positive");

    private static TimeSpan ParseDuration(string text) => ConfigurationFactory.ParseString($"value = {text}").GetTimeSpan("value", null);

    /// <summary>What the section of one transport says about all kinds of transports.</summary>
    public class TransportSettings
    {
        /// <summary>Reads the section.</summary>
        public TransportSettings(Config config)
        {
            Config = config;
            TransportClass = config.GetString("transport-class", null)
                ?? throw new ConfigurationException("A transport in akka.remote.enabled-transports has no transport-class");
            }

        /// <summary>The section.</summary>
        public Config Config { get; set; }

        /// <summary>The class that does the work.</summary>
        public string TransportClass { get; set; }
    }
}
