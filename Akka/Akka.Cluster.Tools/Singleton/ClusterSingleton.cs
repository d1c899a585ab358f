using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Util;

namespace Akka.Cluster.Tools.Singleton;

/// <summary>A singleton to be started with <see cref="ClusterSingleton.Init"/>. Immutable.</summary>
public class SingletonActor
{
    private SingletonActor(string name, Props props, Option<object> stopMessage, Option<ClusterSingletonSettings> settings)
    {
        Name = name;
        Props = props;
        StopMessage = stopMessage;
        Settings = settings;
    }

    public string Name { get; }

    public Props Props { get; }

    /// <summary>Asks the singleton to stop for a hand-over. None: PoisonPill.</summary>
    public Option<object> StopMessage { get; }

    /// <summary>None: from the configuration.</summary>
    public Option<ClusterSingletonSettings> Settings { get; }

    public static SingletonActor Create(Props props, string name) => new(name, props, Option<object>.None, Option<ClusterSingletonSettings>.None);

    public SingletonActor WithProps(Props props) => new(Name, props, StopMessage, Settings);

    public SingletonActor WithStopMessage(object stopMessage) => new(Name, Props, new Option<object>(stopMessage), Settings);

    public SingletonActor WithSettings(ClusterSingletonSettings settings) => new(Name, Props, StopMessage, new Option<ClusterSingletonSettings>(settings));
}

/// <summary>Starts singletons with manager and proxy.</summary>
public class ClusterSingleton : IExtension
{
    private readonly ExtendedActorSystem _system;
    private readonly ConcurrentDictionary<string, Lazy<IActorRef>> _proxies = new();
    private readonly ConcurrentDictionary<string, Lazy<IActorRef>> _managers = new();

    public ClusterSingleton(ExtendedActorSystem system) => _system = system;

    public static ClusterSingleton Get(ActorSystem system) => system.WithExtension<ClusterSingleton, ClusterSingletonProvider>();

    /// <summary>Starts the manager, when this node has the role, and returns the proxy. The same name gives the same proxy.</summary>
    public IActorRef Init(SingletonActor singleton)
    {
        var settings = singleton.Settings.HasValue ? singleton.Settings.Value : ClusterSingletonSettings.Create(_system);
        var managerName = $"singletonManager{singleton.Name}";
        if (settings.Role is null || Cluster.Get(_system).SelfRoles.Contains(settings.Role))
        {
            _ = _managers.GetOrAdd(singleton.Name, _ => new Lazy<IActorRef>(() => _system.SystemActorOf(
                ClusterSingletonManager.Props(
                    singleton.Props,
                    singleton.StopMessage.GetOrElse(PoisonPill.Instance),
                    settings.ToManagerSettings(singleton.Name)),
                managerName))).Value;
        }
        return _proxies.GetOrAdd(singleton.Name, _ => new Lazy<IActorRef>(() => _system.SystemActorOf(
            ClusterSingletonProxy.Props($"/system/{managerName}", settings.ToProxySettings(singleton.Name)),
            $"singletonProxy{singleton.Name}"))).Value;
    }
}

/// <summary>Creates the <see cref="ClusterSingleton"/> of an actor system.</summary>
public class ClusterSingletonProvider : ExtensionIdProvider<ClusterSingleton>
{
    public override ClusterSingleton CreateExtension(ExtendedActorSystem system) => new(system);
}
