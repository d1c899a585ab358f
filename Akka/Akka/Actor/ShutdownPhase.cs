using Akka.Configuration;

namespace Akka.Actor;

/// <summary>One phase of <see cref="CoordinatedShutdown"/> as configured.</summary>
internal sealed record ShutdownPhase(IReadOnlyList<string> DependsOn, TimeSpan Timeout, bool Recover, bool Enabled)
{
    /// <summary>A phase that others name without its being configured itself.</summary>
    public static readonly ShutdownPhase Undefined = new([], TimeSpan.FromSeconds(5), Recover: true, Enabled: true);

    public static Dictionary<string, ShutdownPhase> FromConfig(Config config)
    {
        var defaultTimeout = config.GetTimeSpan("default-phase-timeout", TimeSpan.FromSeconds(5));
        var phases = new Dictionary<string, ShutdownPhase>();
        foreach (var (name, _) in config.GetConfig("phases")?.AsEnumerable() ?? [])
        {
            var phase = config.GetConfig($"phases.\"{name}\"") ?? Config.Empty;
            phases[name] = new ShutdownPhase(
                phase.GetStringList("depends-on").ToList(),
                phase.GetTimeSpan("timeout", defaultTimeout),
                phase.GetBoolean("recover", true),
                phase.GetBoolean("enabled", true));
        }

        return phases;
    }

    /// <summary>The phases in an order in which each comes after those that it depends on.</summary>
    public static IReadOnlyList<string> TopologicalSort(IReadOnlyDictionary<string, ShutdownPhase> phases)
    {
        var sorted = new List<string>();
        var visiting = new HashSet<string>();

        foreach (var name in phases.Keys) Visit(name);
        return sorted;

        void Visit(string name)
        {
            if (sorted.Contains(name)) return;
            if (!visiting.Add(name))
                throw new ArgumentException($"Cycle detected in graph of phases. It must be a DAG. phase [{name}] depends transitively on itself.");
            if (phases.TryGetValue(name, out var phase))
            {
                foreach (var earlier in phase.DependsOn) Visit(earlier);
            }

            visiting.Remove(name);
            sorted.Add(name);
        }
    }
}
