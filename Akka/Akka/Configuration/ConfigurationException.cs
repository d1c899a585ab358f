using Akka.Actor;

namespace Akka.Configuration;

/// <summary>A configuration that cannot be read, or lacks or contradicts what is needed.</summary>
public class ConfigurationException : AkkaException
{
    public ConfigurationException(string message) : base(message)
    {
    }

    public ConfigurationException(string message, Exception exception) : base(message, exception)
    {
    }

    /// <summary>The error of a <typeparamref name="T"/> that was given no configuration.</summary>
    public static ConfigurationException NullOrEmptyConfig<T>(string? path = null) =>
        new(string.IsNullOrWhiteSpace(path)
            ? $"Failed to instantiate {typeof(T).Name}: Configuration does not exist or is empty."
            : $"Failed to instantiate {typeof(T).Name}: Configuration does not contain `{path}` or it is empty.");
}
