using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Cluster.Tools.Client;
using Akka.Cluster.Tools.Client.Serialization;
using Akka.Cluster.Tools.PublishSubscribe;
using Akka.Cluster.Tools.PublishSubscribe.Serialization;
using Akka.Cluster.Tools.Singleton;
using Akka.Cluster.Tools.Singleton.Serialization;
using Akka.Configuration;
using Akka.Serialization;

namespace Akka.Cluster.Tools;

/// <summary>Default configuration and serializers of this package, brought into an actor system when one of its parts is first used there.</summary>
internal static class ToolsDefaults
{
    private static readonly ConditionalWeakTable<ActorSystem, object> Known = [];

    public static Config Config => ConfigurationFactory.FromResource("Akka.Cluster.Tools.reference.conf", typeof(ToolsDefaults).Assembly);

    public static void Ensure(ActorSystem system) => Known.GetValue(system, static system =>
    {
        system.Settings.InjectTopLevelFallback(Config);
        // The actor system read the serializers from its configuration at start, before these defaults were part of it.
        var extended = (ExtendedActorSystem)system;
        Add(extended, "akka-singleton", new ClusterSingletonMessageSerializer(extended), typeof(IClusterSingletonMessage));
        Add(extended, "akka-pubsub", new DistributedPubSubMessageSerializer(extended), typeof(IDistributedPubSubMessage));
        Add(
            extended,
            "akka-cluster-client",
            new ClusterClientMessageSerializer(extended),
            typeof(IClusterClientMessage),
            typeof(IClusterClientProtocolMessage));
        return new object();
    });

    public static string? RoleOf(string? role) => string.IsNullOrWhiteSpace(role) ? null : role.Trim();

    public static string DispatcherOf(Config config)
    {
        var dispatcher = config.GetString("use-dispatcher");
        return string.IsNullOrEmpty(dispatcher) ? "akka.actor.internal-dispatcher" : dispatcher;
    }

    private static void Add(ExtendedActorSystem system, string name, Serializer serializer, params Type[] types)
    {
        system.Serialization.AddSerializer(name, serializer);
        foreach (var type in types) system.Serialization.AddSerializationMap(type, serializer);
    }
}
