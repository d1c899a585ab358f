using Akka.Actor.Internal;
using Akka.Dispatch;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

public partial class ActorCell
{
    private SystemMessage? _stashedSystemMessages;

    /// <summary>Processes one message of the mailbox; the caller has made this cell the current one.</summary>
    public void Invoke(Envelope envelope)
    {
        var message = envelope.Message;
        unchecked
        {
            _currentEnvelopeId++;
        }
        _currentMessage = message;
        _sender = envelope.Sender;
        try
        {
            if (message is IAutoReceivedMessage) AutoReceiveMessage(envelope);
            else ReceiveMessage(message);
        }
        catch (Exception cause)
        {
            HandleInvokeFailure(cause);
        }
        finally
        {
            if (_receiveTimeout is not null) MessageCameIn(message);
        }
    }

    /// <summary>Processes a message on the caller's thread, without a mailbox.</summary>
    public void ReceiveMessageForTest(Envelope envelope)
    {
        var before = InternalCurrentActorCellKeeper.Current;
        InternalCurrentActorCellKeeper.Current = this;
        try
        {
            _currentMessage = envelope.Message;
            _sender = envelope.Sender;
            if (envelope.Message is IAutoReceivedMessage) AutoReceiveMessage(envelope);
            else ReceiveMessage(envelope.Message);
        }
        finally
        {
            InternalCurrentActorCellKeeper.Current = before;
        }
    }

    protected virtual void ReceiveMessage(object message)
    {
        var behaviour = _behaviour;
        if (_actor is null || behaviour is null) return;
        if (!_actor.AroundReceive(behaviour, message)) _actor.UnhandledInternal(message);
    }

    protected virtual void AutoReceiveMessage(Envelope envelope)
    {
        var message = envelope.Message;
        if (_systemImpl.Settings.DebugAutoReceive) PublishDebug("received AutoReceiveMessage " + message);

        switch (message)
        {
            case Scheduler.TimerMsg timer:
                // a timer that was cancelled or replaced after its message had been queued must not be seen
                if ((_actor as IWithTimers)?.Timers is not Scheduler.TimerScheduler timers || !timers.Intercept(timer, out var payload)) return;
                _currentMessage = payload;
                if (payload is IAutoReceivedMessage) AutoReceiveMessage(new Envelope(payload, envelope.Sender));
                else ReceiveMessage(payload);
                break;
            case ReceiveTimeoutTick tick:
                if (!ReceiveTimeoutIsDue(tick)) return;
                _currentMessage = Akka.Actor.ReceiveTimeout.Instance;
                ReceiveMessage(Akka.Actor.ReceiveTimeout.Instance);
                break;
            case Terminated terminated:
                ReceivedTerminated(terminated);
                break;
            case AddressTerminated lost:
                AddressTerminated(lost.Address);
                break;
            case Kill:
                throw new ActorKilledException("Kill");
            case PoisonPill:
                _self.Stop();
                break;
            case ActorSelectionMessage selection:
                Akka.Actor.ActorSelection.DeliverSelection(_self, envelope.Sender, selection);
                break;
            case Identify identify:
                envelope.Sender?.Tell(new ActorIdentity(identify.MessageId, _self), _self);
                break;
            default:
                ReceiveMessage(message);
                break;
        }
    }

    protected void Stash(SystemMessage msg)
    {
        msg.Next = _stashedSystemMessages;
        _stashedSystemMessages = msg;
    }

    private SystemMessage? UnstashAll()
    {
        var all = _stashedSystemMessages;
        _stashedSystemMessages = null;
        return SystemMessage.Reverse(all);
    }

    private enum SystemState
    {
        Default = 0,
        Suspended = 1,
        SuspendedWaitForChildren = 2,
    }

    private SystemState CalculateState() =>
        IsWaitingForChildren ? SystemState.SuspendedWaitForChildren
        : Mailbox.IsSuspended ? SystemState.Suspended
        : SystemState.Default;

    private static bool ShouldStash(SystemMessage message, SystemState state) => state switch
    {
        SystemState.Suspended => message is IStashWhenFailed,
        SystemState.SuspendedWaitForChildren => message is IStashWhenWaitingForChildren,
        _ => false,
    };

    /// <summary>Processes a chain of system messages, earliest first.</summary>
    internal void SystemInvoke(SystemMessage? messages)
    {
        var state = CalculateState();
        while (messages is not null)
        {
            var message = messages;
            var rest = message.Next;
            message.Unlink();
            try
            {
                if (ShouldStash(message, state)) Stash(message);
                else Handle(message);
            }
            catch (Exception cause)
            {
                HandleInvokeFailure(cause);
            }

            var newState = CalculateState();
            if (newState < state && UnstashAll() is { } unstashed)
            {
                var last = unstashed;
                while (last.Next is not null) last = last.Next;
                last.Next = rest;
                rest = unstashed;
            }
            state = newState;
            if (IsTerminated)
            {
                SendAllToDeadLetters(rest);
                return;
            }
            messages = rest;
        }
    }

    private void Handle(SystemMessage message)
    {
        switch (message)
        {
            case ActorTaskSchedulerMessage task:
                task.ExecuteTask();
                break;
            case Failed failed:
                HandleFailed(failed);
                break;
            case DeathWatchNotification notification:
                WatchedActorTerminated(notification.Actor, notification.ExistenceConfirmed, notification.AddressTerminated);
                break;
            case Create create:
                Create(create.Failure);
                break;
            case Watch watch:
                AddWatcher(watch.Watchee, watch.Watcher);
                break;
            case Unwatch unwatch:
                RemWatcher(unwatch.Watchee, unwatch.Watcher);
                break;
            case Recreate recreate:
                FaultRecreate(recreate.Cause);
                break;
            case Akka.Dispatch.SysMsg.Suspend:
                FaultSuspend();
                break;
            case Resume resume:
                FaultResume(resume.CausedByFailure);
                break;
            case Akka.Dispatch.SysMsg.Terminate or Akka.Dispatch.SysMsg.Stop:
                Terminate();
                break;
            case Supervise supervise:
                Supervise(supervise.Child);
                break;
            case NoMessage:
                break;
            default:
                throw new NotSupportedException($"Unknown system message of type {message.GetType().Name}");
        }
    }

    /// <summary>An async handler failed after its first await; called in the cell's context.</summary>
    internal void HandleTaskFailure(Exception failure, object? message)
    {
        _currentMessage = message;
        HandleInvokeFailure(failure);
    }

    private void SendAllToDeadLetters(SystemMessage? messages)
    {
        while (messages is not null)
        {
            var next = messages.Next;
            messages.Unlink();
            _systemImpl.Provider.DeadLetters.Tell(messages, _self);
            messages = next;
        }
    }

    private void Supervise(IActorRef child)
    {
        if (IsTerminating) return;
        if (InitChild((IInternalActorRef)child) is null)
        {
            Publish(new Error(null!, _self.Path.ToString(), (_actor ?? (object)this).GetType(), $"received Supervise from unregistered child {child}, this will not end well"));
            return;
        }
        if (_systemImpl.Settings.DebugLifecycle) PublishDebug("now supervising " + child);
    }

    private void Create(ActorInitializationException? failure)
    {
        if (failure is not null) throw failure;
        try
        {
            var created = NewActor();
            _actor = created;
            created.AroundPreStart();
            CheckReceiveTimeout();
            if (_systemImpl.Settings.DebugLifecycle) PublishDebug("Started (" + created + ")");
        }
        catch (Exception cause)
        {
            ClearOutActorIfNonNull();
            throw cause switch
            {
                ActorInitializationException => cause,
                global::System.Reflection.TargetInvocationException { InnerException: { } inner } =>
                    new ActorInitializationException(_self, "Exception during creation", inner),
                _ => new ActorInitializationException(_self, "Exception during creation", cause),
            };
        }
    }

    private void ClearOutActorIfNonNull()
    {
        if (_actor is null) return;
        ClearActor(_actor);
        _actor = null;
    }
}
