using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Sharding.Serialization;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;

namespace Akka.Cluster.Sharding;

/// <summary>
/// Spreads entities, actors with an id, over the members of the cluster and sends messages to them wherever they run. There is never
/// more than one actor for an entity.
/// </summary>
public class ClusterSharding : IExtension
{
    private readonly ExtendedActorSystem _system;
    private readonly Cluster _cluster;
    private readonly Lazy<IActorRef> _guardian;
    private readonly ConcurrentDictionary<string, IActorRef> _regions = new();
    private readonly ConcurrentDictionary<string, IActorRef> _proxies = new();

    /// <summary>Made by <see cref="ClusterShardingExtensionProvider"/>.</summary>
    public ClusterSharding(ExtendedActorSystem system)
    {
        _system = system;
        _system.Settings.InjectTopLevelFallback(DefaultConfig());
        _system.Settings.InjectTopLevelFallback(ClusterSingletonManager.DefaultConfig());
        _cluster = Cluster.Get(system);
        Settings = ClusterShardingSettings.Create(system);

        // The system read its serializers before this package's defaults were known.
        var serializer = new ClusterShardingMessageSerializer(system);
        system.Serialization.AddSerializer("akka-sharding", serializer);
        system.Serialization.AddSerializationMap(typeof(IClusterShardingSerializable), serializer);

        _guardian = new Lazy<IActorRef>(() =>
        {
            var config = system.Settings.Config.GetConfig("akka.cluster.sharding");
            var dispatcher = config.GetString("use-dispatcher");
            return system.SystemActorOf(
                Props.Create(() => new ClusterShardingGuardian())
                    .WithDispatcher(string.IsNullOrEmpty(dispatcher) ? "akka.actor.internal-dispatcher" : dispatcher),
                config.GetString("guardian-name"));
        });
    }

    /// <summary>Settings as <c>akka.cluster.sharding</c> says.</summary>
    public ClusterShardingSettings Settings { get; }

    /// <summary>Types whose region was started on this node.</summary>
    public ImmutableHashSet<string> ShardTypeNames => _regions.Keys.ToImmutableHashSet();

    /// <summary>The extension of a system.</summary>
    public static ClusterSharding Get(ActorSystem system) => system.WithExtension<ClusterSharding, ClusterShardingExtensionProvider>();

    /// <summary>Defaults of <c>akka.cluster.sharding</c>.</summary>
    public static Config DefaultConfig() =>
        ConfigurationFactory.FromResource<ClusterSharding>("Akka.Cluster.Sharding.reference.conf");

    /// <summary>Starts the region of a type on this node, or a proxy when this node lacks the role, and returns it. A second start returns the first region.</summary>
    public IActorRef Start(
        string typeName, Props entityProps, ClusterShardingSettings settings, ExtractEntityId extractEntityId, ExtractShardId extractShardId,
        IShardAllocationStrategy allocationStrategy, object handOffStopMessage) =>
        Wait(StartAsync(typeName, entityProps, settings, extractEntityId, extractShardId, allocationStrategy, handOffStopMessage));

    /// <inheritdoc cref="Start(string, Props, ClusterShardingSettings, ExtractEntityId, ExtractShardId, IShardAllocationStrategy, object)"/>
    public Task<IActorRef> StartAsync(
        string typeName, Props entityProps, ClusterShardingSettings settings, ExtractEntityId extractEntityId, ExtractShardId extractShardId,
        IShardAllocationStrategy allocationStrategy, object handOffStopMessage) =>
        StartRegion(typeName, _ => entityProps, settings, new DelegateExtractor(extractEntityId, extractShardId), allocationStrategy, handOffStopMessage);

    /// <inheritdoc cref="Start(string, Props, ClusterShardingSettings, ExtractEntityId, ExtractShardId, IShardAllocationStrategy, object)"/>
    public IActorRef Start(
        string typeName, Props entityProps, ClusterShardingSettings settings, ExtractEntityId extractEntityId, ExtractShardId extractShardId) =>
        Wait(StartAsync(typeName, entityProps, settings, extractEntityId, extractShardId));

    /// <inheritdoc cref="Start(string, Props, ClusterShardingSettings, ExtractEntityId, ExtractShardId, IShardAllocationStrategy, object)"/>
    public Task<IActorRef> StartAsync(
        string typeName, Props entityProps, ClusterShardingSettings settings, ExtractEntityId extractEntityId, ExtractShardId extractShardId) =>
        StartAsync(typeName, entityProps, settings, extractEntityId, extractShardId, DefaultShardAllocationStrategy(settings), PoisonPill.Instance);

    /// <inheritdoc cref="Start(string, Props, ClusterShardingSettings, ExtractEntityId, ExtractShardId, IShardAllocationStrategy, object)"/>
    public IActorRef Start(
        string typeName, Props entityProps, ClusterShardingSettings settings, IMessageExtractor messageExtractor,
        IShardAllocationStrategy allocationStrategy, object handOffStopMessage) =>
        Wait(StartAsync(typeName, entityProps, settings, messageExtractor, allocationStrategy, handOffStopMessage));

    /// <inheritdoc cref="Start(string, Props, ClusterShardingSettings, ExtractEntityId, ExtractShardId, IShardAllocationStrategy, object)"/>
    public Task<IActorRef> StartAsync(
        string typeName, Props entityProps, ClusterShardingSettings settings, IMessageExtractor messageExtractor,
        IShardAllocationStrategy allocationStrategy, object handOffStopMessage) =>
        StartRegion(typeName, _ => entityProps, settings, messageExtractor, allocationStrategy, handOffStopMessage);

    /// <inheritdoc cref="Start(string, Props, ClusterShardingSettings, ExtractEntityId, ExtractShardId, IShardAllocationStrategy, object)"/>
    public IActorRef Start(string typeName, Props entityProps, ClusterShardingSettings settings, IMessageExtractor messageExtractor) =>
        Wait(StartAsync(typeName, entityProps, settings, messageExtractor));

    /// <inheritdoc cref="Start(string, Props, ClusterShardingSettings, ExtractEntityId, ExtractShardId, IShardAllocationStrategy, object)"/>
    public Task<IActorRef> StartAsync(string typeName, Props entityProps, ClusterShardingSettings settings, IMessageExtractor messageExtractor) =>
        StartAsync(typeName, entityProps, settings, messageExtractor, DefaultShardAllocationStrategy(settings), PoisonPill.Instance);

    /// <inheritdoc cref="Start(string, Props, ClusterShardingSettings, ExtractEntityId, ExtractShardId, IShardAllocationStrategy, object)"/>
    public IActorRef Start(
        string typeName, Func<string, Props> entityPropsFactory, ClusterShardingSettings settings, ExtractEntityId extractEntityId,
        ExtractShardId extractShardId, IShardAllocationStrategy allocationStrategy, object handOffStopMessage) =>
        Wait(StartAsync(typeName, entityPropsFactory, settings, extractEntityId, extractShardId, allocationStrategy, handOffStopMessage));

    /// <inheritdoc cref="Start(string, Props, ClusterShardingSettings, ExtractEntityId, ExtractShardId, IShardAllocationStrategy, object)"/>
    public Task<IActorRef> StartAsync(
        string typeName, Func<string, Props> entityPropsFactory, ClusterShardingSettings settings, ExtractEntityId extractEntityId,
        ExtractShardId extractShardId, IShardAllocationStrategy allocationStrategy, object handOffStopMessage) =>
        StartRegion(typeName, entityPropsFactory, settings, new DelegateExtractor(extractEntityId, extractShardId), allocationStrategy, handOffStopMessage);

    /// <inheritdoc cref="Start(string, Props, ClusterShardingSettings, ExtractEntityId, ExtractShardId, IShardAllocationStrategy, object)"/>
    public IActorRef Start(
        string typeName, Func<string, Props> entityPropsFactory, ClusterShardingSettings settings, ExtractEntityId extractEntityId,
        ExtractShardId extractShardId) =>
        Wait(StartAsync(typeName, entityPropsFactory, settings, extractEntityId, extractShardId));

    /// <inheritdoc cref="Start(string, Props, ClusterShardingSettings, ExtractEntityId, ExtractShardId, IShardAllocationStrategy, object)"/>
    public Task<IActorRef> StartAsync(
        string typeName, Func<string, Props> entityPropsFactory, ClusterShardingSettings settings, ExtractEntityId extractEntityId,
        ExtractShardId extractShardId) =>
        StartAsync(typeName, entityPropsFactory, settings, extractEntityId, extractShardId, DefaultShardAllocationStrategy(settings), PoisonPill.Instance);

    /// <inheritdoc cref="Start(string, Props, ClusterShardingSettings, ExtractEntityId, ExtractShardId, IShardAllocationStrategy, object)"/>
    public IActorRef Start(
        string typeName, Func<string, Props> entityPropsFactory, ClusterShardingSettings settings, IMessageExtractor messageExtractor,
        IShardAllocationStrategy allocationStrategy, object handOffStopMessage) =>
        Wait(StartAsync(typeName, entityPropsFactory, settings, messageExtractor, allocationStrategy, handOffStopMessage));

    /// <inheritdoc cref="Start(string, Props, ClusterShardingSettings, ExtractEntityId, ExtractShardId, IShardAllocationStrategy, object)"/>
    public Task<IActorRef> StartAsync(
        string typeName, Func<string, Props> entityPropsFactory, ClusterShardingSettings settings, IMessageExtractor messageExtractor,
        IShardAllocationStrategy allocationStrategy, object handOffStopMessage) =>
        StartRegion(typeName, entityPropsFactory, settings, messageExtractor, allocationStrategy, handOffStopMessage);

    /// <inheritdoc cref="Start(string, Props, ClusterShardingSettings, ExtractEntityId, ExtractShardId, IShardAllocationStrategy, object)"/>
    public IActorRef Start(
        string typeName, Func<string, Props> entityPropsFactory, ClusterShardingSettings settings, IMessageExtractor messageExtractor) =>
        Wait(StartAsync(typeName, entityPropsFactory, settings, messageExtractor));

    /// <inheritdoc cref="Start(string, Props, ClusterShardingSettings, ExtractEntityId, ExtractShardId, IShardAllocationStrategy, object)"/>
    public Task<IActorRef> StartAsync(
        string typeName, Func<string, Props> entityPropsFactory, ClusterShardingSettings settings, IMessageExtractor messageExtractor) =>
        StartAsync(typeName, entityPropsFactory, settings, messageExtractor, DefaultShardAllocationStrategy(settings), PoisonPill.Instance);

    /// <summary>Starts a region that hosts no entities but sends to those on the members with the role.</summary>
    public IActorRef StartProxy(string typeName, string? role, ExtractEntityId extractEntityId, ExtractShardId extractShardId) =>
        Wait(StartProxyAsync(typeName, role, extractEntityId, extractShardId));

    /// <inheritdoc cref="StartProxy(string, string, ExtractEntityId, ExtractShardId)"/>
    public Task<IActorRef> StartProxyAsync(string typeName, string? role, ExtractEntityId extractEntityId, ExtractShardId extractShardId) =>
        StartProxyAsync(typeName, role, new DelegateExtractor(extractEntityId, extractShardId));

    /// <inheritdoc cref="StartProxy(string, string, ExtractEntityId, ExtractShardId)"/>
    public IActorRef StartProxy(string typeName, string? role, IMessageExtractor messageExtractor) =>
        Wait(StartProxyAsync(typeName, role, messageExtractor));

    /// <inheritdoc cref="StartProxy(string, string, ExtractEntityId, ExtractShardId)"/>
    public Task<IActorRef> StartProxyAsync(string typeName, string? role, IMessageExtractor messageExtractor) =>
        StartRegionProxy(typeName, Settings.WithRole(role), messageExtractor);

    /// <summary>The region of a type that was started on this node, or else its proxy.</summary>
    public IActorRef ShardRegion(string typeName)
    {
        if (_regions.TryGetValue(typeName, out var region)) return region;
        return ShardRegionProxy(typeName);
    }

    /// <summary>The proxy of a type that was started on this node.</summary>
    public IActorRef ShardRegionProxy(string typeName)
    {
        if (_proxies.TryGetValue(typeName, out var proxy)) return proxy;
        throw new ArgumentException($"Shard type [{typeName}] must be started first", nameof(typeName));
    }

    /// <summary>The strategy that these settings select.</summary>
    public IShardAllocationStrategy DefaultShardAllocationStrategy(ClusterShardingSettings settings)
    {
        var tuning = settings.TuningParameters;
        return tuning.LeastShardAllocationAbsoluteLimit > 0
            ? ShardAllocationStrategy.LeastShardAllocationStrategy(tuning.LeastShardAllocationAbsoluteLimit, tuning.LeastShardAllocationRelativeLimit)
            : new LeastShardAllocationStrategy(
                tuning.LeastShardAllocationRebalanceThreshold, tuning.LeastShardAllocationMaxSimultaneousRebalance);
    }

    // The API starts regions synchronously; it is called while a node starts, not from actors' messages.
    private IActorRef Wait(Task<IActorRef> start)
    {
        (_system.Scheduler as IWorkWhileWaiting)?.WorkUntil(start);
        return start.GetAwaiter().GetResult();
    }

    private async Task<IActorRef> StartRegion(
        string typeName, Func<string, Props> entityProps, ClusterShardingSettings settings, IMessageExtractor extractor,
        IShardAllocationStrategy allocationStrategy, object handOffStopMessage)
    {
        if (!settings.ShouldHostShard(_cluster)) return await StartRegionProxy(typeName, settings, extractor).ConfigureAwait(false);

        var started = await _guardian.Value.Ask<ClusterShardingGuardian.Started>(
            new ClusterShardingGuardian.Start(typeName, entityProps, settings, new ExtractorAdapter(extractor), allocationStrategy, handOffStopMessage),
            _system.Settings.CreationTimeout).ConfigureAwait(false);
        _regions[typeName] = started.Region;
        return started.Region;
    }

    private async Task<IActorRef> StartRegionProxy(string typeName, ClusterShardingSettings settings, IMessageExtractor extractor)
    {
        var started = await _guardian.Value.Ask<ClusterShardingGuardian.Started>(
            new ClusterShardingGuardian.StartProxy(typeName, settings, new ExtractorAdapter(extractor)),
            _system.Settings.CreationTimeout).ConfigureAwait(false);
        _proxies[typeName] = started.Region;
        return started.Region;
    }
}
