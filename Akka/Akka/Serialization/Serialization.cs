using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Util;
using Akka.Util.Reflection;

namespace Akka.Serialization;

/// <summary>The serializers of an actor system: which is for what, and the scope in which actor references get their address.</summary>
public class Serialization
{
    [ThreadStatic]
    private static Information? _currentTransportInformation;

    private readonly SerializerBindings _bindings = new();
    private readonly Dictionary<int, Serializer> _byId = [];
    private readonly Dictionary<string, Serializer> _byName = [];
    private readonly NullSerializer _nullSerializer;
    private readonly ILoggingAdapter _log;

    public Serialization(ExtendedActorSystem system)
    {
        System = system;
        _log = Logging.GetLogger(system.EventStream, this);
        _nullSerializer = new NullSerializer(system);
        AddSerializer(_nullSerializer);
        ReadConfiguration(system.Settings.Config);
        ReadSetup();
    }

    public ExtendedActorSystem System { get; }

    internal static Information? CurrentTransportInformation => _currentTransportInformation;

    /// <summary>The manifest that has to travel with a message: of the serializer's own, the type's name, or none.</summary>
    public static string ManifestFor(Serializer s, object msg)
    {
        if (s is SerializerWithStringManifest withManifest) return withManifest.Manifest(msg);
        return s.IncludeManifest ? msg.GetType().TypeQualifiedName() : string.Empty;
    }

    /// <summary>The scope that serialization runs in; throws outside of one.</summary>
    public static Information GetCurrentTransportInformation() =>
        _currentTransportInformation
        ?? throw new InvalidOperationException("CurrentTransportInformation is not set. Use Serialization.WithTransport<T>.");

    public static T WithTransport<T>(ActorSystem system, Address address, Func<T> action) =>
        InScope(new Information(address, system), action, static run => run());

    /// <summary>Runs the action with the system's own address; an enclosing scope stays in force.</summary>
    public static T WithTransport<T>(ExtendedActorSystem system, Func<T> action) => WithTransport(system, action, static run => run());

    public static T WithTransport<TState, T>(ExtendedActorSystem system, TState state, Func<TState, T> action) =>
        _currentTransportInformation is not null ? action(state) : InScope(system.Provider.SerializationInformation, state, action);

    public void AddSerializer(Serializer serializer)
    {
        if (_byId.TryGetValue(serializer.Identifier, out var other) && other.GetType() != serializer.GetType())
            throw new ArgumentException(
                $"Serializer identifier [{serializer.Identifier}] of [{serializer.GetType()}] is not unique. It is also used by [{other.GetType()}].",
                nameof(serializer));
        _byId[serializer.Identifier] = serializer;
    }

    public void AddSerializer(string name, Serializer serializer)
    {
        AddSerializer(serializer);
        _byName[name] = serializer;
    }

    public void AddSerializationMap(Type type, Serializer serializer) => _bindings.Add(type, serializer);

    public byte[] Serialize(object o) =>
        WithTransport(System, (Serialization: this, Object: o), static state => state.Serialization.FindSerializerFor(state.Object).ToBinary(state.Object));

    public object Deserialize(byte[] bytes, int serializerId, Type type) =>
        WithTransport(System, (Serializer: ById(serializerId, type?.TypeQualifiedName()), bytes, type),
            static state => state.Serializer.FromBinary(state.bytes, state.type));

    public object Deserialize(byte[] bytes, int serializerId, string manifest)
    {
        var serializer = ById(serializerId, manifest);
        if (serializer is SerializerWithStringManifest withManifest)
            return WithTransport(System, (withManifest, bytes, manifest), static state => state.withManifest.FromBinary(state.bytes, state.manifest));

        var type = string.IsNullOrEmpty(manifest) ? null : TypeOf(manifest, serializerId);
        return WithTransport(System, (serializer, bytes, type), static state => state.serializer.FromBinary(state.bytes, state.type));
    }

    /// <summary>The serializer for the object; <paramref name="defaultSerializerName"/> answers when no binding does.</summary>
    public Serializer FindSerializerFor(object obj, string? defaultSerializerName = null) =>
        obj is null ? _nullSerializer : FindSerializerForType(obj.GetType(), defaultSerializerName);

    public Serializer FindSerializerForType(Type objectType, string? defaultSerializerName = null)
    {
        if (_bindings.Find(objectType) is { } serializer) return serializer;
        if (defaultSerializerName is not null && _byName.TryGetValue(defaultSerializerName, out serializer)) return serializer;
        throw new SerializationException($"Serializer not found for type {objectType.Name}: no entry of akka.actor.serialization-bindings fits {objectType}.");
    }

    public IActorRef DeserializeActorRef(string path) => System.Provider.ResolveActorRef(path);

    /// <summary>The path of an actor with uid and with the address by which the current receiver reaches it.</summary>
    public static string SerializedActorPath(IActorRef actorRef)
    {
        if (actorRef is null || Equals(actorRef, ActorRefs.NoSender)) return string.Empty;
        var path = actorRef.Path;
        var owner = (actorRef as ActorRefWithCell)?.Underlying.System as ExtendedActorSystem;
        if (_currentTransportInformation is not { } information)
            return owner is null ? path.ToSerializationFormat() : path.ToSerializationFormatWithAddress(owner.Provider.DefaultAddress);
        if (owner is null || ReferenceEquals(owner, information.System)) return path.ToSerializationFormatWithAddress(information.Address);
        return path.ToSerializationFormatWithAddress(
            owner.Provider.GetExternalAddressFor(information.Address) ?? owner.Provider.DefaultAddress);
    }

    private static T InScope<TState, T>(Information information, TState state, Func<TState, T> action)
    {
        var before = _currentTransportInformation;
        _currentTransportInformation = information;
        try
        {
            return action(state);
        }
        finally
        {
            _currentTransportInformation = before;
        }
    }

    private Serializer ById(int serializerId, string? manifest) =>
        _byId.TryGetValue(serializerId, out var serializer)
            ? serializer
            : throw new SerializationException(
                $"Cannot find serializer with id [{serializerId}] (manifest [{manifest}]). The most probable reason is that the configuration entry "
                + "'akka.actor.serializers' is not in sync between the two systems.");

    private static Type TypeOf(string manifest, int serializerId)
    {
        try
        {
            return TypeCache.GetType(manifest);
        }
        catch (Exception e)
        {
            throw new SerializationException($"Cannot find manifest class [{manifest}] for serializer with id [{serializerId}].", e);
        }
    }

    private void ReadConfiguration(Config config)
    {
        foreach (var (name, value) in config.GetConfig("akka.actor.serializers")?.AsEnumerable() ?? [])
        {
            var typeName = value.GetString();
            if (Type.GetType(typeName) is not { } type)
            {
                _log.Warning("The type name for serializer '{0}' did not resolve to an actual Type: '{1}'", name, typeName);
                continue;
            }

            AddSerializer(name, Create(type, config.GetConfig($"akka.actor.serialization-settings.{name}")));
        }

        foreach (var (typeName, value) in config.GetConfig("akka.actor.serialization-bindings")?.AsEnumerable() ?? [])
        {
            var name = value.GetString();
            if (Type.GetType(typeName) is not { } type)
            {
                _log.Warning("The type name for message/serializer binding '{0}' did not resolve to an actual Type: '{1}'", name, typeName);
                continue;
            }

            if (!_byName.TryGetValue(name, out var serializer))
            {
                _log.Warning("Serialization binding to non existing serializer: '{0}'", name);
                continue;
            }

            AddSerializationMap(type, serializer);
        }
    }

    private Serializer Create(Type type, Config? settings)
    {
        // with settings when the serializer takes them, and there are any or it takes nothing else
        if (type.GetConstructor([typeof(ExtendedActorSystem), typeof(Config)]) is not null
            && (settings is not null || type.GetConstructor([typeof(ExtendedActorSystem)]) is null))
            return (Serializer)Activator.CreateInstance(type, System, settings ?? Config.Empty)!;
        return (Serializer)Activator.CreateInstance(type, System)!;
    }

    private void ReadSetup()
    {
        if (System.Settings.Setup.Get<SerializationSetup>() is not { HasValue: true, Value: { } setup }) return;
        foreach (var details in setup.CreateSerializers(System))
        {
            AddSerializer(details.Alias, details.Serializer);
            foreach (var type in details.UseFor) AddSerializationMap(type, details.Serializer);
        }
    }
}
