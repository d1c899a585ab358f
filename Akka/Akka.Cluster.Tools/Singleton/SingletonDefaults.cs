using Akka.Actor;
using Akka.Configuration;
using Akka.Coordination;

namespace Akka.Cluster.Tools.Singleton;

/// <summary>What the settings of the singleton have in common.</summary>
internal static class SingletonDefaults
{
    public static Config Config => ToolsDefaults.Config;

    public static void Ensure(ActorSystem system) => ToolsDefaults.Ensure(system);

    public static string? RoleOf(string? role) => ToolsDefaults.RoleOf(role);

    public static LeaseUsageSettings? LeaseOf(Config config)
    {
        var lease = config.GetString("use-lease");
        return string.IsNullOrWhiteSpace(lease) ? null : new LeaseUsageSettings(lease.Trim(), config.GetTimeSpan("lease-retry-interval"));
    }
}
