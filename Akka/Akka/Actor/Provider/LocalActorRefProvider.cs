using System.Collections.Concurrent;
using Akka.Actor.Internal;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Dispatch.SysMsg;
using Akka.Event;
using Akka.Serialization;
using Akka.Util;

namespace Akka.Actor;

/// <summary>The provider of a system that is alone; a remote one wraps it for what is local.</summary>
public sealed class LocalActorRefProvider : IActorRefProvider
{
    private readonly EventStream _eventStream;
    private readonly ILoggingAdapter _log;
    private readonly TaskCompletionSource _terminated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<string, IInternalActorRef> _extraNames = new(StringComparer.Ordinal);
    // Where actors of a type live: the same for all that are made with these settings.
    private readonly ConcurrentDictionary<Type, Place> _places = new();
    private readonly IInternalActorRef _deadLetters;
    private readonly ActorPath _tempNode;
    private long _tempNumber;
    private ActorSystemImpl _system = null!;
    private RootGuardianActorRef _rootGuardian = null!;
    private LocalActorRef _userGuardian = null!;
    private LocalActorRef _systemGuardian = null!;
    private VirtualPathContainer _tempContainer = null!;
    private Information? _serializationInformation;

    public LocalActorRefProvider(string systemName, Settings settings, EventStream eventStream)
        : this(systemName, settings, eventStream, null, null) { }

    public LocalActorRefProvider(
        string systemName, Settings settings, EventStream eventStream, Deployer? deployer, Func<ActorPath, IInternalActorRef>? deadLettersFactory)
    {
        Settings = settings;
        _eventStream = eventStream;
        Deployer = deployer ?? new Deployer(settings);
        RootPath = new RootActorPath(new Address("akka", systemName));
        _log = new BusLogging(eventStream, "LocalActorRefProvider(" + RootPath.Address + ")", GetType(), settings.LogFormatter);
        _deadLetters = deadLettersFactory?.Invoke(RootPath / "deadLetters") ?? new DeadLetterActorRef(this, RootPath / "deadLetters", eventStream);
        IgnoreRef = new IgnoreActorRef(this);
        _tempNode = RootPath / "temp";
    }

    public IActorRef DeadLetters => _deadLetters;

    public IActorRef IgnoreRef { get; }

    public Deployer Deployer { get; }

    public IInternalActorRef RootGuardian => _rootGuardian;

    public ActorPath RootPath { get; }

    public Settings Settings { get; }

    public LocalActorRef SystemGuardian => _systemGuardian;

    public IInternalActorRef TempContainer => _tempContainer;

    public Task TerminationTask => _terminated.Task;

    public LocalActorRef Guardian => _userGuardian;

    public EventStream EventStream => _eventStream;

    public Address DefaultAddress => RootPath.Address;

    public Information SerializationInformation => _serializationInformation ??= new Information(DefaultAddress, _system);

    public ILoggingAdapter Log => _log;

    public ActorPath TempPath() => new ChildActorPath(
        _tempNode, (Interlocked.Increment(ref _tempNumber) - 1).Base64Encode("$"), ActorCell.UndefinedUid);

    /// <summary>Puts a reference directly below the root, for extensions that have their own part of the tree.</summary>
    public void RegisterExtraName(string name, IInternalActorRef actor) =>
        _extraNames.AddOrUpdate(name, actor, (key, old) =>
            throw new InvalidOperationException($"Extra name '{key}' is registered already for {old}"));

    internal bool TryGetExtraName(string name, out IInternalActorRef actor) => _extraNames.TryGetValue(name, out actor!);

    public IActorRef RootGuardianAt(Address address) => address == RootPath.Address ? _rootGuardian : DeadLetters;

    public void RegisterTempActor(IInternalActorRef actorRef, ActorPath path)
    {
        if (!path.Parent.Equals(_tempNode)) throw new InvalidOperationException("Cannot RegisterTempActor() with anything not obtained from tempPath()");
        _tempContainer.AddChild(path.Name, actorRef);
    }

    public void UnregisterTempActor(ActorPath path)
    {
        if (!path.Parent.Equals(_tempNode)) throw new InvalidOperationException("Cannot UnregisterTempActor() with anything not obtained from tempPath()");
        _tempContainer.RemoveChild(path.Name);
    }

    public FutureActorRef<T> CreateFutureRef<T>(TaskCompletionSource<T> tcs) => new(tcs, null, _system.Provider);

    public void Init(ActorSystemImpl system)
    {
        _system = system;
        var dispatcher = system.Dispatchers.DefaultGlobalDispatcher;
        var internalDispatcher = system.Dispatchers.InternalDispatcher;
        var mailbox = system.Mailboxes.Lookup(Mailboxes.DefaultMailboxId);

        var supervisor = new RootGuardianSupervisor(RootPath, this, _terminated, _log);
        var rootProps = Props.Create<GuardianActor>(new OneForOneStrategy(cause =>
        {
            _log.Error(cause, "guardian failed, shutting down system");
            return Directive.Stop;
        }));
        _rootGuardian = new RootGuardianActorRef(system, rootProps, internalDispatcher, mailbox, supervisor, RootPath, this);
        _tempContainer = new VirtualPathContainer(system.Provider, _tempNode, _rootGuardian, _log);
        _userGuardian = CreateGuardian("user", UserGuardianProps(system), dispatcher, mailbox);
        var userGuardian = _userGuardian;
        _systemGuardian = CreateGuardian(
            "system", Props.Create(() => new SystemGuardianActor(userGuardian)).WithSupervisorStrategy(Actor.SupervisorStrategy.DefaultStrategy),
            internalDispatcher, mailbox);

        // when the user guardian stops, so does the system guardian, then the root
        _rootGuardian.SendSystemMessage(new Watch(_systemGuardian, _rootGuardian));
        _systemGuardian.SendSystemMessage(new Watch(_userGuardian, _systemGuardian));
        _rootGuardian.Start();
        _userGuardian.Start();
        _systemGuardian.Start();
    }

    private static Props UserGuardianProps(ActorSystemImpl system)
    {
        var props = system.GuardianProps.HasValue ? system.GuardianProps.Value : Props.Create<GuardianActor>();
        return props.WithSupervisorStrategy(
            SupervisorStrategyConfigurator.CreateConfigurator(system.Settings.SupervisorStrategyClass).Create());
    }

    private LocalActorRef CreateGuardian(string name, Props props, MessageDispatcher dispatcher, MailboxType mailbox)
    {
        _rootGuardian.Cell.ReserveChild(name);
        var guardian = new LocalActorRef(
            _system, props, dispatcher, mailbox, _rootGuardian, new ChildActorPath(RootPath, name, ActorCell.UndefinedUid));
        _rootGuardian.Cell.InitChild(guardian);
        return guardian;
    }

    public IActorRef ResolveActorRef(string path)
    {
        if (ActorPath.TryParse(path, out var parsed)) return ResolveActorRef(parsed);
        _log.Debug("Resolve (deserialization) of unknown (invalid) path [{0}], using deadLetters.", path);
        return DeadLetters;
    }

    public IActorRef ResolveActorRef(ActorPath path)
    {
        if (IgnoreActorRef.IsIgnoreRefPath(path)) return IgnoreRef;
        if (path.Root.Equals(RootPath)) return ResolveActorRef(_rootGuardian, path.ElementsWithUid);
        _log.Debug("Resolve (deserialization) of foreign path [{0}] doesn't match root path [{1}], using deadLetters.", path, RootPath);
        return DeadLetters;
    }

    internal IInternalActorRef ResolveInternalActorRef(string path) => (IInternalActorRef)ResolveActorRef(path);

    internal IInternalActorRef ResolveInternalActorRef(ActorPath path) => (IInternalActorRef)ResolveActorRef(path);

    /// <summary>Finds a local actor from one above it; what is not there is a reference that makes dead letters.</summary>
    internal IInternalActorRef ResolveActorRef(IInternalActorRef start, IReadOnlyList<string> pathElements)
    {
        if (pathElements.Count == 0) return start;
        var found = (IInternalActorRef)start.GetChild(pathElements);
        if (!found.IsNobody() || found is DeadLetterActorRef) return found;
        if (_log.IsDebugEnabled) _log.Debug("Resolve of path sequence [/{0}] failed", ActorPath.FormatPathElements(pathElements));
        return new EmptyLocalActorRef(_system.Provider, start.Path / pathElements, _eventStream);
    }

    public IInternalActorRef ActorOf(
        ActorSystemImpl system, Props props, IInternalActorRef supervisor, ActorPath path, bool systemService, Deploy? deploy, bool lookupDeploy, bool async)
    {
        var configured = lookupDeploy && !systemService ? Deployer.Lookup(path) : null;
        if (configured is not null) props = props.WithDeploy(configured.WithFallback(deploy ?? props.Deploy));
        else if (deploy is not null && !ReferenceEquals(deploy, props.Deploy)) props = props.WithDeploy(deploy);

        MessageDispatcher dispatcher;
        MailboxType mailboxType;
        try
        {
            var place = PlaceOf(system, props);
            dispatcher = place.Configurator.Dispatcher();
            mailboxType = place.MailboxType;
        }
        catch (ConfigurationException e)
        {
            throw new ConfigurationException($"Configuration problem while creating {path} with dispatcher [{props.Dispatcher}] and mailbox [{props.Mailbox}]", e);
        }
        return new LocalActorRef(system, props, dispatcher, mailboxType, supervisor, path);
    }

    private Place PlaceOf(ActorSystemImpl system, Props props)
    {
        var (dispatcher, mailbox) = (props.Deploy.Dispatcher, props.Deploy.Mailbox);
        _places.TryGetValue(props.Type, out var first);
        for (var place = first; place is not null; place = place.Other)
            if (place.Dispatcher == dispatcher && place.Mailbox == mailbox) return place;
        var configurator = system.Dispatchers.Configurator(props.Dispatcher);
        // of two that are entered at the same moment one may be forgotten, and is found out once more
        return _places[props.Type] = new Place(dispatcher, mailbox, configurator, system.Mailboxes.GetMailboxType(props, configurator.Config), first);
    }

    private sealed record Place(string Dispatcher, string Mailbox, MessageDispatcherConfigurator Configurator, MailboxType MailboxType, Place? Other);

    public Address GetExternalAddressFor(Address address) => address == RootPath.Address ? address : null!;
}
