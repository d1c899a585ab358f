using Akka.Actor;
using Akka.Cluster.Tools.Singleton;
using Akka.Pattern;

namespace Akka.Cluster.Sharding;

/// <summary>Parent of the regions and coordinators of a node; starts them on request of the extension.</summary>
internal sealed class ClusterShardingGuardian : UntypedActor
{
    private const string SingletonName = "singleton";
    private const string CoordinatorName = "coordinator";

    protected override void OnReceive(object message)
    {
        try
        {
            switch (message)
            {
                case Start start:
                    Sender.Tell(new Started(StartRegion(start)));
                    break;
                case StartProxy start:
                    Sender.Tell(new Started(StartRegionProxy(start)));
                    break;
                default:
                    Unhandled(message);
                    break;
            }
        }
        catch (Exception reason)
        {
            // The caller of ClusterSharding.Start gets it; the other types of this node must not suffer.
            Sender.Tell(new Status.Failure(reason));
        }
    }

    private static string EncodedName(string typeName) => Uri.EscapeDataString(typeName);

    private static string ProxyName(string typeName) => EncodedName(typeName + "Proxy");

    private static string ManagerName(string typeName) => EncodedName(typeName) + "Coordinator";

    private IActorRef StartRegion(Start start)
    {
        var name = EncodedName(start.TypeName);
        var running = Context.Child(name);
        if (!running.IsNobody()) return running;

        StartCoordinator(start);
        return Context.ActorOf(
            ShardRegion.Props(
                    start.TypeName, start.EntityProps, start.Settings, CoordinatorPath(start.TypeName), start.Extractor, start.HandOffStopMessage)
                .WithDispatcher(Context.Props.Dispatcher),
            name);
    }

    private IActorRef StartRegionProxy(StartProxy start)
    {
        var name = ProxyName(start.TypeName);
        var running = Context.Child(name);
        if (!running.IsNobody()) return running;

        return Context.ActorOf(
            ShardRegion.ProxyProps(start.TypeName, start.Settings, CoordinatorPath(start.TypeName), start.Extractor)
                .WithDispatcher(Context.Props.Dispatcher),
            name);
    }

    private void StartCoordinator(Start start)
    {
        var name = ManagerName(start.TypeName);
        if (!Context.Child(name).IsNobody()) return;

        var settings = start.Settings;
        var minBackoff = settings.TuningParameters.CoordinatorFailureBackoff;
        string[] regionPaths = [PathOf(EncodedName(start.TypeName)), PathOf(ProxyName(start.TypeName))];
        var coordinator = PersistentShardCoordinator.Props(start.TypeName, settings, start.AllocationStrategy, regionPaths)
            .WithDispatcher(Context.Props.Dispatcher);
        var supervisor = BackoffSupervisor.Props(Backoff.OnStop(coordinator, CoordinatorName, minBackoff, 5 * minBackoff, 0.2))
            .WithDispatcher(Context.Props.Dispatcher)
            .WithDeploy(Deploy.Local);
        var singletonSettings = settings.CoordinatorSingletonSettings.WithSingletonName(SingletonName).WithRole(settings.Role);
        Context.ActorOf(
            ClusterSingletonManager.Props(supervisor, PoisonPill.Instance, singletonSettings).WithDispatcher(Context.Props.Dispatcher),
            name);
    }

    private string PathOf(string name) => (Self.Path / name).ToStringWithoutAddress();

    private string CoordinatorPath(string typeName) =>
        (Self.Path / ManagerName(typeName) / SingletonName / CoordinatorName).ToStringWithoutAddress();

    /// <summary>Starts the region of a type, and its coordinator's singleton.</summary>
    internal sealed record Start(
        string TypeName, Func<string, Props> EntityProps, ClusterShardingSettings Settings, IMessageExtractor Extractor,
        IShardAllocationStrategy AllocationStrategy, object HandOffStopMessage) : INoSerializationVerificationNeeded;

    /// <summary>Starts a region without entities.</summary>
    internal sealed record StartProxy(string TypeName, ClusterShardingSettings Settings, IMessageExtractor Extractor) : INoSerializationVerificationNeeded;

    /// <summary>The region runs.</summary>
    internal sealed record Started(IActorRef Region) : INoSerializationVerificationNeeded;
}
