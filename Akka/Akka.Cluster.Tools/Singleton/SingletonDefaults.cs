using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Configuration;
using Akka.Coordination;

namespace Akka.Cluster.Tools.Singleton;

/// <summary>Default configuration and serializer of the singleton, brought into an actor system when it is first used there.</summary>
internal static class SingletonDefaults
{
    private static readonly ConditionalWeakTable<ActorSystem, object> Known = [];

    public static Config Config => ConfigurationFactory.FromResource("Akka.Cluster.Tools.reference.conf", typeof(SingletonDefaults).Assembly);

    public static void Ensure(ActorSystem system) => Known.GetValue(system, static system =>
    {
        system.Settings.InjectTopLevelFallback(Config);
        // The actor system read the serializers from its configuration at start, before these defaults were part of it.
        var serializer = new Serialization.ClusterSingletonMessageSerializer((ExtendedActorSystem)system);
        system.Serialization.AddSerializer("akka-singleton", serializer);
        system.Serialization.AddSerializationMap(typeof(IClusterSingletonMessage), serializer);
        return new object();
    });

    public static string? RoleOf(string? role) => string.IsNullOrWhiteSpace(role) ? null : role.Trim();

    public static LeaseUsageSettings? LeaseOf(Config config)
    {
        var lease = config.GetString("use-lease");
        return string.IsNullOrWhiteSpace(lease) ? null : new LeaseUsageSettings(lease.Trim(), config.GetTimeSpan("lease-retry-interval"));
    }
}
