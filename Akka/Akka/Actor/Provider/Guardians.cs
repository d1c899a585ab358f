using Akka.Actor.Internal;
using Akka.Dispatch;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

/// <summary>The parent of top-level actors.</summary>
public class GuardianActor : ActorBase, IRequiresMessageQueue<IUnboundedMessageQueueSemantics>
{
    protected override bool Receive(object message)
    {
        switch (message)
        {
            case Terminated:
                Context.Stop(Self);
                break;
            case StopChild stop:
                Context.Stop(stop.Child);
                break;
            default:
                Context.System.DeadLetters.Tell(new DeadLetter(message, Sender, Self), Sender);
                break;
        }
        return true;
    }

    protected override void PreStart()
    {
        // guardian children are not restarted with it: nothing to start
    }
}

/// <summary>The parent of the engine's own actors; stops after the user guardian, when everybody who asked for it is ready.</summary>
public class SystemGuardianActor : ActorBase, IRequiresMessageQueue<IUnboundedMessageQueueSemantics>
{
    private readonly IActorRef _userGuardian;
    private readonly HashSet<IActorRef> _terminationHooks = [];

    public SystemGuardianActor(IActorRef userGuardian) => _userGuardian = userGuardian;

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case Terminated terminated when terminated.ActorRef.Equals(_userGuardian):
                // the loggers stay until the hooks have had their say
                Context.Become(Terminating);
                foreach (var hook in _terminationHooks) hook.Tell(TerminationHook.Instance, Self);
                StopWhenReady();
                break;
            case Terminated terminated:
                _terminationHooks.Remove(terminated.ActorRef);
                break;
            case StopChild stop:
                Context.Stop(stop.Child);
                break;
            case RegisterTerminationHook when !Sender.Equals(Context.System.DeadLetters):
                _terminationHooks.Add(Sender);
                Context.Watch(Sender);
                break;
            default:
                Context.System.DeadLetters.Tell(new DeadLetter(message, Sender, Self), Sender);
                break;
        }
        return true;
    }

    private bool Terminating(object message)
    {
        switch (message)
        {
            case Terminated terminated:
                _terminationHooks.Remove(terminated.ActorRef);
                StopWhenReady();
                break;
            case TerminationHookDone:
                _terminationHooks.Remove(Sender);
                StopWhenReady();
                break;
            case StopChild stop:
                Context.Stop(stop.Child);
                break;
            default:
                Context.System.DeadLetters.Tell(new DeadLetter(message, Sender, Self), Sender);
                break;
        }
        return true;
    }

    private void StopWhenReady()
    {
        if (_terminationHooks.Count == 0) Context.Stop(Self);
    }

    protected override void PreRestart(Exception reason, object message)
    {
        // the children stay
    }
}

/// <summary>The root: below it are the guardians, the temporary actors and the extra names.</summary>
internal sealed class RootGuardianActorRef : LocalActorRef
{
    private readonly LocalActorRefProvider _provider;

    public RootGuardianActorRef(
        ActorSystemImpl system, Props props, MessageDispatcher dispatcher, MailboxType mailboxType, IInternalActorRef supervisor, ActorPath path,
        LocalActorRefProvider provider)
        : base(system, props, dispatcher, mailboxType, supervisor, path) => _provider = provider;

    internal override bool ShouldSupervise => false;

    public override IInternalActorRef Parent => this;

    public override IInternalActorRef GetSingleChild(string name) => name switch
    {
        "temp" => _provider.TempContainer,
        "deadLetters" => (IInternalActorRef)_provider.DeadLetters,
        _ => _provider.TryGetExtraName(name, out var extra) ? extra : base.GetSingleChild(name),
    };
}

/// <summary>The parent of the root: learns of its end.</summary>
internal sealed class RootGuardianSupervisor : MinimalActorRef
{
    private readonly ILoggingAdapter _log;
    private readonly TaskCompletionSource _terminated;

    public RootGuardianSupervisor(ActorPath root, IActorRefProvider provider, TaskCompletionSource terminated, ILoggingAdapter log)
    {
        Path = root / "_Root-guardian-supervisor";
        Provider = provider;
        _terminated = terminated;
        _log = log;
    }

    public override ActorPath Path { get; }

    public override IActorRefProvider Provider { get; }

    public override bool IsTerminated => _terminated.Task.IsCompleted;

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (message is not null) _log.Error("{0} received unexpected message [{1}]", Path, message);
    }

    public override void SendSystemMessage(ISystemMessage message)
    {
        switch (message)
        {
            case Failed failed:
                _log.Error(failed.Cause, "guardian {0} failed, shutting down!", failed.Child);
                ((IInternalActorRef)failed.Child).Stop();
                break;
            case DeathWatchNotification:
                Stop();
                break;
            case Supervise or Watch or Unwatch:
                break;
            default:
                _log.Error("{0} received unexpected system message [{1}]", Path, message);
                break;
        }
    }

    public override void Stop() => _terminated.TrySetResult();
}
