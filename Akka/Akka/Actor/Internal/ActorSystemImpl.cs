using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;
using Akka.Util;

namespace Akka.Actor.Internal;

/// <summary>The one implementation of actor systems.</summary>
public class ActorSystemImpl : ExtendedActorSystem
{
    private readonly ConcurrentDictionary<Type, Lazy<object>> _extensions = new();
    private readonly TerminationCallbacks _terminationCallbacks = new();
    private readonly TaskCompletionSource _whenTerminated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Settings _settings;
    private readonly EventStream _eventStream;
    private readonly ILoggingAdapter _log;
    private readonly IScheduler _scheduler;
    private readonly IActorRefProvider _provider;
    private readonly Mailboxes _mailboxes;
    private readonly Dispatchers _dispatchers;
    private readonly Option<Props> _guardianProps;
    private Serialization.Serialization? _serialization;
    private IActorRef? _deadLetterListener;
    private int _terminating;

    public ActorSystemImpl(string name, Config config, ActorSystemSetup setup, Option<Props> guardianProps)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (!IsValidName(name))
            throw new ArgumentException(
                $"Invalid ActorSystem name [{name}], must contain only word characters (i.e. [a-zA-Z0-9] plus non-leading '-')", nameof(name));
        Name = name;
        _guardianProps = guardianProps;
        _settings = new Settings(this, config, setup);
        _eventStream = new EventStream(_settings.DebugEventStream);
        _eventStream.StartStdoutLogger(_settings);
        _log = new BusLogging(_eventStream, "ActorSystem(" + name + ")", typeof(ActorSystem), _settings.LogFormatter);
        _scheduler = (IScheduler)Activator.CreateInstance(Required(_settings.SchedulerClass), _settings.Config, _log)!;
        _eventStream.Clock = _scheduler;
        StartTime = _scheduler.MonotonicClock;
        _provider = CreateProvider(Required(_settings.ProviderClass));
        _mailboxes = new Mailboxes(this);
        _dispatchers = new Dispatchers(this, new DefaultDispatcherPrerequisites(_eventStream, _scheduler, _settings, _mailboxes), _log);
    }

    private static bool IsValidName(string name) =>
        !string.IsNullOrEmpty(name) && char.IsAsciiLetterOrDigit(name[0]) && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private static Type Required(string typeName) =>
        Type.GetType(typeName) ?? throw new ConfigurationException($"Could not find type [{typeName}]");

    private IActorRefProvider CreateProvider(Type type)
    {
        try
        {
            return (IActorRefProvider)Activator.CreateInstance(type, Name, _settings, _eventStream)!;
        }
        catch (global::System.Reflection.TargetInvocationException e) when (e.InnerException is not null)
        {
            global::System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerException);
            throw;
        }
    }

    public override string Name { get; }

    public override Settings Settings => _settings;

    public override EventStream EventStream => _eventStream;

    public override ILoggingAdapter Log => _log;

    public override IScheduler Scheduler => _scheduler;

    public override IActorRefProvider Provider => _provider;

    public override Mailboxes Mailboxes => _mailboxes;

    public override Dispatchers Dispatchers => _dispatchers;

    public override Serialization.Serialization Serialization =>
        _serialization ?? throw new InvalidOperationException("The system has not started: there is no serialization yet");

    public override IActorRef DeadLetters => _provider.DeadLetters;

    public override IActorRef IgnoreRef => _provider.IgnoreRef;

    public override IInternalActorRef Guardian => _provider.Guardian;

    public override IInternalActorRef SystemGuardian => _provider.SystemGuardian;

    public override IInternalActorRef LookupRoot => _provider.RootGuardian;

    public override Task WhenTerminated => _whenTerminated.Task;

    internal Option<Props> GuardianProps => _guardianProps;

    internal bool Aborting { get; private set; }

    /// <summary>Where uids of actors come from; a simulation puts its own source in.</summary>
    internal Func<long> UidSource { get; set; } = static () => ThreadLocalRandom.Current.Next(1, int.MaxValue);

    internal long NewUid() => UidSource();

    /// <summary>Starts the guardians, loggers and configured extensions.</summary>
    public void Start()
    {
        try
        {
            _serialization = new Serialization.Serialization(this);
            _provider.Init(this);
            _provider.TerminationTask.ContinueWith(
                _ => FinishTermination(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            _eventStream.StartUnsubscriber(this);
            _eventStream.StartDefaultLoggers(this);
            if (_settings.LogDeadLetters > 0) _deadLetterListener = SystemActorOf<DeadLetterListener>("deadLetterListener");
            CoordinatedShutdown.Get(this);
            LoadExtensions();
        }
        catch
        {
            StopAfterFailedStart();
            throw;
        }
    }

    private void StopAfterFailedStart()
    {
        try
        {
            Abort();
        }
        catch (Exception e)
        {
            // the caller gets the first failure; this one only says that less could be cleaned up
            _log.Debug("Stopping after a failed start: {0}", e.Message);
        }
    }

    private void LoadExtensions()
    {
        foreach (var name in _settings.Config.GetStringList("akka.extensions") ?? [])
        {
            if (string.IsNullOrWhiteSpace(name)) continue;
            if (Type.GetType(name) is not { } type || !typeof(IExtensionId).IsAssignableFrom(type))
            {
                _log.Error("[{0}] is not an 'ExtensionId', skipping...", name);
                continue;
            }
            try
            {
                RegisterExtension((IExtensionId)Activator.CreateInstance(type)!);
            }
            catch (Exception e)
            {
                _log.Error(e, "While trying to load extension [{0}], skipping...", name);
            }
        }
    }

    public override IActorRef ActorOf(Props props, string? name = null)
    {
        if (_guardianProps.HasValue)
            throw new InvalidOperationException("cannot create top-level actor from the outside on ActorSystem with custom user guardian");
        return _provider.Guardian.Cell.AttachChild(props, isSystemService: false, name);
    }

    public override IActorRef SystemActorOf(Props props, string? name = null) =>
        _provider.SystemGuardian.Cell.AttachChild(props, isSystemService: true, name);

    public override IActorRef SystemActorOf<TActor>(string? name = null) => SystemActorOf(Props.Create<TActor>(), name);

    public override ActorSelection ActorSelection(ActorPath actorPath) => ActorRefFactoryShared.ActorSelection(actorPath, this);

    public override ActorSelection ActorSelection(string actorPath) => ActorRefFactoryShared.ActorSelection(actorPath, this, _provider.RootGuardian);

    public override object RegisterExtension(IExtensionId extension)
    {
        ArgumentNullException.ThrowIfNull(extension);
        var lazy = _extensions.GetOrAdd(
            extension.ExtensionType, static (_, state) => new Lazy<object>(() => state.extension.CreateExtension(state.system)), (extension, system: this));
        try
        {
            return lazy.Value;
        }
        catch
        {
            // the next caller may try again
            _extensions.TryRemove(new KeyValuePair<Type, Lazy<object>>(extension.ExtensionType, lazy));
            throw;
        }
    }

    public override object GetExtension(IExtensionId extensionId) =>
        TryGetExtension(extensionId.ExtensionType, out var extension) ? extension : null!;

    public override T GetExtension<T>() => TryGetExtension<T>(out var extension) ? extension : null!;

    public override bool HasExtension(Type type) => typeof(IExtension).IsAssignableFrom(type) && _extensions.ContainsKey(type);

    public override bool HasExtension<T>() => HasExtension(typeof(T));

    public override bool TryGetExtension(Type extensionType, [MaybeNullWhen(false)] out object extension)
    {
        extension = _extensions.TryGetValue(extensionType, out var lazy) ? lazy.Value : null;
        return extension is not null;
    }

    public override bool TryGetExtension<T>([MaybeNullWhen(false)] out T extension)
    {
        extension = TryGetExtension(typeof(T), out var found) ? (T)found : null;
        return extension is not null;
    }

    public override void Stop(IActorRef actor)
    {
        var path = actor.Path;
        if (path.Parent.Equals(_provider.Guardian.Path)) _provider.Guardian.Tell(new Dispatch.SysMsg.StopChild(actor), ActorRefs.NoSender);
        else if (path.Parent.Equals(_provider.SystemGuardian.Path)) _provider.SystemGuardian.Tell(new Dispatch.SysMsg.StopChild(actor), ActorRefs.NoSender);
        else ((IInternalActorRef)actor).Stop();
    }

    public override void RegisterOnTermination(Action code) => _terminationCallbacks.Add(code);

    public override Task Terminate()
    {
        if (_settings.CoordinatedShutdownRunByActorSystemTerminate)
            CoordinatedShutdown.Get(this).Run(CoordinatedShutdown.ActorSystemTerminateReason.Instance);
        else
            FinalTerminate();
        return WhenTerminated;
    }

    /// <summary>Stops the guardians: what coordinated shutdown does last.</summary>
    internal Task FinalTerminate()
    {
        if (Interlocked.Exchange(ref _terminating, 1) == 1) return WhenTerminated;
        _log.Debug("System shutdown initiated");
        if (!_settings.LogDeadLettersDuringShutdown && _deadLetterListener is not null) Stop(_deadLetterListener);
        _provider.Guardian.Stop();
        return WhenTerminated;
    }

    private void FinishTermination()
    {
        _terminationCallbacks.Run(e => _log.Error(e, "A termination callback failed"));
        _eventStream.StopDefaultLoggers(this);
        try
        {
            (_scheduler as IDisposable)?.Dispose();
        }
        finally
        {
            _whenTerminated.TrySetResult();
        }
    }

    public override void Abort()
    {
        Aborting = true;
        FinalTerminate();
    }

    private protected override void Dispose(bool disposing)
    {
        if (disposing) Terminate().Wait();
    }

    public override string PrintTree()
    {
        var text = new StringBuilder();
        Print(_provider.RootGuardian, 0);
        return text.ToString();

        void Print(IActorRef actor, int depth)
        {
            text.Append(' ', depth * 2).Append("-> ").Append(actor.Path.Name.Length == 0 ? "/" : actor.Path.Name).Append('\n');
            if (actor is not ActorRefWithCell withCell) return;
            foreach (var child in withCell.Children) Print(child, depth + 1);
        }
    }

    public override string ToString() => "akka://" + Name;

    /// <summary>What runs when the system has terminated.</summary>
    private sealed class TerminationCallbacks
    {
        private readonly Lock _gate = new();
        private readonly Stack<Action> _callbacks = new();
        private bool _finished;

        public void Add(Action code)
        {
            lock (_gate)
            {
                if (_finished) throw new InvalidOperationException("ActorSystem already terminated.");
                _callbacks.Push(code);
            }
        }

        public void Run(Action<Exception> failed)
        {
            while (true)
            {
                Action code;
                lock (_gate)
                {
                    if (!_callbacks.TryPop(out code!))
                    {
                        _finished = true;
                        return;
                    }
                }
                try
                {
                    code();
                }
                catch (Exception e)
                {
                    failed(e);
                }
            }
        }
    }
}
