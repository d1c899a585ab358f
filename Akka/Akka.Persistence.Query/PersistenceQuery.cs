using System.Collections.Concurrent;
using System.Reflection;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;

namespace Akka.Persistence.Query;

/// <summary>Marks what reads journals.</summary>
public interface IReadJournal;

/// <summary>Makes the read journal of a plugin; named by <c>class</c> in the plugin's section, with a constructor for (ExtendedActorSystem, Config).</summary>
public interface IReadJournalProvider
{
    IReadJournal GetReadJournal();
}

/// <summary>The read journals of an actor system, one for each plugin section.</summary>
public sealed class PersistenceQuery : IExtension
{
    private readonly ExtendedActorSystem _system;
    private readonly ConcurrentDictionary<string, Lazy<IReadJournal>> _journals = new();

    public PersistenceQuery(ExtendedActorSystem system)
    {
        _system = system;
        Log = Logging.GetLogger(system, this);
    }

    public ILoggingAdapter Log { get; }

    public static PersistenceQuery Get(ActorSystem system) => system.WithExtension<PersistenceQuery, PersistenceQueryProvider>();

    /// <summary>The default configuration that the read journal's type declares by a static <c>DefaultConfiguration()</c>; empty when it does not.</summary>
    public static Config GetDefaultConfig<TJournal>() =>
        typeof(TJournal).GetMethod("DefaultConfiguration", BindingFlags.Public | BindingFlags.Static, [])?.Invoke(null, null) as Config ?? Config.Empty;

    /// <summary>The read journal of the section; made at the first request.</summary>
    /// <exception cref="ArgumentException">There is no such section, or its class cannot be made.</exception>
    /// <exception cref="InvalidCastException">The section's read journal is of another type.</exception>
    public TJournal ReadJournalFor<TJournal>(string readJournalPluginId) where TJournal : IReadJournal =>
        (TJournal)_journals.GetOrAdd(readJournalPluginId, id => new Lazy<IReadJournal>(() => Create(id, GetDefaultConfig<TJournal>()))).Value;

    private IReadJournal Create(string pluginId, Config defaults)
    {
        if (!defaults.IsNullOrEmpty()) _system.Settings.InjectTopLevelFallback(defaults);
        var config = _system.Settings.Config.HasPath(pluginId) ? _system.Settings.Config.GetConfig(pluginId) : null;
        var name = config?.GetString("class", null);
        if (string.IsNullOrEmpty(name)) throw new ArgumentException($"{pluginId}.class must be defined", nameof(pluginId));
        var type = Type.GetType(name) ?? throw new ArgumentException($"{pluginId}.class: there is no type [{name}]", nameof(pluginId));
        object[][] candidates = [[_system, config!], [_system], [config!], []];
        foreach (var arguments in candidates)
        {
            if (type.GetConstructor([.. arguments.Select(a => a is Config ? typeof(Config) : typeof(ExtendedActorSystem))]) is { } constructor)
                return ((IReadJournalProvider)constructor.Invoke(arguments)).GetReadJournal();
        }
        throw new ArgumentException($"{pluginId}.class: [{name}] has no constructor for (ExtendedActorSystem, Config)", nameof(pluginId));
    }
}

/// <summary>Creates the <see cref="PersistenceQuery"/> of an actor system.</summary>
public class PersistenceQueryProvider : ExtensionIdProvider<PersistenceQuery>
{
    public override PersistenceQuery CreateExtension(ExtendedActorSystem system) => new(system);
}

/// <summary>Shorter ways to <see cref="PersistenceQuery"/>.</summary>
public static class PersistenceQueryExtensions
{
    public static TJournal ReadJournalFor<TJournal>(this ActorSystem system, string readJournalPluginId) where TJournal : IReadJournal =>
        PersistenceQuery.Get(system).ReadJournalFor<TJournal>(readJournalPluginId);
}
