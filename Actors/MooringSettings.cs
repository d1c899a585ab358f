using Akka.Configuration;
using Mooring.Actors.Files;
using Mooring.Messages;

namespace Mooring.Actors;

/// <summary>The part of <c>mooring { … }</c> in akka.hocon that the actors use; units and reasons stand there.</summary>
public sealed record MooringSettings
{
    /// <summary>This node's name.</summary>
    public required NodeName Node { get; init; }

    /// <summary>Where this node's HTTP endpoint listens, <c>host:port</c>.</summary>
    public required string HttpAddress { get; init; }

    /// <summary>How many workers a node has.</summary>
    public required int WorkerCount { get; init; }

    /// <summary>How many more workers there may be while others take long.</summary>
    public required int StandInMax { get; init; }

    /// <summary>After what time a worker takes long.</summary>
    public required TimeSpan WorkerSlowAfter { get; init; }

    /// <summary>How many operations may wait for a worker of a node.</summary>
    public required int WorkerQueueMax { get; init; }

    /// <summary>How many reads a node does at once.</summary>
    public required int ReaderSlots { get; init; }

    /// <summary>How often progress is reported.</summary>
    public required TimeSpan ProgressInterval { get; init; }

    /// <summary>How long to wait before the next attempt of an operation in doubt.</summary>
    public required TimeSpan RetryBackoffMin { get; init; }

    /// <summary>The most that this waiting grows to.</summary>
    public required TimeSpan RetryBackoffMax { get; init; }

    /// <summary>For how long what the store refuses for now is tried.</summary>
    public required TimeSpan RefusedMax { get; init; }

    /// <summary>For how long a connection is fenced.</summary>
    public required TimeSpan FenceDuration { get; init; }

    /// <summary>How long a copy waits for its source while that is being changed.</summary>
    public required TimeSpan SourceWaitMax { get; init; }

    /// <summary>How many operations may wait for one volume.</summary>
    public required int VolumeQueueMax { get; init; }

    /// <summary>How many results a volume keeps for an owner that has not recorded them.</summary>
    public required int VolumeResultsMax { get; init; }

    /// <summary>How long a change of a volume that is being copied waits before it is refused.</summary>
    public required TimeSpan HoldGrace { get; init; }

    /// <summary>After how many events a volume writes a snapshot.</summary>
    public required int VolumeSnapshotEvery { get; init; }

    /// <summary>How many shards volumes are spread over.</summary>
    public required int ShardCount { get; init; }

    /// <summary>How many requests may be without result.</summary>
    public required int OpenOperationsMax { get; init; }

    /// <summary>How long an attempt waits for the content that the client sends.</summary>
    public required TimeSpan ContentWaitMax { get; init; }

    /// <summary>How many attempts of a node may take content in at once.</summary>
    public required int ContentCountMax { get; init; }

    /// <summary>How long results are kept.</summary>
    public required TimeSpan ResultRetention { get; init; }

    /// <summary>How many requests are remembered at most.</summary>
    public required int ResultCountMax { get; init; }

    /// <summary>How many results the owner keeps in memory; older ones are in the archive.</summary>
    public required int ResultsInMemoryMax { get; init; }

    /// <summary>How often volumes are asked again for results that have not come.</summary>
    public required TimeSpan ResendInterval { get; init; }

    /// <summary>How long results and deliveries wait to enter the owner's journal together.</summary>
    public required TimeSpan RecordInterval { get; init; }

    /// <summary>How long a volume keeps prepared what was announced and is not asked for.</summary>
    public required TimeSpan AnnouncedMax { get; init; }

    /// <summary>How many clients may wait at once.</summary>
    public required int WaiterCountMax { get; init; }

    /// <summary>After how many events the owner writes a snapshot of its book.</summary>
    public required int OperationsSnapshotEvery { get; init; }

    /// <summary>The name of the lease behind the virtual IP.</summary>
    public required string LeaseName { get; init; }

    /// <summary>How long the lease holds without being renewed.</summary>
    public required TimeSpan LeaseDuration { get; init; }

    /// <summary>How often it is renewed.</summary>
    public required TimeSpan LeaseRenewInterval { get; init; }

    /// <summary>How long before the lease ends the address is taken off.</summary>
    public required TimeSpan LeaseMargin { get; init; }

    /// <summary>How often a lease that somebody else holds is tried for.</summary>
    public required TimeSpan LeaseRetryInterval { get; init; }

    /// <summary>How often the node checks itself (V4).</summary>
    public required TimeSpan HealthPeriod { get; init; }

    /// <summary>How long its own dispatcher may take to answer.</summary>
    public required TimeSpan DispatcherTimeout { get; init; }

    /// <summary>How long one probe of the block store may take.</summary>
    public required TimeSpan ProbeTimeout { get; init; }

    /// <summary>How long the link may be down before the node counts as failed (V7).</summary>
    public required TimeSpan LinkDownMax { get; init; }

    /// <summary>How long a node that starts waits for seeds that are silent before it passes them over.</summary>
    public required TimeSpan SilentSeedMax { get; init; }

    /// <summary>How long a part of the node may be away before the node begins anew.</summary>
    public required TimeSpan PartMissingMax { get; init; }

    /// <summary>How long the cluster may take to let the node come up after it was taken in, or go when it leaves, before it begins anew.</summary>
    public required TimeSpan TransitionMax { get; init; }

    /// <summary>The file plane.</summary>
    public required FileSettings Files { get; init; }

    /// <summary>Reads the settings.</summary>
    /// <param name="mooring">The object <c>mooring</c> of the node's configuration.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="ConfigurationException">A value is missing, of the wrong type, or out of its range; the message names the key.</exception>
    public static MooringSettings From(Config mooring)
    {
        var reader = new SettingsReader(mooring);
        if (!NodeName.TryParse(reader.Text("node.name"), out var node, out var problem))
            throw new ConfigurationException($"mooring.node.name: {problem}");
        var settings = new MooringSettings
        {
            Node = node,
            HttpAddress = $"{reader.Text("node.address")}:{reader.Whole("http.port", 1, 65535)}",
            WorkerCount = reader.Whole("workers.count", 1, 256),
            StandInMax = reader.Whole("workers.stand-in-max", 0, 256),
            WorkerSlowAfter = reader.Time("workers.slow-after"),
            WorkerQueueMax = reader.Whole("workers.queue-max", 1, 1_000_000),
            ReaderSlots = reader.Whole("workers.reader-slots", 1, 256),
            ProgressInterval = reader.Time("workers.progress-interval"),
            RetryBackoffMin = reader.Time("operations.retry-backoff-min"),
            RetryBackoffMax = reader.Time("operations.retry-backoff-max"),
            RefusedMax = reader.Time("operations.refused-max"),
            FenceDuration = reader.Time("operations.fence-duration"),
            SourceWaitMax = reader.Time("operations.source-wait-max"),
            VolumeQueueMax = reader.Whole("volumes.queue-max", 1, 100_000),
            VolumeResultsMax = reader.Whole("volumes.results-max", 1, 10_000),
            HoldGrace = reader.Time("volumes.hold-grace"),
            VolumeSnapshotEvery = reader.Whole("volumes.snapshot-every", 1, 1_000_000),
            ShardCount = reader.Whole("volumes.shard-count", 1, 10_000),
            OpenOperationsMax = reader.Whole("operations.open-max", 1, 10_000_000),
            ResultRetention = reader.Time("operations.result-retention"),
            ResultCountMax = reader.Whole("operations.result-count-max", 1, 2_000_000),
            ResultsInMemoryMax = reader.Whole("operations.results-in-memory-max", 1, 10_000),
            ResendInterval = reader.Time("operations.resend-interval"),
            RecordInterval = reader.Time("operations.record-interval"),
            AnnouncedMax = reader.Time("volumes.announced-max"),
            ContentWaitMax = reader.Time("operations.content-wait-max"),
            ContentCountMax = reader.Whole("operations.content-count-max", 1, 1000),
            WaiterCountMax = reader.Whole("operations.waiter-count-max", 1, 1_000_000),
            OperationsSnapshotEvery = reader.Whole("operations.snapshot-every", 1, 1_000_000),
            LeaseName = reader.Text("vip.lease.name"),
            LeaseDuration = reader.Time("vip.lease.duration"),
            LeaseRenewInterval = reader.Time("vip.lease.renew-interval"),
            LeaseMargin = reader.Time("vip.lease.margin"),
            LeaseRetryInterval = reader.Time("vip.lease.retry-interval"),
            HealthPeriod = reader.Time("health.period"),
            DispatcherTimeout = reader.Time("health.dispatcher-timeout"),
            ProbeTimeout = reader.Time("health.probe-timeout"),
            LinkDownMax = reader.Time("health.link-down-max"),
            SilentSeedMax = reader.Time("node.silent-seed-max"),
            PartMissingMax = reader.Time("health.part-missing-max"),
            TransitionMax = reader.Time("health.transition-max"),
            Files = ReadFiles(reader),
        };
        if (settings.LeaseRenewInterval + settings.LeaseMargin >= settings.LeaseDuration)
        {
            throw new ConfigurationException(
                "mooring.vip.lease: renew-interval and margin together must be shorter than duration, or the lease ends before it is renewed");
        }
        return settings;
    }

    private static FileSettings ReadFiles(SettingsReader reader) => new()
    {
        Address = $"{reader.Text("node.address")}:{reader.Whole("files.port", 1, 65535)}",
        SelfTestInterval = reader.Time("files.self-test-interval"),
        SelfTestTimeout = reader.Time("files.self-test-timeout"),
        ReportInterval = reader.Time("files.report-interval"),
        CheckTimeout = reader.Time("files.check-timeout"),
        AccessWaitMax = reader.Time("files.access-wait-max"),
        AccessWaiterCountMax = reader.Whole("files.access-waiter-count-max", 1, 1_000_000),
        TokenLifetime = reader.Time("files.token-lifetime"),
        TokenKeyLifetime = reader.Time("files.token-key-lifetime"),
        PushTimeout = reader.Time("files.push-timeout"),
        ReaderLagMax = reader.Time("files.reader-lag-max"),
        IdleTimeout = reader.Time("files.idle-timeout"),
        ConnectionCountMax = reader.Whole("files.connection-count-max", 1, 100_000),
        RepeatedRequestCountMax = reader.Whole("files.repeated-request-count-max", 1, 10_000_000),
        WriteChunkBytes = reader.Whole("files.write-chunk-bytes", 64 << 10, 64 << 20),
        AreaSlots = reader.Whole("files.area-slots", 1, 256),
        ShardCount = reader.Whole("files.shard-count", 1, 10_000),
        SnapshotEvery = reader.Whole("files.snapshot-every", 1, 1_000_000),
    };

    private readonly struct SettingsReader(Config config)
    {
        public string Text(string key)
        {
            var value = config.GetString(key, null);
            return string.IsNullOrEmpty(value) ? throw new ConfigurationException($"mooring.{key} is missing") : value;
        }

        public int Whole(string key, int min, int max)
        {
            var text = Text(key);
            if (!int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var value) || value < min || value > max)
                throw new ConfigurationException($"mooring.{key} = {text}: expected a whole number from {min} to {max}");
            return value;
        }

        public TimeSpan Time(string key)
        {
            var text = Text(key);
            TimeSpan value;
            try
            {
                value = config.GetTimeSpan(key, null, false);
            }
            catch (Exception e) when (e is FormatException or ConfigurationException)
            {
                throw new ConfigurationException($"mooring.{key} = {text}: expected a duration such as 200ms or 5s", e);
            }
            return value > TimeSpan.Zero ? value : throw new ConfigurationException($"mooring.{key} = {text}: must be above 0");
        }
    }
}
