using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;

namespace Akka.Dispatch;

/// <summary>The dispatchers of a system, by the path of their configuration.</summary>
public sealed class Dispatchers
{
    public const string DefaultDispatcherId = "akka.actor.default-dispatcher";
    public const string DefaultBlockingDispatcherId = "akka.actor.default-blocking-io-dispatcher";
    public const string SynchronizedDispatcherId = "akka.actor.synchronized-dispatcher";

    internal const string InternalDispatcherId = "akka.actor.internal-dispatcher";
    private const int AliasDepthMax = 20;

    private readonly ActorSystem _system;
    private readonly ILoggingAdapter? _log;
    private readonly ConcurrentDictionary<string, MessageDispatcherConfigurator> _configurators = new(StringComparer.Ordinal);
    private MessageDispatcher? _default;
    private MessageDispatcher? _internal;

    public Dispatchers(ActorSystem system, IDispatcherPrerequisites prerequisites, ILoggingAdapter? logger)
    {
        _system = system;
        Prerequisites = prerequisites;
        _log = logger;
        DefaultDispatcherConfig = IdConfig(DefaultDispatcherId).WithFallback(system.Settings.Config.GetConfig(DefaultDispatcherId) ?? Config.Empty);
    }

    public MessageDispatcher DefaultGlobalDispatcher => _default ??= Lookup(DefaultDispatcherId);

    internal MessageDispatcher InternalDispatcher => _internal ??= Lookup(InternalDispatcherId);

    public Config DefaultDispatcherConfig { get; }

    public IDispatcherPrerequisites Prerequisites { get; }

    /// <summary>The configuration of a dispatcher; a plain string there names another one.</summary>
    public static Config GetConfig(Config config, string id, int depth = 0) => config.GetConfig(ConcreteId(config, id, depth))!;

    private static string ConcreteId(Config config, string id, int depth = 0)
    {
        if (depth > AliasDepthMax)
            throw new ConfigurationException($"Could not find a concrete dispatcher config after following {AliasDepthMax} deep. Is there a circular reference in your config? Last followed dispatcher alias is [{id}].");
        if (!config.HasPath(id)) throw new ConfigurationException($"Dispatcher [{id}] not configured.");
        var value = config.GetValue(id);
        return value.IsObject() ? id : ConcreteId(config, value.GetString(), depth + 1);
    }

    public MessageDispatcher Lookup(string dispatcherName) =>
        Configurator(string.IsNullOrEmpty(dispatcherName) ? DefaultDispatcherId : dispatcherName).Dispatcher();

    public bool HasDispatcher(string id) => _configurators.ContainsKey(id) || _system.Settings.Config.HasPath(id);

    /// <summary>Sets the configurator for a name that has none yet.</summary>
    public bool RegisterConfigurator(string id, MessageDispatcherConfigurator configurator) => _configurators.TryAdd(id, configurator);

    internal MessageDispatcherConfigurator Configurator(string id) =>
        _configurators.TryGetValue(id, out var known) ? known : _configurators.GetOrAdd(id, Create(id));

    private MessageDispatcherConfigurator Create(string id)
    {
        // an alias is the very dispatcher that it names
        if (_system.Settings.Config.GetValue(id) is { } value && value.IsString()) return Configurator(ConcreteId(_system.Settings.Config, id));
        var config = IdConfig(id).WithFallback(GetConfig(_system.Settings.Config, id)).WithFallback(DefaultDispatcherConfig);
        var type = config.GetString("type", "");
        switch (type)
        {
            case "Dispatcher" or "TaskDispatcher":
                return new DispatcherConfigurator(config, Prerequisites);
            case "ForkJoinDispatcher":
                return new ForkJoinDispatcherConfigurator(config, Prerequisites);
            case "PinnedDispatcher":
                return new PinnedDispatcherConfigurator(config, Prerequisites);
            case null or "":
                throw new ConfigurationException($"Could not resolve dispatcher for path {id}. type is null");
            default:
                var custom = Type.GetType(type)
                    ?? throw new ConfigurationException($"Could not resolve dispatcher type {type} for path {id}");
                if (!typeof(MessageDispatcherConfigurator).IsAssignableFrom(custom))
                    throw new ConfigurationException($"Dispatcher type {type} for path {id} is no MessageDispatcherConfigurator");
                _log?.Debug("Using dispatcher configurator {0} for {1}", type, id);
                return (MessageDispatcherConfigurator)Activator.CreateInstance(custom, config, Prerequisites)!;
        }
    }

    private static Config IdConfig(string id) => ConfigurationFactory.ParseString($"id = \"{id}\"\nname = \"{id}\"");
}
