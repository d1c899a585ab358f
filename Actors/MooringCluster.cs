using Akka;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Mooring.Actors.Files;
using Mooring.Actors.Nodes;
using Mooring.Actors.Serialization;
using Mooring.Actors.Vip;
using Mooring.Actors.Volumes;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Actors;

/// <summary>
/// Mooring in an actor system: <see cref="Start"/> adds it in one call; <see cref="Get"/> gives its entry points anywhere in the system.
/// </summary>
public sealed class MooringCluster : IExtension
{
    private const string VolumeType = "volume";
    private const string NameNodeType = "name-node";

    private MooringCluster(ActorSystem system, MooringServices services)
    {
        var settings = services.Settings;
        Node = settings.Node;
        var standby = new OwnerStandby(services);
        Dispatcher = system.ActorOf(DispatcherActor.Props(services, standby), DispatcherActor.Name);
        var sharding = ClusterSharding.Get(system);
        // Entities address the region by its path: it may hand them messages before Start has returned its reference.
        var region = system.ActorSelection(RegionPath(system, VolumeType));
        Volumes = sharding.Start(
            VolumeType,
            entityId => VolumeActor.Props(VolumeId.FromText(entityId), services, Dispatcher, region),
            ClusterShardingSettings.Create(system),
            new VolumeMessageExtractor(settings.ShardCount),
            sharding.DefaultShardAllocationStrategy(ClusterShardingSettings.Create(system)),
            new StopVolume());
        Areas = new ServedAreas(services.Clock);
        FileStore = new SharedStore(services.Store, "files", 4);
        system.RegisterOnTermination(() => FileStore.DisposeAsync().AsTask());
        Uploads = services.Uploads;
        ContentStore = new SharedStore(services.Store, "content", settings.ReaderSlots);
        system.RegisterOnTermination(() => ContentStore.DisposeAsync().AsTask());
        var dataNode = system.ActorOf(DataNodeActor.Props(services, Areas, FileStore, system.ActorSelection(RegionPath(system, NameNodeType))), DataNodeActor.Name);
        var context = new NameNodeContext(dataNode, Areas, FileStore);
        NameNodes = sharding.Start(
            NameNodeType,
            entityId => NameNodeActor.Props(new FileSystemName(entityId), services, context),
            ClusterShardingSettings.Create(system),
            new FileSystemMessageExtractor(settings.Files.ShardCount),
            sharding.DefaultShardAllocationStrategy(ClusterShardingSettings.Create(system)),
            new StopNameNode());
        system.ActorOf(
            ClusterSingletonManager.Props(
                VipOwnerActor.Props(services, Dispatcher, Volumes, standby), HandOver.Instance, ClusterSingletonManagerSettings.Create(system)),
            VipOwnerActor.Name);
        // Whoever is to own it asks this node to take it off, and clients are served here until then.
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseClusterExiting, "virtual-ip", async () =>
        {
            await standby.Leaving.Ended;
            return Done.Instance;
        });
        Owner = system.ActorOf(
            ClusterSingletonProxy.Props($"/user/{VipOwnerActor.Name}", ClusterSingletonProxySettings.Create(system)), VipOwnerActor.Name + "-proxy");
    }

    /// <summary>This node's name.</summary>
    public NodeName Node { get; }

    /// <summary>
    /// The owner of the virtual IP, wherever it is: takes <see cref="SubmitOperation"/>, <see cref="ConfirmDelivery"/>, every
    /// <see cref="IOperationQuery"/> and <see cref="GetVipHistory"/>; buffers while there is none.
    /// </summary>
    public IActorRef Owner { get; }

    /// <summary>This node's dispatcher: takes every <see cref="IVolumeQuery"/> and <see cref="GetNodes"/>.</summary>
    public IActorRef Dispatcher { get; }

    /// <summary>The region of all volumes; for the owner's use.</summary>
    public IActorRef Volumes { get; }

    /// <summary>The region of all name nodes: takes every <see cref="IWithFileSystem"/>.</summary>
    public IActorRef NameNodes { get; }

    /// <summary>The areas that this node serves.</summary>
    public ServedAreas Areas { get; }

    /// <summary>This node's connection for the records of the file plane.</summary>
    public SharedStore FileStore { get; }

    /// <summary>This node's connection over which volumes' bytes are read.</summary>
    public SharedStore ContentStore { get; }

    /// <summary>Where the bytes that clients send to this node meet the attempts that take them.</summary>
    public Uploads Uploads { get; }

    /// <summary>What an actor system's configuration needs besides akka.hocon: the serializer's bindings.</summary>
    /// <returns>The configuration, to be used as a fallback.</returns>
    public static Config DefaultConfig() => ConfigurationFactory.ParseString(MooringSerializer.Hocon);

    /// <summary>Starts Mooring on this node of the cluster.</summary>
    /// <param name="system">The actor system; its provider is <c>cluster</c>.</param>
    /// <param name="services">What it needs from the world.</param>
    /// <returns>Its entry points.</returns>
    /// <exception cref="InvalidOperationException">It was started before in this system.</exception>
    public static MooringCluster Start(ActorSystem system, MooringServices services)
    {
        if (system.HasExtension<MooringCluster>())
            throw new InvalidOperationException("Mooring runs in this actor system already");
        return (MooringCluster)system.RegisterExtension(new Id(services));
    }

    /// <summary>The entry points of the Mooring that was started in a system.</summary>
    /// <param name="system">The actor system.</param>
    /// <returns>Its entry points.</returns>
    /// <exception cref="InvalidOperationException">It was not started.</exception>
    public static MooringCluster Get(ActorSystem system) =>
        system.TryGetExtension<MooringCluster>(out var mooring) ? mooring : throw new InvalidOperationException("Mooring was not started in this actor system");

    private static string RegionPath(ActorSystem system, string type) =>
        $"/system/{system.Settings.Config.GetString("akka.cluster.sharding.guardian-name")}/{type}";

    private sealed class Id(MooringServices services) : ExtensionIdProvider<MooringCluster>
    {
        public override MooringCluster CreateExtension(ExtendedActorSystem system) => new(system, services);
    }
}

/// <summary>Routes messages to volumes by their names.</summary>
/// <param name="shardCount">How many shards there are; the same on all nodes for good.</param>
internal sealed class VolumeMessageExtractor(int shardCount) : HashCodeMessageExtractor(shardCount)
{
    /// <inheritdoc/>
    public override string? EntityId(object message) => (message as IWithVolumeId)?.Volume.ToString();
}

/// <summary>Routes messages to name nodes by the names of file systems.</summary>
/// <param name="shardCount">How many shards there are; the same on all nodes for good.</param>
internal sealed class FileSystemMessageExtractor(int shardCount) : HashCodeMessageExtractor(shardCount)
{
    /// <inheritdoc/>
    public override string? EntityId(object message) => (message as IWithFileSystem)?.FileSystem.ToString();
}
