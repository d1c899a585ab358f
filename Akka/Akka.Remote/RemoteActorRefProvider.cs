using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Configuration;
using Akka.Event;
using Akka.Serialization;

namespace Akka.Remote;

/// <summary>Finds the provider of a system that has remoting.</summary>
internal sealed class RARP(RemoteActorRefProvider provider) : IExtension
{
    public RemoteActorRefProvider Provider { get; } = provider;

    public static RARP For(ActorSystem system) => system.WithExtension<RARP, RARPExtension>();

    /// <summary>Props with the dispatcher of remoting.</summary>
    public Props ConfigureDispatcher(Props props) => Provider.RemoteSettings.ConfigureDispatcher(props);
}

/// <summary>Makes <see cref="RARP"/>.</summary>
internal sealed class RARPExtension : ExtensionIdProvider<RARP>
{
    public override RARP CreateExtension(ExtendedActorSystem system) =>
        new(system.Provider as RemoteActorRefProvider
            ?? throw new ConfigurationException($"akka.actor.provider is {system.Provider.GetType()}; remoting needs \"remote\" or \"cluster\""));
}

/// <summary>
/// The provider of a system that talks to others: what is local it leaves to <see cref="LocalActorRefProvider"/>, paths with another address
/// become <see cref="RemoteActorRef"/>s. Actors are deployed locally only. Akka.Cluster derives from it.
/// </summary>
internal class RemoteActorRefProvider : IActorRefProvider
{
    // References by path: bounds the memory of paths that come from outside, and is emptied when full.
    private const int CachedRefsMax = 4096;

    private readonly LocalActorRefProvider _local;
    private readonly ConcurrentDictionary<string, RemoteActorRef> _cache = new(StringComparer.Ordinal);
    private ActorSystemImpl _system = null!;
    private Information? _serializationInformation;

    public RemoteActorRefProvider(string systemName, Settings settings, EventStream eventStream)
    {
        settings.InjectTopLevelFallback(RemoteConfigFactory.Default());
        RemoteSettings = new RemoteSettings(settings.Config);
        _local = new LocalActorRefProvider(systemName, settings, eventStream, new Deployer(settings), null);
        Log = _local.Log;
    }

    public RemoteSettings RemoteSettings { get; }

    public Remoting Transport { get; private set; } = null!;

    public IInternalActorRef RemoteWatcher { get; private set; } = null!;

    public IInternalActorRef RootGuardian => _local.RootGuardian;

    public LocalActorRef Guardian => _local.Guardian;

    public LocalActorRef SystemGuardian => _local.SystemGuardian;

    public IActorRef DeadLetters => _local.DeadLetters;

    public IActorRef IgnoreRef => _local.IgnoreRef;

    public ActorPath RootPath => _local.RootPath;

    public Settings Settings => _local.Settings;

    public Deployer Deployer => _local.Deployer;

    public IInternalActorRef TempContainer => _local.TempContainer;

    public Task TerminationTask => _local.TerminationTask;

    public Address DefaultAddress => Transport?.DefaultAddress ?? _local.DefaultAddress;

    public Information SerializationInformation => _serializationInformation ??= new Information(DefaultAddress, _system);

    protected ILoggingAdapter Log { get; }

    protected ActorSystemImpl System => _system;

    public virtual void Init(ActorSystemImpl system)
    {
        _system = system;
        _local.Init(system);
        var guardian = _local.SystemGuardian;
        var terminator = system.SystemActorOf(
            RemoteSettings.ConfigureDispatcher(Props.Create(() => new RemotingTerminator(guardian)).WithDeploy(Deploy.Local)),
            "remoting-terminator");
        var remoting = new Remoting(system, this);
        remoting.Start();
        Transport = remoting;
        _serializationInformation = null;
        terminator.Tell(remoting, ActorRefs.NoSender);
        RemoteWatcher = (IInternalActorRef)CreateRemoteWatcher(system);
    }

    /// <summary>The actor that watches remote actors; Akka.Cluster has its own.</summary>
    protected virtual IActorRef CreateRemoteWatcher(ActorSystemImpl system)
    {
        var registry = CreateRemoteWatcherFailureDetector(system);
        return system.SystemActorOf(
            RemoteSettings.ConfigureDispatcher(
                Remote.RemoteWatcher.Props(
                    registry,
                    RemoteSettings.WatchHeartBeatInterval,
                    RemoteSettings.WatchUnreachableReaperInterval,
                    RemoteSettings.WatchHeartbeatExpectedResponseAfter)),
            "remote-watcher");
    }

    protected DefaultFailureDetectorRegistry<Address> CreateRemoteWatcherFailureDetector(ActorSystem system) =>
        new(() => FailureDetectorLoader.Load(RemoteSettings.WatchFailureDetectorImplementationClass, RemoteSettings.WatchFailureDetectorConfig, system));

    public ActorPath TempPath() => _local.TempPath();

    public void RegisterTempActor(IInternalActorRef actorRef, ActorPath path) => _local.RegisterTempActor(actorRef, path);

    public void UnregisterTempActor(ActorPath path) => _local.UnregisterTempActor(path);

    public FutureActorRef<T> CreateFutureRef<T>(TaskCompletionSource<T> tcs) => _local.CreateFutureRef(tcs);

    public IActorRef RootGuardianAt(Address address) =>
        HasAddress(address) ? RootGuardian : new RemoteActorRef(Transport, this, new RootActorPath(address));

    public IInternalActorRef ActorOf(
        ActorSystemImpl system,
        Props props,
        IInternalActorRef supervisor,
        ActorPath path,
        bool systemService,
        Deploy? deploy,
        bool lookupDeploy,
        bool async)
    {
        var scope = (lookupDeploy && !systemService ? Deployer.Lookup(path)?.Scope : null) as RemoteScope ?? (deploy ?? props.Deploy).Scope as RemoteScope;
        if (scope is not null && !HasAddress(scope.Address))
            throw new ConfigurationException($"{path} cannot be deployed to {scope.Address}: this engine deploys actors locally only");
        return _local.ActorOf(system, props, supervisor, path, systemService, deploy, lookupDeploy, async);
    }

    public IActorRef ResolveActorRef(string path)
    {
        if (_cache.TryGetValue(path, out var cached))
            return cached;
        if (!ActorPath.TryParse(path, out var parsed))
        {
            Log.Debug("Resolve (deserialization) of unknown (invalid) path [{0}], using deadLetters.", path);
            return DeadLetters;
        }

        var resolved = ResolveActorRef(parsed);
        if (resolved is RemoteActorRef remote && !MessageEncoder.IsTemporary(remote.WirePath))
        {
            if (_cache.Count >= CachedRefsMax)
                _cache.Clear();
            _cache.TryAdd(path, remote);
        }

        return resolved;
    }

    public IActorRef ResolveActorRef(ActorPath actorPath)
    {
        if (IgnoreActorRef.IsIgnoreRefPath(actorPath))
            return IgnoreRef;
        if (HasAddress(actorPath.Address))
            return _local.ResolveActorRef(RootGuardian, actorPath.ElementsWithUid);
        if (Transport?.LocalAddressForRemote(actorPath.Address) is null)
        {
            Log.Debug("Resolve of [{0}]: no transport reaches it, using deadLetters.", actorPath);
            return _local.ResolveActorRef(actorPath);
        }

        return new RemoteActorRef(Transport, this, actorPath);
    }

    /// <summary>A local actor by the path that came over a connection: without an address.</summary>
    public IInternalActorRef ResolveLocalPath(string path) =>
        (IInternalActorRef)(ActorPath.TryParse(RootPath, path, out var parsed) ? _local.ResolveActorRef(parsed) : DeadLetters);

    public Address GetExternalAddressFor(Address address)
    {
        if (HasAddress(address))
            return _local.RootPath.Address;
        if (!string.IsNullOrEmpty(address.Host) && address.Port is not null)
            return Transport.LocalAddressForRemote(address)!;
        return null!;
    }

    /// <summary>Whether the address is this system's.</summary>
    public bool HasAddress(Address address) =>
        address == _local.RootPath.Address || (Transport is { } transport && transport.Addresses.Contains(address));

    /// <summary>Ends the communication with an incarnation of a peer until it is restarted.</summary>
    public virtual void Quarantine(Address address, int? uid) => Transport.Quarantine(address, uid, "requested");

    /// <summary>Remote actors are watched through the remote watcher, but for what it watches itself.</summary>
    public bool IsWatchIntercepted(IActorRef watchee, IActorRef watcher) => !watcher.Equals(RemoteWatcher) && watchee is RemoteActorRef;
}

/// <summary>The defaults of this package.</summary>
internal static class RemoteConfigFactory
{
    public static Config Default() => ConfigurationFactory.FromResource<RemoteSettings>("Akka.Remote.reference.conf");
}
