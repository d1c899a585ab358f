namespace Akka.Configuration;

/// <summary>Configurations that may be null: <see cref="Config.GetConfig"/> gives null for a path that is not there.</summary>
public static class ConfigExtensions
{
    public static Config SafeWithFallback(this Config? config, Config? fallback)
    {
        if (config.IsNullOrEmpty()) return fallback!;
        return fallback.IsNullOrEmpty() || ReferenceEquals(config, fallback) ? config! : config!.WithFallback(fallback!);
    }

    public static bool IsNullOrEmpty(this Config? config) => config is null || config.IsEmpty;
}
