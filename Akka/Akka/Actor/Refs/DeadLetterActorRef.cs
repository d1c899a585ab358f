using Akka.Annotations;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

/// <summary>Stands for an actor that is not there (any more): answers death watch and Identify, the rest are dead letters.</summary>
[InternalApi]
public class EmptyLocalActorRef : MinimalActorRef
{
    public EmptyLocalActorRef(IActorRefProvider provider, ActorPath path, EventStream eventStream)
    {
        Provider = provider;
        Path = path;
        EventStream = eventStream;
    }

    public override ActorPath Path { get; }

    public override IActorRefProvider Provider { get; }

    internal EventStream EventStream { get; }

    public override bool IsTerminated => true;

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (message is null) throw new InvalidMessageException();
        if (message is DeadLetter dead) SpecialHandle(dead.Message, dead.Sender);
        else if (!SpecialHandle(message, sender)) EventStream.Publish(new DeadLetter(message, OrDeadLetters(sender), this));
    }

    public override void SendSystemMessage(ISystemMessage message)
    {
        SpecialHandle(message, Provider.DeadLetters);
    }

    private protected IActorRef OrDeadLetters(IActorRef? sender) => sender.IsNobody() ? Provider.DeadLetters : sender!;

    /// <summary>Answers what even a missing actor must answer.</summary>
    internal virtual bool SpecialHandle(object message, IActorRef? sender)
    {
        switch (message)
        {
            case Watch watch:
                if (Equals(watch.Watchee, this) && !Equals(watch.Watcher, this))
                    watch.Watcher.SendSystemMessage(new DeathWatchNotification(watch.Watchee, existenceConfirmed: false, addressTerminated: false));
                return true;
            case Unwatch:
                return true;
            case Identify identify:
                sender?.Tell(new ActorIdentity(identify.MessageId, null), ActorRefs.NoSender);
                return true;
            case ActorSelectionMessage selection:
                if (selection.Message is Identify selected)
                {
                    if (!selection.WildCardFanOut) sender?.Tell(new ActorIdentity(selected.MessageId, null), ActorRefs.NoSender);
                }
                else
                {
                    EventStream.Publish(new DeadLetter(selection.Message, OrDeadLetters(sender), this));
                }
                return true;
            case IDeadLetterSuppression suppressed:
                EventStream.Publish(new SuppressedDeadLetter(suppressed, OrDeadLetters(sender), this));
                return true;
            default:
                return false;
        }
    }
}

/// <summary>Where messages go whose receiver is not there.</summary>
[InternalApi]
public class DeadLetterActorRef : EmptyLocalActorRef
{
    public DeadLetterActorRef(IActorRefProvider provider, ActorPath path, EventStream eventStream) : base(provider, path, eventStream) { }

    public override bool IsTerminated => false;

    protected override void TellInternal(object message, IActorRef sender)
    {
        switch (message)
        {
            case null:
                throw new InvalidMessageException();
            case Identify identify:
                sender?.Tell(new ActorIdentity(identify.MessageId, null), ActorRefs.NoSender);
                break;
            case DeadLetter dead:
                if (!SpecialHandle(dead.Message, dead.Sender)) EventStream.Publish(dead);
                break;
            default:
                if (!SpecialHandle(message, sender)) EventStream.Publish(new DeadLetter(message, OrDeadLetters(sender), this));
                break;
        }
    }

    internal override bool SpecialHandle(object message, IActorRef? sender)
    {
        if (message is not Watch watch) return base.SpecialHandle(message, sender);
        // whoever watches something that became a dead letter hears at once that it is gone
        if (!Equals(watch.Watchee, this) && !Equals(watch.Watcher, this))
            watch.Watcher.SendSystemMessage(new DeathWatchNotification(watch.Watchee, existenceConfirmed: false, addressTerminated: false));
        return true;
    }
}
