using Akka.Actor;
using Akka.Configuration;
using Akka.Routing;

namespace Akka.Cluster.Tools.PublishSubscribe;

/// <summary>Settings of a <see cref="DistributedPubSubMediator"/>, by default from <c>akka.cluster.pub-sub</c>.</summary>
public sealed class DistributedPubSubSettings : INoSerializationVerificationNeeded
{
    public DistributedPubSubSettings(
        string? role,
        RoutingLogic routingLogic,
        TimeSpan gossipInterval,
        TimeSpan removedTimeToLive,
        int maxDeltaElements,
        bool sendToDeadLettersWhenNoSubscribers)
    {
        Role = ToolsDefaults.RoleOf(role);
        RoutingLogic = routingLogic;
        GossipInterval = gossipInterval;
        RemovedTimeToLive = removedTimeToLive;
        MaxDeltaElements = maxDeltaElements;
        SendToDeadLettersWhenNoSubscribers = sendToDeadLettersWhenNoSubscribers;
    }

    /// <summary>Null: any member.</summary>
    public string? Role { get; }

    public RoutingLogic RoutingLogic { get; }

    public TimeSpan GossipInterval { get; }

    public TimeSpan RemovedTimeToLive { get; }

    public int MaxDeltaElements { get; }

    public bool SendToDeadLettersWhenNoSubscribers { get; }

    public static DistributedPubSubSettings Create(ActorSystem system)
    {
        ToolsDefaults.Ensure(system);
        return Create(system.Settings.Config.GetConfig("akka.cluster.pub-sub"));
    }

    /// <exception cref="ArgumentException">The routing logic is not known.</exception>
    public static DistributedPubSubSettings Create(Config config)
    {
        if (config.IsNullOrEmpty()) throw ConfigurationException.NullOrEmptyConfig<DistributedPubSubSettings>();
        return new DistributedPubSubSettings(
            config.GetString("role"),
            RoutingLogicOf(config.GetString("routing-logic")),
            config.GetTimeSpan("gossip-interval"),
            config.GetTimeSpan("removed-time-to-live"),
            config.GetInt("max-delta-elements"),
            config.GetBoolean("send-to-dead-letters-when-no-subscribers"));
    }

    public DistributedPubSubSettings WithRole(string? role) =>
        new(role, RoutingLogic, GossipInterval, RemovedTimeToLive, MaxDeltaElements, SendToDeadLettersWhenNoSubscribers);

    public DistributedPubSubSettings WithRoutingLogic(RoutingLogic routingLogic) =>
        new(Role, routingLogic, GossipInterval, RemovedTimeToLive, MaxDeltaElements, SendToDeadLettersWhenNoSubscribers);

    public DistributedPubSubSettings WithGossipInterval(TimeSpan gossipInterval) =>
        new(Role, RoutingLogic, gossipInterval, RemovedTimeToLive, MaxDeltaElements, SendToDeadLettersWhenNoSubscribers);

    public DistributedPubSubSettings WithRemovedTimeToLive(TimeSpan removedTtl) =>
        new(Role, RoutingLogic, GossipInterval, removedTtl, MaxDeltaElements, SendToDeadLettersWhenNoSubscribers);

    public DistributedPubSubSettings WithMaxDeltaElements(int maxDeltaElements) =>
        new(Role, RoutingLogic, GossipInterval, RemovedTimeToLive, maxDeltaElements, SendToDeadLettersWhenNoSubscribers);

    public DistributedPubSubSettings WithSendToDeadLettersWhenNoSubscribers(bool sendToDeadLetterWhenNoSubscribers) =>
        new(Role, RoutingLogic, GossipInterval, RemovedTimeToLive, MaxDeltaElements, sendToDeadLetterWhenNoSubscribers);

    private static RoutingLogic RoutingLogicOf(string? name) => name switch
    {
        "random" => new RandomLogic(),
        "round-robin" => new RoundRobinRoutingLogic(),
        "broadcast" => new BroadcastRoutingLogic(),
        "consistent-hashing" => throw new ArgumentException("Consistent hashing routing logic can't be used by the pub-sub mediator"),
        _ => throw new ArgumentException($"Unknown routing logic is tried to be applied to the pub-sub mediator: [{name}]"),
    };
}
