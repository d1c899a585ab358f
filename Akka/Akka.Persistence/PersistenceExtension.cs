using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Persistence.Journal;
using Akka.Persistence.Serialization;

namespace Akka.Persistence;

/// <summary>
/// Starts journal and snapshot plugins by their HOCON path, once for each actor system, and limits concurrent recoveries.
/// </summary>
public class PersistenceExtension : IExtension
{
    private const string JournalFallbackPath = "akka.persistence.journal-plugin-fallback";
    private const string SnapshotFallbackPath = "akka.persistence.snapshot-store-plugin-fallback";
    private const string NoSnapshotStorePath = "akka.persistence.no-snapshot-store";

    private readonly ExtendedActorSystem _system;
    private readonly Config _config;
    private readonly Lazy<IStashOverflowStrategy> _stashStrategy;
    private readonly Lazy<IActorRef> _recoveryPermitter;
    private readonly string _defaultJournalId;
    private readonly string _defaultSnapshotId;
    // A plugin actor asks for its own configuration while it is being constructed, possibly before the call that starts it
    // has returned: so configurations are found by path and do not depend on the actor.
    private readonly ConcurrentDictionary<string, Plugin> _plugins = new();

    /// <summary>Starts the plugins that are configured to start with the system.</summary>
    public PersistenceExtension(ExtendedActorSystem system)
    {
        _system = system;
        _system.Settings.InjectTopLevelFallback(Persistence.DefaultConfig());
        BindSerializers();
        _config = system.Settings.Config.GetConfig("akka.persistence");
        Settings = new PersistenceSettings(system, _config);
        _defaultJournalId = _config.GetString("journal.plugin", "");
        _defaultSnapshotId = _config.GetString("snapshot-store.plugin", "");
        _stashStrategy = new Lazy<IStashOverflowStrategy>(CreateStashStrategy);
        _recoveryPermitter = new Lazy<IActorRef>(() =>
        {
            var permits = _config.GetInt("max-concurrent-recoveries", 50);
            return _system.SystemActorOf(Props.Create(() => new RecoveryPermitter(permits)), "recoveryPermitter");
        });

        foreach (var id in _config.GetStringList("journal.auto-start-journals"))
            JournalFor(id);
        foreach (var id in _config.GetStringList("snapshot-store.auto-start-snapshot-stores"))
            SnapshotStoreFor(id);
    }

    /// <summary>What the internal stash of a persistent actor does on overflow unless the actor says otherwise.</summary>
    public IStashOverflowStrategy DefaultInternalStashOverflowStrategy => _stashStrategy.Value;

    /// <summary>Settings below <c>akka.persistence</c>.</summary>
    public PersistenceSettings Settings { get; }

    internal IActorRef RecoveryPermitter => _recoveryPermitter.Value;

    /// <summary>The canonical persistence id of an actor: its path without address.</summary>
    public string PersistenceId(IActorRef actor) => actor.Path.ToStringWithoutAddress();

    /// <summary>The event adapters bound in a journal's configuration; the default journal's for an empty id.</summary>
    public EventAdapters AdaptersFor(string journalPluginId) => PluginFor(JournalId(journalPluginId), JournalFallbackPath).Adapters;

    /// <summary>The journal actor with this HOCON path; the default journal for an empty id.</summary>
    public IActorRef JournalFor(string journalPluginId) => PluginFor(JournalId(journalPluginId), JournalFallbackPath).Actor;

    /// <summary>The snapshot store actor with this HOCON path; the default one for an empty id.</summary>
    public IActorRef SnapshotStoreFor(string snapshotPluginId)
    {
        var id = !string.IsNullOrEmpty(snapshotPluginId) ? snapshotPluginId
            : !string.IsNullOrEmpty(_defaultSnapshotId) ? _defaultSnapshotId
            : NoSnapshotStorePath;
        return PluginFor(id, SnapshotFallbackPath).Actor;
    }

    /// <summary>Configuration of a journal (with fallback) before or without starting it.</summary>
    internal Config JournalConfigFor(string journalPluginId) => PluginFor(JournalId(journalPluginId), JournalFallbackPath).Config;

    /// <summary>Configuration of a plugin actor: plugins are system actors that have their path as name.</summary>
    internal Config ConfigFor(IActorRef plugin) => PluginOf(plugin).Config;

    internal EventAdapters AdaptersFor(IActorRef plugin) => PluginOf(plugin).Adapters;

    private Plugin PluginOf(IActorRef actor) => _plugins.TryGetValue(actor.Path.Name, out var plugin)
        ? plugin
        : throw new ArgumentException($"Unknown persistence plugin actor {actor}: it was not started by the Persistence extension");

    private string JournalId(string id)
    {
        if (!string.IsNullOrEmpty(id))
            return id;
        return !string.IsNullOrEmpty(_defaultJournalId)
            ? _defaultJournalId
            : throw new ArgumentException("Default journal plugin is not configured, see 'akka.persistence.journal.plugin'");
    }

    private Plugin PluginFor(string path, string fallbackPath)
    {
        if (_plugins.TryGetValue(path, out var plugin))
            return plugin;
        if (!_system.Settings.Config.HasPath(path))
            throw new ArgumentException($"Persistence config is missing plugin config path for: {path}", nameof(path));
        return _plugins.GetOrAdd(path, _ => new Plugin(_system, path, fallbackPath));
    }

    private IStashOverflowStrategy CreateStashStrategy()
    {
        var name = _config.GetString("internal-stash-overflow-strategy");
        var configurator = (IStashOverflowStrategyConfigurator)Activator.CreateInstance(Type.GetType(name, throwOnError: true)!)!;
        return configurator.Create(_system.Settings.Config);
    }

    /// <summary>
    /// The system's serialization was set up before this package's reference configuration was added to it. Bindings that the
    /// system's own configuration changes stay as they are.
    /// </summary>
    private void BindSerializers()
    {
        Bind(typeof(IMessage), "akka-persistence-message", () => new PersistenceMessageSerializer(_system));
        Bind(typeof(Serialization.Snapshot), "akka-persistence-snapshot", () => new PersistenceSnapshotSerializer(_system));
    }

    private void Bind(Type type, string name, Func<Akka.Serialization.Serializer> create)
    {
        if (_system.Settings.Config.GetString($"akka.actor.serialization-bindings.\"{type.FullName}, Akka.Persistence\"") != name)
            return;
        var serializer = create();
        _system.Serialization.AddSerializer(name, serializer);
        _system.Serialization.AddSerializationMap(type, serializer);
    }

    private sealed class Plugin
    {
        private readonly Lazy<IActorRef> _actor;
        private readonly Lazy<EventAdapters> _adapters;

        public Plugin(ExtendedActorSystem system, string path, string fallbackPath)
        {
            var all = system.Settings.Config;
            Config = all.GetConfig(path).WithFallback(all.GetConfig(fallbackPath));
            _adapters = new Lazy<EventAdapters>(() => EventAdapters.Create(system, Config));
            _actor = new Lazy<IActorRef>(() => Start(system, path, Config));
        }

        public Config Config { get; }

        public IActorRef Actor => _actor.Value;

        public EventAdapters Adapters => _adapters.Value;

        private static IActorRef Start(ExtendedActorSystem system, string path, Config config)
        {
            var className = config.GetString("class", "");
            if (string.IsNullOrEmpty(className))
                throw new ArgumentException($"Plugin class name must be defined in config property [{path}.class]");
            var type = Type.GetType(className, throwOnError: true)!;
            var takesConfig = type.GetConstructor([typeof(Config)]) is not null;
            var props = takesConfig ? Props.Create(type, config) : Props.Create(type);
            var dispatcher = config.GetString("plugin-dispatcher", "");
            return system.SystemActorOf(props.WithDispatcher(string.IsNullOrEmpty(dispatcher) ? Dispatchers.DefaultDispatcherId : dispatcher), path);
        }
    }
}
