using Akka.Actor;
using Akka.Configuration;

namespace Akka.Cluster.Tools.PublishSubscribe;

/// <summary>Publish-subscribe across the cluster: the mediator of this node, which knows what is registered at all the others.</summary>
public sealed class DistributedPubSub : IExtension
{
    private readonly ExtendedActorSystem _system;
    private readonly DistributedPubSubSettings _settings;
    private readonly Cluster _cluster;
    private readonly IActorRef _mediator;

    public DistributedPubSub(ExtendedActorSystem system)
    {
        _system = system;
        _settings = DistributedPubSubSettings.Create(system);
        _cluster = Cluster.Get(system);
        _mediator = CreateMediator();
    }

    /// <summary>This node lacks the role, or its cluster part has stopped.</summary>
    public bool IsTerminated => _cluster.IsTerminated || (_settings.Role is { } role && !_cluster.SelfRoles.Contains(role));

    /// <summary>The mediator; dead letters where <see cref="IsTerminated"/>.</summary>
    public IActorRef Mediator => IsTerminated ? _system.DeadLetters : _mediator;

    public static DistributedPubSub Get(ActorSystem system) => system.WithExtension<DistributedPubSub, DistributedPubSubExtensionProvider>();

    public static Config DefaultConfig() => ToolsDefaults.Config;

    private IActorRef CreateMediator()
    {
        if (IsTerminated) return _system.DeadLetters;
        var config = _system.Settings.Config.GetConfig("akka.cluster.pub-sub");
        var props = DistributedPubSubMediator.Props(_settings).WithDispatcher(ToolsDefaults.DispatcherOf(config));
        return _system.SystemActorOf(props, config.GetString("name"));
    }
}

/// <summary>Creates the <see cref="DistributedPubSub"/> of an actor system.</summary>
public sealed class DistributedPubSubExtensionProvider : ExtensionIdProvider<DistributedPubSub>
{
    public override DistributedPubSub CreateExtension(ExtendedActorSystem system) => new(system);
}
