using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;

namespace Akka.Persistence.Journal;

/// <summary>Changes events on their way into a journal.</summary>
public interface IWriteEventAdapter
{
    /// <summary>Manifest that is stored with the event; empty for none.</summary>
    string Manifest(object evt);

    /// <summary>What is stored.</summary>
    object ToJournal(object evt);
}

/// <summary>Changes events on their way out of a journal.</summary>
public interface IReadEventAdapter
{
    /// <summary>What the recovering actor gets: none, one or several events.</summary>
    IEventSequence FromJournal(object evt, string manifest);
}

/// <summary>Changes events on their way into and out of a journal.</summary>
public interface IEventAdapter : IWriteEventAdapter, IReadEventAdapter
{
}

/// <summary>Leaves events as they are.</summary>
public sealed class IdentityEventAdapter : IEventAdapter
{
    private IdentityEventAdapter()
    {
    }

    /// <summary>The one instance.</summary>
    public static IdentityEventAdapter Instance { get; } = new();

    /// <inheritdoc />
    public string Manifest(object evt) => string.Empty;

    /// <inheritdoc />
    public object ToJournal(object evt) => evt;

    /// <inheritdoc />
    public IEventSequence FromJournal(object evt, string manifest) => EventSequence.Single(evt);
}

/// <summary>Several adapters of which each reads; none writes.</summary>
public sealed class CombinedReadEventAdapter : IEventAdapter
{
    private static readonly NotSupportedException OnlyReadSide =
        new("CombinedReadEventAdapter must not be used when writing (creating manifests) events!");

    /// <summary>The adapters in order.</summary>
    public CombinedReadEventAdapter(IEnumerable<IEventAdapter> adapters) => Adapters = adapters.ToArray();

    /// <summary>The adapters in order.</summary>
    public IEnumerable<IEventAdapter> Adapters { get; }

    /// <inheritdoc />
    public string Manifest(object evt) => throw OnlyReadSide;

    /// <inheritdoc />
    public object ToJournal(object evt) => throw OnlyReadSide;

    /// <inheritdoc />
    public IEventSequence FromJournal(object evt, string manifest) =>
        EventSequence.Create(Adapters.SelectMany(a => a.FromJournal(evt, manifest).Events));
}

internal sealed class WriteOnlyEventAdapter(IWriteEventAdapter adapter) : IEventAdapter
{
    public string Manifest(object evt) => adapter.Manifest(evt);

    public object ToJournal(object evt) => adapter.ToJournal(evt);

    public IEventSequence FromJournal(object evt, string manifest) => EventSequence.Single(evt);
}

internal sealed class ReadOnlyEventAdapter(IReadEventAdapter adapter) : IEventAdapter
{
    public string Manifest(object evt) => string.Empty;

    public object ToJournal(object evt) => evt;

    public IEventSequence FromJournal(object evt, string manifest) => adapter.FromJournal(evt, manifest);
}

/// <summary>The event adapters of one journal, by event type; the most specific binding wins.</summary>
public class EventAdapters
{
    private readonly ConcurrentDictionary<Type, IEventAdapter> _map;
    private readonly KeyValuePair<Type, IEventAdapter>[] _bindings;
    private readonly ILoggingAdapter _log;

    /// <summary>Adapters known by type, and bindings from specific to general.</summary>
    protected EventAdapters(
        ConcurrentDictionary<Type, IEventAdapter> map,
        IEnumerable<KeyValuePair<Type, IEventAdapter>> bindings,
        ILoggingAdapter log)
    {
        _map = map;
        _bindings = bindings.ToArray();
        _log = log;
    }

    /// <summary>Reads <c>event-adapters</c> and <c>event-adapter-bindings</c> of a journal's configuration.</summary>
    /// <exception cref="ArgumentException">A binding names an adapter that is not defined.</exception>
    public static EventAdapters Create(ExtendedActorSystem system, Config config)
    {
        var adapters = Section(config, "event-adapters").ToDictionary(
            e => e.Key,
            e => Instantiate(Type.GetType(e.Value[0], throwOnError: true)!, system));
        var map = new ConcurrentDictionary<Type, IEventAdapter>();
        foreach (var (typeName, names) in Section(config, "event-adapter-bindings"))
        {
            var bound = names.Select(name => adapters.TryGetValue(name, out var adapter)
                ? adapter
                : throw new ArgumentException($"{typeName} was bound to undefined event-adapter: {name} (bindings: [{string.Join(", ", names)}], known adapters: {string.Join(", ", adapters.Keys)})")).ToArray();
            map[Type.GetType(typeName, throwOnError: true)!] = bound.Length == 1 ? bound[0] : new CombinedReadEventAdapter(bound);
        }

        return new EventAdapters(map, BySpecificity(map), system.Log);
    }

    /// <summary>The adapter of an event type.</summary>
    public IEventAdapter Get<T>() => Get(typeof(T));

    /// <summary>The adapter of an event type; the identity when none is bound.</summary>
    public virtual IEventAdapter Get(Type type)
    {
        if (_map.TryGetValue(type, out var known))
            return known;
        var adapter = _bindings.FirstOrDefault(b => b.Key.IsAssignableFrom(type)).Value ?? IdentityEventAdapter.Instance;
        if (_map.TryAdd(type, adapter) && _log.IsDebugEnabled)
            _log.Debug("Using event adapter {0} for event type {1}", adapter.GetType().Name, type.FullName ?? type.Name);
        return adapter;
    }

    private static IEnumerable<KeyValuePair<string, string[]>> Section(Config config, string path)
    {
        if (!config.HasPath(path))
            yield break;
        foreach (var (key, value) in config.GetConfig(path).AsEnumerable())
            yield return new(key.Trim('"'), value.IsArray() ? [.. value.GetStringList()] : [value.GetString()]);
    }

    private static IEventAdapter Instantiate(Type type, ExtendedActorSystem system)
    {
        var instance = type.GetConstructor([typeof(ExtendedActorSystem)]) is not null
            ? Activator.CreateInstance(type, system)
            : Activator.CreateInstance(type);
        return instance switch
        {
            IEventAdapter both => both,
            IWriteEventAdapter write => new WriteOnlyEventAdapter(write),
            IReadEventAdapter read => new ReadOnlyEventAdapter(read),
            _ => throw new ArgumentException($"Configured {type} does not implement any EventAdapter interface!"),
        };
    }

    private static List<KeyValuePair<Type, IEventAdapter>> BySpecificity(IEnumerable<KeyValuePair<Type, IEventAdapter>> bindings)
    {
        var sorted = new List<KeyValuePair<Type, IEventAdapter>>();
        foreach (var binding in bindings)
        {
            var before = sorted.FindIndex(other => other.Key.IsAssignableFrom(binding.Key));
            sorted.Insert(before < 0 ? sorted.Count : before, binding);
        }

        return sorted;
    }
}
