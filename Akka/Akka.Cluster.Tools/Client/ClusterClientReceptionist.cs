using Akka.Actor;
using Akka.Cluster.Tools.PublishSubscribe;
using Akka.Configuration;

namespace Akka.Cluster.Tools.Client;

/// <summary>Opens this node to clients outside the cluster: the receptionist, and what it may be asked for.</summary>
public sealed class ClusterClientReceptionist : IExtension
{
    private readonly ExtendedActorSystem _system;
    private readonly string? _role;
    private readonly IActorRef _receptionist;

    public ClusterClientReceptionist(ExtendedActorSystem system)
    {
        _system = system;
        ToolsDefaults.Ensure(system);
        var config = system.Settings.Config.GetConfig("akka.cluster.client.receptionist");
        _role = ToolsDefaults.RoleOf(config.GetString("role"));
        _receptionist = IsTerminated
            ? system.DeadLetters
            : system.SystemActorOf(
                ClusterReceptionist.Props(Mediator, ClusterReceptionistSettings.Create(config)).WithDispatcher(ToolsDefaults.DispatcherOf(config)),
                config.GetString("name"));
    }

    /// <summary>This node lacks the role, or its cluster part has stopped.</summary>
    public bool IsTerminated => Cluster.Get(_system) is var cluster && (cluster.IsTerminated || (_role is { } role && !cluster.SelfRoles.Contains(role)));

    /// <summary>The receptionist; dead letters on nodes without the role.</summary>
    public IActorRef Underlying => _receptionist;

    private IActorRef Mediator => DistributedPubSub.Get(_system).Mediator;

    public static ClusterClientReceptionist Get(ActorSystem system) =>
        system.WithExtension<ClusterClientReceptionist, ClusterClientReceptionistExtensionProvider>();

    public static Config DefaultConfig() => ToolsDefaults.Config;

    /// <summary>Clients reach the actor by its path, with <see cref="ClusterClient.Send"/> and <see cref="ClusterClient.SendToAll"/>.</summary>
    public void RegisterService(IActorRef actorRef) => Mediator.Tell(new Put(actorRef), ActorRefs.NoSender);

    public void UnregisterService(IActorRef actorRef) => Mediator.Tell(new Remove(actorRef.Path.ToStringWithoutAddress()), ActorRefs.NoSender);

    /// <summary>Clients reach the actor, with all others of the topic, with <see cref="ClusterClient.Publish"/>.</summary>
    public void RegisterSubscriber(string topic, IActorRef actorRef) => Mediator.Tell(new Subscribe(topic, actorRef), ActorRefs.NoSender);

    public void UnregisterSubscriber(string topic, IActorRef actorRef) => Mediator.Tell(new Unsubscribe(topic, actorRef), ActorRefs.NoSender);
}

/// <summary>Creates the <see cref="ClusterClientReceptionist"/> of an actor system.</summary>
public sealed class ClusterClientReceptionistExtensionProvider : ExtensionIdProvider<ClusterClientReceptionist>
{
    public override ClusterClientReceptionist CreateExtension(ExtendedActorSystem system) => new(system);
}
